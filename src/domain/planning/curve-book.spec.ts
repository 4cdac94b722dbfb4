import { describe, expect, test } from '@jest/globals'
import { aSetting, bps, inputOf, usd } from '../../../test/support/planning-input.js'
import { DEEP, poolAnswer, type PoolWorld } from '../../../test/support/pool-quotes.js'
import { amountOf } from '../units/amount.js'
import { amountWorth } from '../units/usd.js'
import { priceIn } from './cost.js'
import { CurveBook } from './curve-book.js'
import type { PlanInput } from './dialogue.js'
import { type Arc, buildNetwork } from './network.js'
import type { Quote } from './quote.js'

const world: PoolWorld = { ...DEEP, depth: () => usd(20_000_000) }
const input = inputOf(aSetting())
const HOUR = 3_600_000
const network = buildNetwork(input)
const arcOf = (group: string, kind = 'swap') => network.arcs.find((arc) => arc.group === group && arc.kind === kind)!
const sale = arcOf('ETH on alpha, sell')

function asked(arc: Arc, dollars: number, venue = 'one', from: PlanInput = input): Quote {
  const sell = amountWorth(usd(dollars), arc.from.token, priceIn(from.market, arc.from.token.asset), 'down')
  const request = { kind: arc.kind, sell, buy: arc.to.token, account: from.account, maxSlippage: from.maxSlippage }
  const reply = poolAnswer(world, from, { venue, request })
  if (!('request' in reply)) throw new Error(reply.detail)
  return reply
}
const bookOf = (sizes: readonly number[], from: PlanInput = input) => {
  const book = new CurveBook(from, network)
  for (const size of sizes) book.add(sale, asked(sale, size, 'one', from), size)
  return book
}
const better = (quote: Quote, share: bigint): Quote => ({
  ...quote,
  expectedOut: amountOf(quote.expectedOut.token, (quote.expectedOut.units * (10_000n + share)) / 10_000n),
})
const pool = (sent: number) => (0.9995 * sent) / (1 + (0.9995 * sent) / 20_000_000)

describe('what is known of an arc', () => {
  test('two quotes of a pool price it at every size', () => {
    const priced = bookOf([20_000, 100_000]).price(sale)!
    for (const size of [5_000, 50_000, 150_000]) expect(priced.evaluate(size) / pool(size)).toBeCloseTo(1, 6)
    expect(priced.isAssumed).toBe(false)
  })

  test('no arc takes more than loses what a leg may lose, rounding of amounts included', () => {
    const { cap } = bookOf([20_000, 190_000]).price(sale)!
    expect(cap).toBeLessThanOrEqual(sale.cap)
    const tight = buildNetwork({
      ...input,
      policy: { ...input.policy, maxLoss: { ...input.policy.maxLoss, major: bps(30) } },
    }).arcs.find(({ key }) => key === sale.key)!
    const book = bookOf([])
    for (const size of [20_000, 40_000]) book.add(tight, asked(tight, size), size)
    const priced = book.price(tight)!
    expect(priced.cap).toBeLessThan(tight.cap)
    expect(1 - priced.evaluate(priced.cap) / priced.cap).toBeLessThan(0.003 - 1e-8)
    expect(1 - priced.evaluate(priced.cap) / priced.cap).toBeGreaterThan(0.0029)
  })

  test('the better venue counts at every size', () => {
    const book = bookOf([20_000, 100_000])
    for (const size of [20_000, 100_000]) book.add(sale, better(asked(sale, size, 'two'), 3n), size)
    const priced = book.price(sale)!
    expect(priced.evaluate(50_000)).toBeGreaterThan(pool(50_000))
    expect(book.price(sale, 'one')!.evaluate(50_000) / pool(50_000)).toBeCloseTo(1, 6)
    expect(book.venueCurves(sale).map(({ venue }) => venue)).toEqual(['one', 'two'])
  })

  test('a quote at about the same size takes the place of the one before', () => {
    const book = bookOf([20_000, 100_000])
    book.add(sale, better(asked(sale, 100_000), -20n), 100_000)
    expect(book.records()[0]!.samples).toHaveLength(2)
    expect(book.price(sale)!.evaluate(100_000)).toBeLessThan(pool(100_000) * 0.9985)
  })

  test('what nobody quoted is the mirror of its opposite, and marked as assumed', () => {
    const purchase = arcOf('BTC on alpha, buy')
    const book = new CurveBook(input, network)
    expect(book.price(purchase)).toBeUndefined()
    expect(new CurveBook(input, network).price(network.arcs.find(({ kind }) => kind === 'bridge')!)).toMatchObject({
      isAssumed: true,
    })
  })
})

