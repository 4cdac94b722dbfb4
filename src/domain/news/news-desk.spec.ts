import { describe, expect, test } from '@jest/globals'
import {
  aCycle,
  anAttempt,
  anInclusion,
  anIntent,
  aRun,
  aTransfer,
  NOW,
  sendingRun,
} from '../../../test/support/builders.js'
import { arrived, measured, TOLD_EVENTS, tripped } from '../../../test/support/told-events.js'
import { eventSchema } from '../../interface/http/events-schema.js'
import { eventAsTold } from '../../ports/event-feed.js'
import type { Event } from '../events.js'
import type { Intent } from '../execution/intent.js'
import { NEWS_TYPES } from './news.js'
import { NewsDesk } from './news-desk.js'
import { noticeKeyOf, noticeKindOf } from './notice.js'

const typesOf = (desk: NewsDesk, events: readonly Event[], at = NOW) =>
  events.flatMap((event) => desk.newsOf(event, at)).map(({ type }) => type)

describe('NewsDesk', () => {
  test('everything it tells is as the document says, and of every type something is told', () => {
    const desk = new NewsDesk()
    const all = TOLD_EVENTS.flatMap((event) => desk.newsOf(event, NOW))
    for (const news of all) {
      const told: unknown = JSON.parse(JSON.stringify(eventAsTold({ ...news, at: NOW, data: { ...news.data } })))
      expect(eventSchema.parse(told)).toEqual(told)
    }
    const told = new Set<string>([...all.map(({ type }) => type), 'events-dropped'])
    expect(NEWS_TYPES.filter((type) => !told.has(type))).toEqual([])
    expect(JSON.stringify(all)).not.toContain('pass')
  })

  test('an intent is told of when it moves, and an ended one that nobody heard of before is none', () => {
    const desk = new NewsDesk()
    const told = (intent: Intent) => typesOf(desk, [{ type: 'intent-changed', portfolio: 'core', intent, at: NOW }])
    const signed = { ...anIntent(), state: 'signed', attempts: [anAttempt(1)] } as unknown as Intent
    const ended = { ...signed, state: 'final_ok', inclusion: anInclusion(1) } as unknown as Intent
    expect(told(ended)).toEqual([])
    expect([signed, signed, ended, ended].map((one) => told(one).length)).toEqual([1, 0, 1, 0])
  })

  test('what is unknown is told once, and when it is known again', () => {
    const desk = new NewsDesk()
    const told = [true, false, false, true, true].map((isKnown) => typesOf(desk, [measured(isKnown)]))
    expect(told).toEqual([[], ['chain-unknown', 'price-unknown'], [], ['chain-known', 'price-known'], []])
  })

  test('what is told anew after a start is no news', () => {
    const desk = new NewsDesk()
    expect(typesOf(desk, [{ ...tripped, isEarlier: true } as Event])).toEqual([])
    expect(typesOf(desk, [{ type: 'reconciled', portfolio: 'core', chain: 'alpha', mismatches: [], at: NOW }])).toEqual(
      [],
    )
    const standby = { type: 'cycle-skipped', portfolio: 'core', outcome: 'standby', reason: 'x' } as const
    expect(typesOf(desk, [standby])).toEqual([])
  })

  test('a failure that goes on is told once a minute', () => {
    const desk = new NewsDesk()
    const failed: Event = { type: 'failed', what: 'reading prices', error: new Error('x'), isRetried: true }
    expect([0, 1, 59_999, 60_000].map((ms) => typesOf(desk, [failed], NOW + ms).length)).toEqual([1, 0, 0, 1])
  })

  test('long texts are cut', () => {
    const reason = 'x'.repeat(5_000)
    const [news] = new NewsDesk().newsOf({ type: 'no-plan', portfolio: 'core', cycleId: 'c', reasons: [reason] }, NOW)
    expect(JSON.stringify(news).length).toBeLessThan(700)
  })
})

describe('what people are notified of', () => {
  test('is of a kind, and a state of a transfer is told once for ever', () => {
    const desk = new NewsDesk()
    const [late] = desk.newsOf(arrived('late'), NOW)
    const [full] = desk.newsOf(arrived('full'), NOW)
    expect([late, full].map((one) => noticeKindOf(one!))).toEqual(['transfer', 'transfer'])
    const { id } = aTransfer(aCycle(), sendingRun(aRun()))
    expect([late, full].map((one) => noticeKeyOf(one!))).toEqual([
      `transfer-changed ${id} late`,
      `transfer-changed ${id} full`,
    ])
    const kinds = TOLD_EVENTS.flatMap((event) => new NewsDesk().newsOf(event, NOW)).map(noticeKindOf)
    expect(new Set(kinds).size).toBe(11)
  })
})
