import { describe, expect, test } from '@jest/globals'
import { aMarket, aToken, NOW, OWNER, WETH } from '../../test/support/builders.js'
import { FakeClock } from '../../test/support/fake-clock.js'
import { RecordingObserver } from '../../test/support/fake-ports.js'
import { FakeVenue } from '../../test/support/fake-venue.js'
import { InvariantError } from '../domain/errors.js'
import type { QuoteAsk, QuoteRequest } from '../domain/planning/quote.js'
import { amountOf } from '../domain/units/amount.js'
import { QuoteVenues } from '../ports/quotes.js'
import { CollectQuotes } from './collect-quotes.js'

const swap: QuoteRequest = {
  kind: 'swap',
  sell: amountOf(WETH, 10n ** 18n),
  buy: aToken(),
  account: OWNER,
  maxSlippage: 0n,
}
const half: QuoteRequest = { ...swap, sell: amountOf(WETH, 10n ** 18n / 2n) }
const bridge: QuoteRequest = { ...swap, kind: 'bridge', buy: { ...WETH, chain: 'beta' } }
const crossing: QuoteRequest = { ...bridge, buy: aToken({ chain: 'beta' }) }

const IN_TIME = { deadlineMs: NOW + 20_000 }

function start() {
  const clock = new FakeClock()
  const observer = new RecordingObserver()
  const common = { clock, market: aMarket }
  const swaps = new FakeVenue('swaps', { ...common, kinds: ['swap'], chargeBps: 10, number: 1 })
  const rival = new FakeVenue('rival', { ...common, kinds: ['swap', 'cross'], chargeBps: 20, number: 2 })
  const crossings = new FakeVenue('crossings', { ...common, kinds: ['bridge'], chargeBps: 5, number: 3 })
  const collectQuotes = new CollectQuotes({ quotes: new QuoteVenues([swaps, rival, crossings]), observer, clock })
  const outcomes = () => observer.of('quoted').map(({ venue, outcome }) => [venue, outcome])
  return { clock, observer, outcomes, swaps, rival, crossings, collectQuotes }
}

describe('asking for indications', () => {
  test('replies come in the order of the asks, a failure in its place', async () => {
    const { collectQuotes, rival, swaps, outcomes, clock } = start()
    rival.failures.push('rate-limited')
    const asks: QuoteAsk[] = [
      { venue: 'rival', request: swap },
      { venue: 'swaps', request: half },
      { venue: 'swaps', request: swap },
    ]
    const replies = await collectQuotes.ask(asks, IN_TIME)
    expect(replies).toEqual([
      { venue: 'rival', kind: 'rate-limited', detail: 'rival was told to fail.' },
      expect.objectContaining({ venue: 'swaps', request: half }),
      expect.objectContaining({ venue: 'swaps', request: swap }),
    ])
    expect(replies.map((reply) => 'order' in reply)).toEqual([false, false, false])
    expect(swaps.asked.map(({ kind }) => kind)).toEqual(['indicate', 'indicate'])
    expect(outcomes()).toEqual([
      ['rival', 'rate-limited'],
      ['swaps', 'ok'],
      ['swaps', 'ok'],
    ])
    expect(clock.now()).toBe(NOW)
  })

  test('an answer that has not come by the deadline is a failure; what comes later is dropped', async () => {
    const { collectQuotes, rival, swaps, observer, clock } = start()
    let answer = () => {}
    let fail = (_error: Error) => {}
    rival.delays.push(new Promise<void>((resolve) => (answer = resolve)), new Promise((_, reject) => (fail = reject)))
    const asks = [
      { venue: 'rival', request: swap },
      { venue: 'rival', request: half },
      { venue: 'swaps', request: swap },
    ]
    const replies = await collectQuotes.ask(asks, IN_TIME)
    expect(clock.now()).toBe(IN_TIME.deadlineMs)
    const late = {
      venue: 'rival',
      kind: 'unavailable',
      detail: 'rival gave no answer by the deadline of the plan, 2026-11-20T12:00:20.000Z.',
    }
    expect(replies).toEqual([late, late, expect.objectContaining({ venue: 'swaps', request: swap })])

    answer()
    fail(new TypeError('Far too late.'))
    await clock.sleep(1, new AbortController().signal)
    expect(observer.of('quoted')).toHaveLength(3)
    expect(swaps.asked).toHaveLength(1)
  })

  test('after the deadline nobody is asked', async () => {
    const { collectQuotes, swaps, outcomes } = start()
    const replies = await collectQuotes.ask([{ venue: 'swaps', request: swap }], { deadlineMs: NOW })
    expect(replies).toMatchObject([{ venue: 'swaps', kind: 'unavailable' }])
    expect(swaps.asked).toEqual([])
    expect(outcomes()).toEqual([['swaps', 'unavailable']])
  })

  test('what is no failure of a venue is not taken for one', async () => {
    const { collectQuotes, swaps, rival } = start()
    swaps.indicate = () => Promise.reject(new TypeError('A mistake of ours.'))
    rival.delays.push(new Promise(() => undefined))
    const asks = ['rival', 'swaps'].map((venue) => ({ venue, request: swap }))
    await expect(collectQuotes.ask(asks, IN_TIME)).rejects.toThrow(TypeError)
    await expect(collectQuotes.ask([{ venue: 'nobody', request: swap }], IN_TIME)).rejects.toThrow(InvariantError)
  })
})

describe('the venues of a request', () => {
  test('are those that serve it, in the order they are configured', () => {
    const { collectQuotes } = start()
    expect(collectQuotes.venuesFor(swap)).toEqual(['swaps', 'rival'])
    expect(collectQuotes.venuesFor(bridge)).toEqual(['crossings'])
    expect(collectQuotes.venuesFor(crossing)).toEqual(['rival'])
  })
})

describe('asking for firm quotes', () => {
  test('keeps answers and failures alike, of the venues that serve the request', async () => {
    const { collectQuotes, rival, crossings, outcomes } = start()
    rival.failures.push('rate-limited')
    const { quotes, failures } = await collectQuotes.order(swap)
    expect(quotes.map(({ venue, order }) => [venue, order?.call.chain])).toEqual([['swaps', 'alpha']])
    expect(failures).toEqual([{ venue: 'rival', kind: 'rate-limited', detail: 'rival was told to fail.' }])
    expect(crossings.asked).toEqual([])
    expect(outcomes()).toEqual([
      ['swaps', 'ok'],
      ['rival', 'rate-limited'],
    ])
  })

  test('one venue can be asked alone', async () => {
    const { collectQuotes, swaps, rival, outcomes } = start()
    expect(await collectQuotes.orderFrom({ venue: 'rival', request: swap })).toMatchObject({
      venue: 'rival',
      order: { call: { to: rival.contract } },
    })
    rival.failures.push('no-route')
    expect(await collectQuotes.orderFrom({ venue: 'rival', request: swap })).toMatchObject({ kind: 'no-route' })
    expect(swaps.asked).toEqual([])
    expect(outcomes()).toEqual([
      ['rival', 'ok'],
      ['rival', 'no-route'],
    ])
  })
})
