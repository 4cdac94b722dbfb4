import { describe, expect, test } from '@jest/globals'
import type { PlannedLeg } from './api.js'
import { groupSlices, stateOfGroup } from './slices.js'

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

test('stateOfGroup tells of what goes on or went wrong before what is done', () => {
  expect(stateOfGroup(['done', 'sending', 'waiting'])).toBe('sending')
  expect(stateOfGroup(['done', 'waiting'])).toBe('waiting')
  expect(stateOfGroup(['done', 'failed'])).toBe('failed')
  expect(stateOfGroup(['done', 'done'])).toBe('done')
  expect(stateOfGroup([undefined])).toBeUndefined()
})
