import { describe, expect, test } from '@jest/globals'
import { aCycle, addressOf, aLeg, anIntent, aRun, aTransfer } from '../../test/support/builders.js'
import { ALPHA, aPortfolio, BETA } from '../../test/support/fake-world.js'
import type { Cycle } from '../domain/execution/cycle.js'
import type { Intent } from '../domain/execution/intent.js'
import type { Transfer } from '../domain/execution/transfer.js'
import type { Portfolio } from '../domain/policy/portfolio.js'
import { amountOf } from '../domain/units/amount.js'
import type { Store } from '../ports/store.js'
import { reasonUnfinished } from './unfinished.js'

const portfolio = aPortfolio()
const crossing = aRun({
  leg: aLeg({ id: 'c.1', kind: 'bridge', sell: amountOf(ALPHA.usdc, 1n), expectedOut: amountOf(BETA.usdc, 1n) }),
})

interface Rows {
  readonly cycles?: readonly Cycle[]
  readonly intents?: readonly Intent[]
  readonly transfers?: readonly Transfer[]
}

const reason = ({ cycles = [], intents = [], transfers = [] }: Rows, changes: Partial<Portfolio> = {}) =>
  reasonUnfinished(
    {
      openCycles: () => Promise.resolve(cycles),
      looseIntents: () => Promise.resolve(intents),
      openTransfers: () => Promise.resolve(transfers),
    } as unknown as Store,
    [{ ...portfolio, ...changes }],
  )

const open = aCycle({ portfolio: portfolio.id, legs: [crossing], intents: [] })
const flight = aTransfer(aCycle(), aRun(), {
  id: 't.1',
  account: portfolio.account,
  origin: 'alpha',
  destination: 'beta',
})
const loose = { ...anIntent(), id: 'i.1', chain: 'beta', account: portfolio.account }
const alphaOnly = { chains: portfolio.chains.filter(({ key }) => key === 'alpha') }

describe('what is under way when the daemon starts', () => {
  test('may be there as long as its portfolio, its account and its chains are', async () => {
    expect(await reason({ cycles: [open], intents: [loose], transfers: [flight] })).toBeUndefined()
    expect(await reason({}, alphaOnly)).toBeUndefined()
    expect(await reason({ transfers: [{ ...flight, state: 'lost_suspected' }] }, alphaOnly)).toBeUndefined()
  })

  test('is not left by a portfolio that is gone', async () => {
    expect(await reason({ cycles: [open] }, { id: 'other' })).toMatch(/cycle .* is not finished/)
  })

  test.each<[string, Rows, string]>([
    ['leg', { cycles: [open] }, 'leg c.1'],
    ['intent', { intents: [loose] }, 'intent i.1'],
    ['transfer', { transfers: [flight] }, 'transfer t.1'],
  ])('is not left by the chain of a %s', async (_name, rows, what) => {
    expect(await reason(rows, alphaOnly)).toContain(`the chain beta, for ${what} is not finished`)
  })

  test('is not left by its account; a leg that has ended needs no chain', async () => {
    const account = addressOf(0x99)
    expect(await reason({ transfers: [flight] }, { account })).toContain(`the account ${portfolio.account}`)
    expect(await reason({ intents: [loose] }, { account })).toContain('intent i.1')
    const ended = { ...open, legs: [{ ...crossing, state: 'done' as const }] }
    expect(await reason({ cycles: [ended] }, alphaOnly)).toBeUndefined()
  })
})
