import { describe, expect, test } from '@jest/globals'
import { agoText, durationText, momentTexts } from './moments.js'

const now = Date.UTC(2026, 10, 26, 14, 30)

describe('moments', () => {
  test('the day is left out today, the year this year', () => {
    const at = (time: number) => momentTexts(time, now, 'UTC').utc
    expect(at(Date.UTC(2026, 10, 26, 14, 3, 22))).toBe('14:03:22 UTC')
    expect(at(Date.UTC(2026, 10, 25, 0, 0, 1))).toBe('25 Nov 00:00:01 UTC')
    expect(at(Date.UTC(2025, 10, 25, 0, 0, 1))).toBe('2025-11-25 00:00:01 UTC')
  })

  test('local time stands beside UTC where it differs', () => {
    const time = Date.UTC(2026, 10, 26, 23, 30)
    expect(momentTexts(time, now, 'UTC')).toMatchObject({ local: undefined, full: '2026-11-26T23:30:00.000Z' })
    expect(momentTexts(time, now, 'Europe/Zurich')).toEqual({
      utc: '23:30:00 UTC',
      local: '00:30',
      full: '2026-11-26T23:30:00.000Z (27 Nov 2026, 00:30:00 in Europe/Zurich)',
    })
  })

  test.each([
    [0, '0 s'],
    [59.9, '59 s'],
    [60, '1 min'],
    [75, '1 min 15 s'],
    [3_600, '1 h'],
    [100_000, '1 d 3 h'],
  ])('%d s are %s', (seconds, text) => {
    expect(durationText(seconds)).toBe(text)
  })

  test('before and ahead', () => {
    expect(agoText(now - 61_000, now)).toBe('1 min 1 s ago')
    expect(agoText(now + 5_000, now)).toBe('in 5 s')
    expect([-1_400, 0, 1_400].map((ms) => agoText(now + ms, now))).toEqual(Array(3).fill('just now'))
  })
})
