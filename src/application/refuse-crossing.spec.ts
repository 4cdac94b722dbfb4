import { describe, expect, test } from '@jest/globals'
import { aCycle, addressOf, aLeg, aRun, aTransfer } from '../../test/support/builders.js'
import { ALPHA, aPortfolio, BETA } from '../../test/support/fake-world.js'
import type { AcceptedOffer, Cycle, LegRun, LegState } from '../domain/execution/cycle.js'
import type { Transfer } from '../domain/execution/transfer.js'
import { amountOf } from '../domain/units/amount.js'
import type { Chain } from '../ports/chain.js'
import type { Store } from '../ports/store.js'
import type { FirmOffer } from './find-offer.js'
import { refuseCrossing } from './refuse-crossing.js'

const portfolio = aPortfolio()
const swift = portfolio.bridges['swift']!
const expectedOut = amountOf(BETA.usdc, 9n)
const legOf = (id: string) => aLeg({ id, kind: 'bridge', sell: amountOf(ALPHA.usdc, 10n), expectedOut })
const runOf = (id: string, state: LegState, changes: Partial<LegRun> = {}): LegRun => ({
  ...aRun(),
  leg: legOf(id),
  state,
  offer: { tool: 'swift bridge', expectedOut } as AcceptedOffer,
  ...changes,
})
const own = runOf('plan-1.1', 'waiting')

const codeOf = async ({
  hasIds = false,
  legs = [],
  transfers = [],
  hasCode = false,
}: {
  hasIds?: boolean
  legs?: readonly LegRun[]
  transfers?: readonly Transfer[]
  hasCode?: boolean
}) => {
  const refusal = await refuseCrossing(
    {
      store: { openTransfers: () => Promise.resolve(transfers) } as unknown as Store,
      chain: { hasCode: () => Promise.resolve(hasCode) } as unknown as Chain,
    },
    aPortfolio({ bridges: { swift: { ...swift, hasIds } } }),
    aCycle({ legs: [own, ...legs], transfers } as Partial<Cycle>),
    { run: own, quote: { tool: 'swift bridge', expectedOut } } as FirmOffer,
  )
  return refusal?.code
}
const aFlight = (changes: Partial<Transfer> = {}) =>
  aTransfer(aCycle(), aRun(), { id: 'plan-0.1', account: portfolio.account, expected: expectedOut, ...changes })

describe('a crossing', () => {
  test('begins where nothing stands against it', async () => {
    expect(await codeOf({})).toBeUndefined()
  })

  test('C-63: does not begin where the account has code on the other side', async () => {
    expect(await codeOf({ hasCode: true })).toBe('POLICY_DENIED')
  })

  test('C-61: does not begin beside an overdue one of the same bridge, whoever it belongs to', async () => {
    const overdue = aFlight({ state: 'late', account: addressOf(0x77) })
    expect(await codeOf({ transfers: [overdue], hasIds: true })).toBe('BRIDGE_CAP')
  })

  test('without ids waits for one that is under way for the same account', async () => {
    expect(await codeOf({ transfers: [aFlight()] })).toBe('BRIDGE_CAP')
    expect(await codeOf({ transfers: [aFlight()], hasIds: true })).toBeUndefined()
    expect(await codeOf({ transfers: [aFlight({ account: addressOf(0x77) })] })).toBeUndefined()
  })

  test.each(['sending', 'clearing', 'crossing'] as const)(
    'without ids waits for a leg that is %s and no transfer yet',
    async (state) => {
      expect(await codeOf({ legs: [runOf('plan-1.2', state)] })).toBe('BRIDGE_CAP')
    },
  )

  test('does not wait for legs that send nothing, or are transfers that have come out', async () => {
    const failure = { code: 'REVERTED', detail: '' } as const
    expect(await codeOf({ legs: [runOf('plan-1.2', 'waiting')] })).toBeUndefined()
    expect(await codeOf({ legs: [runOf('plan-1.2', 'clearing', { failure })] })).toBeUndefined()
    const over = aFlight({ id: 'plan-1.2', state: 'full', expected: amountOf(BETA.wbtc, 1n) })
    expect(await codeOf({ legs: [runOf('plan-1.2', 'crossing')], transfers: [over] })).toBeUndefined()
  })
})
