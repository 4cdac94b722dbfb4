import { expect, jest, test } from '@jest/globals'
import { trialsOfPause } from '../support/pause-trials.js'

jest.setTimeout(120_000)

test('P-29, F-78: once a pause is accepted nothing is signed any more but what it allows, whenever it comes', async () => {
  const trials = await trialsOfPause({ trials: 8, seed: 7 })
  expect(trials).toHaveLength(8)
  expect(trials.filter(({ signedBefore }) => signedBefore > 0).length).toBeGreaterThan(0)
  for (const { lateMs, signedLater } of trials) {
    expect(signedLater).toBeLessThanOrEqual(1)
    expect(lateMs).toBeLessThanOrEqual(1_000)
  }
})
