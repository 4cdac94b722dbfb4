import { describe, expect, test } from '@jest/globals'
import type { Greeks } from '../../domain/book/greeks.js'
import { RATIO_ONE, ratioOfBasisPoints } from '../../domain/units/ratio.js'
import { ONE_USD } from '../../domain/units/usd.js'
import { greeksWire } from './greeks-wire.js'

const move = (sign: bigint) => ({
  move: sign * ratioOfBasisPoints(100),
  trade: true,
  code: 'trade' as const,
  exposure: -sign * 24n * ONE_USD,
  turnover: 24n * ONE_USD,
  constantMix: (-sign * 24n * ONE_USD) / 10n,
})

const GREEKS: Greeks = {
  nav: 10_000n * ONE_USD,
  netDelta: 9_300n * ONE_USD + 1n,
  netDeltaShare: (93n * RATIO_ONE) / 100n,
  assets: [
    {
      asset: 'ETH',
      isStable: false,
      delta: 9_300n * ONE_USD + 1n,
      deltaPerPercent: 93n * ONE_USD,
      gammaPerPercent: -ONE_USD / 2n,
      parts: [{ kind: 'staked', position: 'stETH', delta: 3_300n * ONE_USD }],
    },
  ],
  missing: [{ position: 'BTC', reason: 'No price.' }],
  rule: {
    atRest: { move: 0n, trade: false, code: 'within-band', turnover: 0n },
    assets: [
      { asset: 'ETH', up: move(1n), down: move(-1n), tradesFromUp: ratioOfBasisPoints(37), tradesFromDown: undefined },
    ],
  },
}

describe('greeksWire', () => {
  test('writes amounts and shares as exact decimal texts', () => {
    expect(greeksWire(GREEKS)).toEqual({
      navUsd: '10000',
      netDeltaUsd: '9300.000000000000000001',
      netDelta: '0.93',
      isComplete: false,
      missing: [{ position: 'BTC', reason: 'No price.' }],
      assets: [
        {
          asset: 'ETH',
          isStable: false,
          deltaUsd: '9300.000000000000000001',
          deltaPerPercentUsd: '93',
          gammaPerPercentUsd: '-0.5',
          parts: [{ kind: 'staked', position: 'stETH', deltaUsd: '3300' }],
        },
      ],
      rule: {
        atRest: { trade: false, code: 'within-band', turnoverUsd: '0' },
        assets: [
          {
            asset: 'ETH',
            up: {
              move: '0.01',
              trade: true,
              code: 'trade',
              exposureUsd: '-24',
              turnoverUsd: '24',
              constantMixUsd: '-2.4',
            },
            down: {
              move: '-0.01',
              trade: true,
              code: 'trade',
              exposureUsd: '24',
              turnoverUsd: '24',
              constantMixUsd: '2.4',
            },
            tradesFromUp: '0.0037',
            tradesFromDown: null,
          },
        ],
      },
    })
  })

  test('can be written as JSON, also where nothing is known', () => {
    const bare = {
      ...GREEKS,
      nav: 0n,
      netDelta: 0n,
      netDeltaShare: undefined,
      assets: [],
      missing: [],
      rule: undefined,
    }
    expect(JSON.parse(JSON.stringify(greeksWire(bare)))).toEqual({
      navUsd: '0',
      netDeltaUsd: '0',
      netDelta: null,
      isComplete: true,
      missing: [],
      assets: [],
      rule: null,
    })
  })
})
