import { describe, expect, test } from '@jest/globals'
import type { Leg, PlannedLeg } from './api.js'
import { figuresOf, groupSlices, stateOfGroup } from './slices.js'

const leg = (id: string, more: object = {}) =>
  ({
    id,
    kind: 'swap',
    venue: 'lifi',
    tool: 'uniswapV3',
    sell: { chain: 'bay', address: '0xa', symbol: 'WBTC', amount: '1.5' },
    expectedOut: { chain: 'bay', address: '0xb', symbol: 'WETH', amount: '30.25' },
    cost: { totalUsd: '10.1' },
    funding: [],
    slice: { index: 0, of: 3, notBefore: '' },
    ...more,
  }) as unknown as PlannedLeg

describe('groupSlices', () => {
  test('makes one of the slices of a sale, with all that they sell, bring and cost', () => {
    const [first, second, ...others] = groupSlices([leg('1', { slice: null }), leg('2'), leg('3'), leg('4')])
    expect(others).toEqual([])
    expect([first?.first, first?.last, second?.first, second?.last]).toEqual([1, 1, 2, 4])
    expect(second).toMatchObject({ id: '2', sold: '4.5', bought: '90.75', costUsd: '30.3' })
  })

  test('keeps apart what goes another way, and legs that are no slices', () => {
    const apart = [leg('1'), leg('2', { tool: 'curve' }), leg('3', { venue: 'zeroex' }), leg('4', { slice: null })]
    expect(groupSlices([...apart, leg('5', { slice: null })])).toHaveLength(5)
  })

  test('names who pays by the groups that they are in', () => {
    const other = leg('3', {
      sell: leg('').expectedOut,
      slice: null,
      funding: [{ leg: '1' }, { leg: '2' }, { leg: '9' }],
    })
    expect(groupSlices([leg('1'), leg('2'), other]).at(-1)?.funding).toEqual([{ leg: '1' }, { leg: '9' }])
  })
})

describe('figuresOf', () => {
  const [group] = groupSlices([leg('1'), leg('2')])
  const run = (id: string, more: object = {}) =>
    ({
      id,
      sold: { chain: 'bay', address: '0xa', symbol: 'WBTC', amount: '1.5' },
      received: { chain: 'bay', address: '0xB', symbol: 'WETH', amount: '30.1' },
      realisedCost: { totalUsd: '12.5' },
      ...more,
    }) as unknown as Leg
  const figures = (...runs: Leg[]) => figuresOf(group!, (id) => runs.find((one) => one.id === id))
  const PLANNED = { sold: '3', bought: '60.5', isAmountPlanned: true }

  test('are those that came out once all of them have', () => {
    expect(figures(run('1'), run('2'))).toEqual({
      sold: '3',
      bought: '60.2',
      costUsd: '25',
      isAmountPlanned: false,
      isCostPlanned: false,
    })
  })

  test('are the planned ones, told as such, while one is missing', () => {
    expect(figures()).toEqual({ ...PLANNED, costUsd: '20.2', isCostPlanned: true })
    expect(figures(run('1'), run('2', { received: null }))).toMatchObject({ ...PLANNED, isCostPlanned: false })
    expect(figures(run('1'), run('2', { realisedCost: null }))).toMatchObject({ bought: '60.2', isCostPlanned: true })
  })

  test('are the planned ones where another token came, or it came elsewhere', () => {
    for (const other of [{ address: '0xc' }, { chain: 'cove' }]) {
      const received = { ...run('2').received, ...other }
      expect(figures(run('1'), run('2', { received }))).toMatchObject(PLANNED)
    }
  })
})

test('stateOfGroup tells of what goes on or went wrong before what is done', () => {
  expect(stateOfGroup(['done', 'sending', 'waiting'])).toBe('sending')
  expect(stateOfGroup(['done', 'waiting'])).toBe('waiting')
  expect(stateOfGroup(['done', 'failed'])).toBe('failed')
  expect(stateOfGroup(['done', 'done'])).toBe('done')
  expect(stateOfGroup([undefined])).toBeUndefined()
})
