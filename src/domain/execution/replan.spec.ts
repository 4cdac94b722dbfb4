import { describe, expect, test } from '@jest/globals'
import { aCycle, addressOf, aLeg, aRun, aToken, WETH } from '../../../test/support/builders.js'
import type { DecisionCode } from '../policy/trigger.js'
import { amountOf } from '../units/amount.js'
import { ratioOfBasisPoints } from '../units/ratio.js'
import { ONE_USD } from '../units/usd.js'
import { advanceLegs, type Cycle, type LegRun, LEG_STATES } from './cycle.js'
import { continuationOf, endForReplan, endingsOf, MAX_CONTINUATIONS, reasonToReplan } from './replan.js'

const move = ratioOfBasisPoints(50)
const usdc = aToken()
const sale = aLeg({ expectedOut: amountOf(usdc, 4_000_000_000n) })
const purchase = aLeg({ id: 'plan-1.2', sell: amountOf(usdc, 1_000n), expectedOut: amountOf(WETH, 10n ** 18n) })
const waiting = aRun({ leg: purchase })
const done = (units: bigint) => aRun({ leg: sale, state: 'done', received: amountOf(usdc, units) })
const prices = (eth?: bigint) => new Map([['USD', ONE_USD], ...(eth === undefined ? [] : ([['ETH', eth]] as const))])
const still = prices(3_000n * ONE_USD)
const reason = (legs: readonly LegRun[], now: ReadonlyMap<string, bigint> = still) =>
  reasonToReplan(aCycle({ legs }), now, move)

describe('reasonToReplan', () => {
  test.each([
    [4_000_000_000n, undefined],
    [3_980_000_000n, undefined],
    [4_020_000_000n, undefined],
    [3_970_000_000n, 'Leg plan-1.1 brought 3970 USDC, -75 bps against the 4000 USDC planned; the plan allows 50 bps.'],
    [4_040_000_000n, 'Leg plan-1.1 brought 4040 USDC, +100 bps against the 4000 USDC planned; the plan allows 50 bps.'],
  ])('a leg that was to bring 4,000 USDC and brought %s units', (units, said) => {
    expect(reason([done(units), waiting])).toBe(said)
  })

  test.each(['MIN_OUT_TOO_LOW', 'REVERTED', 'TRANSFER_LATE', 'TRANSFER_SHORT', 'TRANSFER_REFUNDED'] as const)(
    'a leg that failed (%s)',
    (code) => {
      const failed = aRun({ leg: sale, state: 'failed', failure: { code, detail: 'It went wrong.' } })
      expect(reason([failed, waiting])).toBe('Leg plan-1.1 failed: It went wrong.')
    },
  )

  test.each([
    [3_015n, undefined],
    [2_985n, undefined],
    [3_030n, 'The price of ETH moved +100 bps, from 3000 to 3030 USD; the plan allows 50 bps.'],
    [2_970n, 'The price of ETH moved -100 bps, from 3000 to 2970 USD; the plan allows 50 bps.'],
  ])('a price of %s of an asset that is still to be traded', (eth, said) => {
    expect(reason([done(4_000_000_000n), waiting], prices(eth * ONE_USD))).toBe(said)
  })

  test('a price that is not known, or of an asset that no waiting leg trades, says nothing', () => {
    expect(reason([done(4_000_000_000n), waiting], prices())).toBeUndefined()
    const cash = aLeg({
      id: 'plan-1.3',
      sell: amountOf(usdc, 1n),
      expectedOut: amountOf(aToken({ chain: 'beta', address: addressOf(0xcb) }), 1n),
    })
    expect(reason([aRun({ leg: cash })], prices(1n))).toBeUndefined()
  })

  test('there is none where nothing waits, whatever happened', () => {
    const failed = aRun({ leg: sale, state: 'failed', failure: { code: 'REVERTED', detail: 'It reverted.' } })
    for (const state of LEG_STATES.filter((one) => one !== 'waiting'))
      expect(reason([failed, done(1n), aRun({ leg: purchase, state })], prices(1n))).toBeUndefined()
  })
})

describe('endForReplan', () => {
  test('ends the legs that have not begun and no others', () => {
    const legs = LEG_STATES.map((state, index) => aRun({ leg: aLeg({ id: `plan-1.${index}` }), state }))
    const ended = endForReplan(aCycle({ legs }), 'Because.')
    expect(ended.legs.map(({ state }) => state)).toEqual(['skipped', ...LEG_STATES.slice(1)])
    expect(ended.legs[0]!.failure).toEqual({ code: 'REPLANNED', detail: 'Because.' })
  })

  test('when only some of them could be written down, advancing ends the others for the same reason', () => {
    const behind = aRun({ leg: aLeg({ id: 'plan-1.3', sell: purchase.expectedOut, funding: [] }) })
    const whole = endForReplan(aCycle({ legs: [done(1n), waiting, behind] }), 'Because.')
    const half = { ...whole, legs: [whole.legs[0]!, whole.legs[1]!, behind] }
    expect(advanceLegs({ ...half, intents: [], legs: half.legs.slice(1) }).legs).toEqual(whole.legs.slice(1))
  })
})

describe('endingsOf', () => {
  test('changes when a leg ends and when one is booked anew, and with nothing else', () => {
    const of = (...legs: LegRun[]) => endingsOf(aCycle({ legs }))
    expect(of(waiting, aRun({ state: 'sending' }))).toBe('')
    expect(of(waiting, aRun({ state: 'crossing', refusals: 2 }))).toBe('')
    expect(new Set([of(waiting), of(done(1n), waiting), of(done(2n), waiting), of(done(2n), done(1n))]).size).toBe(4)
  })
})

describe('continuationOf', () => {
  const cycle = (code: DecisionCode, changes: Partial<Cycle> = {}): Cycle => {
    const base = aCycle({ endedAt: 1, outcome: 'traded', ...changes })
    return { ...base, decision: { ...base.decision, code } }
  }
  const replanned = [
    aRun({ leg: sale, state: 'done' }),
    aRun({ leg: purchase, state: 'skipped', failure: { code: 'REPLANNED', detail: 'Because.' } }),
  ]

  test('is the last cycle where it ended with legs to be planned anew', () => {
    expect(continuationOf([cycle('band-breached', { id: 'core-7', legs: replanned })])).toEqual({
      cycleId: 'core-7',
      reason: 'Because.',
    })
  })

  test('is none where there is no cycle, where it goes on, ended otherwise, or has been followed by another', () => {
    expect(continuationOf([])).toBeUndefined()
    expect(continuationOf([cycle('manual', { legs: replanned, endedAt: undefined })])).toBeUndefined()
    const paused = [aRun({ state: 'skipped', failure: { code: 'PAUSED', detail: 'Lunch.' } })]
    expect(continuationOf([cycle('band-breached', { legs: paused })])).toBeUndefined()
    expect(continuationOf([cycle('replanned'), cycle('band-breached', { legs: replanned })])).toBeUndefined()
  })

  test('so many may follow each other and no more', () => {
    const following = (count: number) => [
      ...Array.from({ length: count }, () => cycle('replanned', { legs: replanned })),
      cycle('band-breached', { legs: replanned }),
    ]
    for (let count = 0; count <= MAX_CONTINUATIONS + 1; count++) {
      expect(continuationOf(following(count)) !== undefined).toBe(count < MAX_CONTINUATIONS)
      expect(continuationOf(following(count).slice(0, MAX_CONTINUATIONS)) !== undefined).toBe(count < MAX_CONTINUATIONS)
    }
  })
})