describe('an answer that cannot be believed', () => {
  const book = () => new CurveBook(input, network)
  test.each([
    ['better than our price by more than is believed', (quote: Quote) => better(quote, 1_000n), /over our price/],
    [
      'of nothing',
      (quote: Quote) => ({ ...quote, expectedOut: amountOf(quote.expectedOut.token, 0n) }),
      /under our price|gives nothing/,
    ],
    [
      'to another question',
      (quote: Quote) => ({
        ...quote,
        request: { ...quote.request, buy: sale.from.token },
        expectedOut: quote.request.sell,
      }),
      /another question/,
    ],
    [
      'in a token nobody has a price for',
      (quote: Quote) => ({
        ...quote,
        expectedOut: {
          ...quote.expectedOut,
          token: { ...quote.expectedOut.token, asset: 'NONE', address: '0x01' as const },
        },
      }),
      /another question/,
    ],
  ])('%s counts as a refusal', (_what, changed, text) => {
    const one = book()
    one.add(sale, changed(asked(sale, 50_000)), 50_000)
    expect(one.hasSamples(sale)).toBe(false)
    expect(one.isDead(sale)).toBe(true)
    expect(one.failuresOf(sale)).toMatchObject([{ venue: 'one', text: expect.stringMatching(text) }])
    expect(one.price(sale)).toBeUndefined()
  })

  test('nothing is planned beyond a size that was refused, up to a larger one that was answered', () => {
    const one = bookOf([10_000, 20_000])
    one.add(sale, { venue: 'one', kind: 'rejected', detail: 'too much' }, 100_000)
    expect(one.price(sale)!.cap).toBeLessThanOrEqual(70_000)
    expect(one.smallerTry(sale, 'one')).toBeUndefined()
    one.add(sale, asked(sale, 120_000), 120_000)
    expect(one.price(sale)!.cap).toBeGreaterThanOrEqual(119_000)
  })

  test('a refused size is tried at a quarter, twice, and never below a minimum trade', () => {
    const one = book()
    const refuse = (size: number) => one.add(sale, { venue: 'one', kind: 'no-route', detail: 'none' }, size)
    refuse(100_000)
    expect(one.smallerTry(sale, 'one')).toBe(25_000)
    refuse(25_000)
    expect(one.smallerTry(sale, 'one')).toBe(6_250)
    refuse(6_250)
    expect(one.smallerTry(sale, 'one')).toBeUndefined()
    const small = book()
    small.add(sale, { venue: 'one', kind: 'no-route', detail: 'none' }, 3_000)
    expect(small.smallerTry(sale, 'one')).toBeUndefined()
  })
})

describe('curves of earlier plans', () => {
  const records = bookOf([20_000, 100_000]).records()
  const later = (ms: number, price?: bigint): PlanInput => ({
    ...input,
    curves: records,
    now: input.now + ms,
    market:
      price === undefined
        ? input.market
        : { ...input.market, prices: new Map([...input.market.prices, ['ETH', price]]) },
  })
  const priceAfter = (ms: number, price?: bigint) => new CurveBook(later(ms, price), network).price(sale)

  test('are used again, and cost more the older they are', () => {
    const [fresh, hour, hours] = [0, HOUR, 5 * HOUR].map((ms) => priceAfter(ms)!.evaluate(100_000))
    expect(fresh! / pool(100_000)).toBeCloseTo(1, 6)
    expect(hour!).toBeLessThan(fresh!)
    expect(hours!).toBeLessThan(hour!)
    expect((100_000 - hour!) / (100_000 - fresh!)).toBeCloseTo(1.1, 1)
  })

  test('are forgotten after six hours, when our price has moved too far, and when they come from the future', () => {
    expect(priceAfter(6 * HOUR + 1)).toBeUndefined()
    expect(priceAfter(-1)).toBeUndefined()
    expect(priceAfter(HOUR, 3_150n * 10n ** 18n)).toBeDefined()
    expect(priceAfter(HOUR, 3_400n * 10n ** 18n)).toBeUndefined()
  })

  test('give way to a fresh quote, which takes their shape', () => {
    const now = later(HOUR)
    const book = new CurveBook(now, network)
    book.add(sale, better(asked(sale, 50_000, 'one', now), -10n), 50_000)
    const priced = book.price(sale)!
    expect(priced.evaluate(50_000) / (pool(50_000) * 0.999)).toBeCloseTo(1, 6)
    expect(priced.evaluate(100_000)).toBeLessThan(pool(100_000))
    expect(book.isFresh(sale, 'one')).toBe(true)
    expect(new CurveBook(now, network).isFresh(sale, 'one')).toBe(false)
  })

  test('of arcs that are no more are dropped, and nonsense among the samples too', () => {
    const odd = records.map((record) => ({
      ...record,
      samples: record.samples.flatMap((sample) => [
        { ...sample, received: NaN },
        { ...sample, sent: 0 },
        { ...sample, received: -1 },
      ]),
    }))
    const book = new CurveBook({ ...input, curves: [...odd, { ...records[0]!, key: 'swap gone' }] }, network)
    expect(book.records()).toEqual([])
  })

  test('no more than eight samples of a venue are kept', () => {
    const many = bookOf(Array.from({ length: 20 }, (_, index) => 1_000 * 1.2 ** index))
    expect(many.records()[0]!.samples).toHaveLength(8)
  })
})
