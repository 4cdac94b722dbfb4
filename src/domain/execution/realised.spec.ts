import { describe, expect, test } from '@jest/globals'
import {
  aCycle,
  aLeg,
  anAttempt,
  anInclusion,
  aRun,
  aToken,
  newIntent,
  sendingRun,
  WETH,
} from '../../../test/support/builders.js'
import { totalOf } from '../planning/cost.js'
import { amountOf } from '../units/amount.js'
import { ONE_USD } from '../units/usd.js'
import type { LegRun } from './cycle.js'
import { type Intent, reservedIntent } from './intent.js'
import { notionalOf, realisedCost } from './realised.js'

const usdc = aToken()
const ended = (kind: 'approve' | 'swap' | 'bridge', state: 'final_ok' | 'final_reverted' = 'final_ok'): Intent => ({
  ...newIntent(aCycle(), aRun(), { kind }),
  call: { ...newIntent(aCycle(), aRun(), { kind }).call, value: 0n },
  nonce: 0,
  version: 3,
  attempts: [anAttempt(1)],
  state,
  inclusion: anInclusion(1, { isSuccess: state === 'final_ok' }),
})
/** One transaction of 0.0021 ETH of gas at 3,000 USD. */
const GAS = (63n * ONE_USD) / 10n
const sold = amountOf(WETH, 10n ** 18n)
const received = amountOf(usdc, 2_990n * 10n ** 6n)
const done = (changes: Partial<LegRun> = {}): LegRun => ({
  ...sendingRun(aRun()),
  state: 'done',
  sold,
  received,
  ...changes,
})

describe('realisedCost', () => {
  test('is what was sold less what was received at the prices of the decision, fees taken out, and all gas', () => {
    const cycle = aCycle({ legs: [done()], intents: [ended('approve'), ended('swap')] })
    const cost = realisedCost(cycle, done())
    expect(cost).toEqual({ slippage: 9n * ONE_USD, fees: ONE_USD, gas: 2n * GAS, bridge: 0n })
    expect(totalOf(cost)).toBe(10n * ONE_USD + 2n * GAS)
  })

  test('a crossing costs what did not arrive', () => {
    const run = done({ leg: aLeg({ kind: 'bridge' }) })
    expect(realisedCost(aCycle({ legs: [run], intents: [ended('bridge')] }), run)).toEqual({
      slippage: 0n,
      fees: 0n,
      gas: GAS,
      bridge: 10n * ONE_USD,
    })
  })

  test('coin that went with the call on top of the sale is part of the cost', () => {
    const run = done({ leg: aLeg({ kind: 'bridge' }) })
    const sent = ended('bridge')
    const dear: Intent = { ...sent, call: { ...sent.call, value: 10n ** 15n } }
    expect(realisedCost(aCycle({ legs: [run], intents: [dear] }), run).bridge).toBe(13n * ONE_USD)
  })

  test('a leg that moved nothing cost its gas, reverted transactions included', () => {
    const run = aRun({ state: 'failed' })
    const cycle = aCycle({ legs: [run], intents: [ended('approve'), ended('swap', 'final_reverted')] })
    expect(realisedCost(cycle, run)).toEqual({ slippage: 0n, fees: 0n, gas: 2n * GAS, bridge: 0n })
    expect(notionalOf(cycle, run)).toBe(0n)
  })

  test('other legs and transactions that were never mined cost it nothing', () => {
    const other: Intent = { ...ended('swap'), legId: 'plan-1.2' }
    const waiting = reservedIntent(newIntent(aCycle(), aRun()), 1)
    const cycle = aCycle({ legs: [done()], intents: [other, waiting] })
    expect(realisedCost(cycle, done()).gas).toBe(0n)
  })

  test('a better price than ours is a gain', () => {
    const run = done({ received: amountOf(usdc, 3_005n * 10n ** 6n) })
    expect(realisedCost(aCycle({ legs: [run] }), run).slippage).toBe(-6n * ONE_USD)
    expect(notionalOf(aCycle(), run)).toBe(3_000n * ONE_USD)
  })
})
