import { describe, expect, test } from '@jest/globals'
import { CronTime } from 'cron'
import fc from 'fast-check'
import { nextDueOf } from './cron-calendar.js'

const at = (text: string) => Date.parse(text)
const DAY_MS = 86_400_000

/** So many due times after a moment, as texts. */
function dues(schedule: string, timeZone: string, after: string, count: number): string[] {
  const next = nextDueOf({ schedule, timeZone })
  const found: string[] = []
  for (let moment = at(after); found.length < count;) {
    moment = next(moment)!
    found.push(new Date(moment).toISOString())
  }
  return found
}

describe('a calendar', () => {
  test.each([
    ['0 0 0 1 * *', 'UTC', '2024-01-31T00:00:00Z', ['2024-02-01T00:00:00.000Z', '2024-03-01T00:00:00.000Z']],
    ['0 30 9 * * mon', 'UTC', '2024-01-01T09:30:00Z', ['2024-01-08T09:30:00.000Z', '2024-01-15T09:30:00.000Z']],
    ['15,45 0 */12 * * *', 'UTC', '2024-01-01T00:00:15Z', ['2024-01-01T00:00:45.000Z', '2024-01-01T12:00:15.000Z']],
    ['0 0 0 29 2 *', 'UTC', '2024-03-01T00:00:00Z', ['2028-02-29T00:00:00.000Z', '2032-02-29T00:00:00.000Z']],
    ['0 9 * * *', 'UTC', '2024-01-01T09:00:00Z', ['2024-01-02T09:00:00.000Z']],
    ['@weekly', 'UTC', '2024-01-01T00:00:00Z', ['2024-01-07T00:00:00.000Z', '2024-01-14T00:00:00.000Z']],
    // The 13th or a Friday, as cron has it where both are named.
    ['0 0 0 13 * 5', 'UTC', '2024-02-09T00:00:00Z', ['2024-02-13T00:00:00.000Z', '2024-02-16T00:00:00.000Z']],
    ['0 0 0 * * *', 'Asia/Kolkata', '2024-01-01T00:00:00Z', ['2024-01-01T18:30:00.000Z']],
  ])('%s in %s after %s', (schedule, timeZone, after, expected) => {
    expect(dues(schedule, timeZone, after, expected.length)).toEqual(expected)
  })

  test('keeps the time on the clock over summer and winter', () => {
    expect(dues('0 0 9 1 * *', 'Europe/Berlin', '2024-03-01T12:00:00Z', 8).map((one) => one.slice(5, 16))).toEqual([
      '04-01T07:00',
      '05-01T07:00',
      '06-01T07:00',
      '07-01T07:00',
      '08-01T07:00',
      '09-01T07:00',
      '10-01T07:00',
      '11-01T08:00',
    ])
  })

  test('is due when clocks jump where they jump over its time, and not twice', () => {
    expect(dues('0 30 2 * * *', 'America/New_York', '2024-03-09T12:00:00Z', 2)).toEqual([
      '2024-03-10T07:00:00.000Z',
      '2024-03-11T06:30:00.000Z',
    ])
    // Where summer is at the turn of the year, and where a whole day was left out.
    expect(dues('0 30 2 * * *', 'Australia/Sydney', '2024-10-05T12:00:00Z', 2)[0]).toBe('2024-10-05T16:00:00.000Z')
    expect(dues('0 0 12 * * *', 'Pacific/Apia', '2011-12-29T00:00:00Z', 3)).toEqual([
      '2011-12-29T22:00:00.000Z',
      '2011-12-30T10:00:00.000Z',
      '2011-12-30T22:00:00.000Z',
    ])
  })

  test('is due the first time where a time comes twice, and once for the hour after it', () => {
    expect(dues('0 30 1 * * *', 'America/New_York', '2024-11-02T12:00:00Z', 2)).toEqual([
      '2024-11-03T05:30:00.000Z',
      '2024-11-04T06:30:00.000Z',
    ])
    expect(dues('0 0 2 * * *', 'America/New_York', '2024-11-02T12:00:00Z', 2)).toEqual([
      '2024-11-03T07:00:00.000Z',
      '2024-11-04T07:00:00.000Z',
    ])
    // Asked between the two.
    expect(dues('0 30 1 * * *', 'America/New_York', '2024-11-03T06:10:00Z', 1)).toEqual(['2024-11-04T06:30:00.000Z'])
  })

  test('holds no further time where none comes within eight years', () => {
    expect(nextDueOf({ schedule: '0 0 0 30 2 *', timeZone: 'UTC' })(at('2024-01-01T00:00:00Z'))).toBeUndefined()
  })

  test('agrees with cron where clocks stay as they are', () => {
    const field = (least: number, most: number) =>
      fc.oneof(
        fc.constant('*'),
        fc.integer({ min: least, max: most }).map(String),
        fc.integer({ min: 2, max: 5 }).map((step) => `*/${step}`),
        fc.tuple(fc.integer({ min: least, max: most }), fc.integer({ min: least, max: most })).map((ends) => {
          const [from, to] = ends.toSorted((a, b) => a - b)
          return `${from}-${to}`
        }),
      )
    const expressions = fc
      .tuple(field(0, 59), field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 6))
      .map((fields) => fields.join(' '))
    fc.assert(
      fc.property(
        expressions,
        fc.integer({ min: at('2018-01-01T00:00:00Z'), max: at('2024-01-01T00:00:00Z') }),
        (schedule, after) => {
          const expected = new CronTime(schedule, 'UTC').getNextDateFrom(new Date(after), 'UTC').toMillis()
          expect(nextDueOf({ schedule, timeZone: 'UTC' })(after)).toBe(expected)
        },
      ),
      { numRuns: 25 },
    )
  })

  test('answers the same however often and in whatever order it is asked', () => {
    const calendar = { schedule: '0 15 3 * * 2', timeZone: 'Europe/London' }
    const days = Array.from({ length: 300 }, (_, day) => day)
    const [inOrder, shuffled] = [nextDueOf(calendar), nextDueOf(calendar)]
    const moment = (day: number) => at('2024-01-01T00:00:00Z') + day * DAY_MS
    const expected = days.map((day) => inOrder(moment(day)))
    for (const day of [...days, ...days].map((one, place) => (one * 7 + place) % 300))
      expect(shuffled(moment(day))).toBe(expected[day])
  })

  test('refuses what is no expression and no time zone', () => {
    expect(() => nextDueOf({ schedule: '0 0 25 * * *', timeZone: 'UTC' })).toThrow('out of range')
    expect(() => nextDueOf({ schedule: '0 0 0 * * *', timeZone: 'Mars/Olympus' })).toThrow('Mars/Olympus')
  })
})
