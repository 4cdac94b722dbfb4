import { expect, test } from '@jest/globals'
import { underWayNow } from './under-way.js'

test('underWayNow counts everything that is under way, wherever else it is counted, and tells what has no price', () => {
  expect(
    underWayNow([
      { valueUsd: '350668.7', isInPositions: true },
      { valueUsd: '100.05', isInPositions: false },
      { valueUsd: null, isInPositions: true },
    ]),
  ).toEqual({ totalUsd: '350768.75', inPositionsUsd: '350668.7', withoutPrice: 1 })
  expect(underWayNow([])).toEqual({ totalUsd: '0', inPositionsUsd: '0', withoutPrice: 0 })
})
