import { describe, expect, test } from '@jest/globals'
import type { Positions } from '../../api/answers.js'
import { flowsOf, isOverdue } from './flow-lines.js'
import { isApart, matrixOf } from './matrix.js'

const position = (asset: string, chain: string, valueUsd: string, share: string, more: object = {}) =>
  ({
    asset,
    kind: 'spot',
    follows: asset,
    chain,
    symbol: asset,
    amount: '1',
    valueUsd,
    share,
    ...more,
  }) as Positions['positions'][number]
const transit = (more: object) =>
  ({
    transfer: 'plan.1',
    asset: 'ETH',
    from: 'cove',
    to: 'anchor',
    valueUsd: '30.5',
    sentAt: '2026-11-27T02:00:00.000Z',
    expectedAt: '2026-11-27T02:10:00.000Z',
    isLate: false,
    isInPositions: false,
    ...more,
  }) as Positions['inTransit'][number]
const POSITIONS = {
  positions: [
    position('ETH', 'anchor', '100.1', '0.5'),
    position('ETH', 'anchor', '300.2', '0.1', { symbol: 'WETH' }),
    position('ETH', 'bay', '4.003', '0.01'),
    position('STETH', 'bay', '50', '0.2', { follows: 'ETH' }),
  ],
  inTransit: [transit({})],
  unknown: { assets: [{ asset: 'LINK', reason: 'No price.' }], chains: [{ chain: 'cove', reason: 'No quorum.' }] },
} as unknown as Positions

describe('matrixOf', () => {
  const matrix = matrixOf(POSITIONS, ['bay'])
  const row = (asset: string) => matrix.rows.find((one) => one.asset === asset)

  test('adds what lies on a chain exactly, token by token', () => {
    expect(row('ETH')?.cells.get('anchor')).toMatchObject({ valueUsd: '400.3', share: '0.6', heat: 1 })
    expect(row('ETH')?.cells.get('bay')?.heat).toBeCloseTo(0.1, 3)
    expect(matrix.chains.find(({ chain }) => chain === 'bay')?.valueUsd).toBe('54.003')
  })

  test('names the chains of the portfolio first, then those that are only mentioned', () => {
    expect(matrix.chains.map(({ chain }) => chain)).toEqual(['bay', 'anchor', 'cove'])
  })

  test('tells what is unknown from what is nothing', () => {
    expect(matrix.chains.map(({ unknown }) => unknown)).toEqual([undefined, undefined, 'No quorum.'])
    expect(row('LINK')).toMatchObject({ unknown: 'No price.', totalUsd: '0' })
    expect(row('ETH')?.cells.has('cove')).toBe(false)
  })

  test('counts what is under way once: not where the cells still have it', () => {
    expect(row('ETH')).toMatchObject({ underWayUsd: '30.5', totalUsd: '434.803' })
    const seen = matrixOf({ ...POSITIONS, inTransit: [transit({ isInPositions: true })] }, [])
    expect(seen.rows[0]).toMatchObject({ underWayUsd: '0', leftSinceUsd: '30.5', totalUsd: '404.303' })
    expect(seen.leftSinceUsd).toBe('30.5')
    expect(row('ETH')?.leftSinceUsd).toBe('0')
    expect([matrix.underWayUsd, matrix.totalUsd]).toEqual(['30.5', '484.803'])
  })

  test('says which asset another one follows', () => {
    expect([row('STETH')?.follows, row('ETH')?.follows]).toEqual(['ETH', undefined])
  })

  test('has a matrix of nothing', () => {
    const nothing = {
      ...POSITIONS,
      positions: [],
      inTransit: [],
      unknown: { assets: [], chains: [], derivatives: null },
    }
    expect(matrixOf(nothing, [])).toEqual({ chains: [], rows: [], underWayUsd: '0', leftSinceUsd: '0', totalUsd: '0' })
  })
})

test('isApart does not mind cents', () => {
  expect([isApart('100.5', '101'), isApart('100', '101'), isApart('102.2', '101'), isApart('1', null)]).toEqual([
    false,
    true,
    true,
    false,
  ])
})

describe('flowsOf', () => {
  test('leads from the middle of one column to the middle of another', () => {
    expect(flowsOf([transit({})], ['anchor', 'bay', 'cove', 'dune'])).toMatchObject([
      { start: 0.125, length: 0.5, points: 'left' },
    ])
    expect(flowsOf([transit({ from: 'anchor', to: 'bay' })], ['anchor', 'bay'])).toMatchObject([
      { start: 0.25, length: 0.5, points: 'right' },
    ])
  })

  test('has the oldest first, and leaves out what has no two columns', () => {
    const later = transit({ transfer: 'plan.0', sentAt: '2026-11-27T02:00:01.000Z' })
    const flows = flowsOf([later, transit({}), transit({ to: 'elsewhere' })], ['anchor', 'cove'])
    expect(flows.map(({ transit: { transfer } }) => transfer)).toEqual(['plan.1', 'plan.0'])
  })
})

test('isOverdue goes by the clock before the daemon calls it late', () => {
  const due = Date.parse('2026-11-27T02:10:00.000Z')
  expect([
    isOverdue(transit({}), due),
    isOverdue(transit({}), due + 1),
    isOverdue(transit({ isLate: true }), 0),
  ]).toEqual([false, true, true])
})
