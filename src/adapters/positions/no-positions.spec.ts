import { expect, test } from '@jest/globals'
import { NoPositions } from './no-positions.js'

test('a portfolio of spot alone has no derivative position, which is known', async () => {
  await expect(new NoPositions().read()).resolves.toEqual({ status: 'known', positions: [] })
})
