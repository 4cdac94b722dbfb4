import { describe, expect, test } from '@jest/globals'
import { aLeg, aRun, sendingRun } from '../../../test/support/builders.js'
import { NATIVE, type Token } from '../assets.js'
import { amountOf } from '../units/amount.js'
import type { LegRun } from './cycle.js'
import { reasonNotDelivered } from './delivery.js'

const { sell: token, expectedOut } = aLeg()
const coin: Token = { chain: token.token.chain, asset: 'ETH', symbol: 'ETH', address: NATIVE, decimals: 18 }

/** Why a swap of a hundred units of `sold` is no success, that took and brought so many. */
const reason = (sold: Token, took: bigint, brought: bigint, value = 0n, kind: 'swap' | 'bridge' = 'swap') => {
  const sell = amountOf(sold, 100n)
  const leg = aLeg({ kind, sell, minimumOut: amountOf(expectedOut.token, 50n) })
  const run: LegRun = {
    ...sendingRun(aRun({ leg })),
    sold: amountOf(sold, took),
    received: amountOf(expectedOut.token, brought),
  }
  return reasonNotDelivered(run, run.offer!, value, undefined)
}

describe('a trade that was carried out (C-13)', () => {
  test('is a success when it took its sale and brought its minimum', () => {
    expect(reason(token.token, 100n, 50n)).toBeUndefined()
  })

  test('is none when it brought less or took more', () => {
    expect(reason(token.token, 100n, 49n)).toMatch(/less than its minimum/)
    expect(reason(token.token, 101n, 50n)).toMatch(/more than its/)
    expect(reason(token.token, 101n, 50n, 1n)).toMatch(/more than its/)
  })

  test('of coin may take the fee that was sent on top of it, and no more', () => {
    expect(reason(coin, 103n, 50n, 103n)).toBeUndefined()
    expect(reason(coin, 104n, 50n, 103n)).toMatch(/more than its/)
  })

  test('a crossing is judged by what it took alone', () => {
    expect(reason(token.token, 100n, 0n, 0n, 'bridge')).toBeUndefined()
    expect(reason(token.token, 101n, 0n, 0n, 'bridge')).toMatch(/more than its/)
  })
})
