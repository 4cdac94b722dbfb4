import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { marksOf, type PictureRow, reachOf, tickOf } from './picture.js'

const row = (changes: Partial<PictureRow> = {}): PictureRow => ({
  asset: 'ETH',
  weight: 0.43,
  target: 0.4,
  band: 0.025,
  isInBand: false,
  after: undefined,
  ...changes,
})

describe('the picture of drift', () => {
  test('the target is in the middle, the band around it, the weight where it drifted to', () => {
    expect(marksOf(row(), 0.05)).toEqual({
      band: { from: 25, to: 75 },
      now: expect.closeTo(80),
      after: undefined,
    })
    expect(marksOf(row({ after: 0.4 }), 0.05).after).toBe(50)
  })

  test('every mark of every asset lies on the track, and a scale is in sight', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true })
    const rows = fc.array(
      fc.record({ weight: share, target: share, band: share, after: fc.option(share, { nil: undefined }) }).map(row),
      { minLength: 1, maxLength: 8 },
    )
    fc.assert(
      fc.property(rows, (some) => {
        const reach = reachOf(some)
        for (const one of some) {
          const { band, now, after = 50 } = marksOf(one, reach)
          for (const mark of [band.from, band.to, now, after]) {
            expect(mark).toBeGreaterThanOrEqual(0)
            expect(mark).toBeLessThanOrEqual(100)
          }
        }
        expect(tickOf(reach)).toBeLessThanOrEqual(reach)
        expect(tickOf(reach)).toBeGreaterThan(reach / 5)
      }),
    )
  })
})
