import { describe, expect, test } from '@jest/globals'
import { addressOf, aMarket, aToken, OWNER, WETH } from '../../test/support/builders.js'
import { FakeChain } from '../../test/support/fake-chain.js'
import { FakeClock } from '../../test/support/fake-clock.js'
import { RecordingObserver } from '../../test/support/fake-ports.js'
import { FakeVenue } from '../../test/support/fake-venue.js'
import { NATIVE } from '../domain/assets.js'
import type { Quote, QuoteAsk, QuoteRequest } from '../domain/planning/quote.js'
import type { Portfolio } from '../domain/policy/portfolio.js'
import { amountOf } from '../domain/units/amount.js'
import { QuoteVenues } from '../ports/quotes.js'
import { CollectQuotes } from './collect-quotes.js'
import { PlayJointly } from './play-jointly.js'

const ETHER = 10n ** 18n
const COIN = aToken({ asset: 'ETH', symbol: 'ETH', address: NATIVE, decimals: 18 })
const USDC = aToken()
const portfolio = { account: OWNER } as Portfolio

const sale = (units: bigint, sold = WETH): QuoteRequest => ({
  kind: 'swap',
  sell: amountOf(sold, units),
  buy: USDC,
  account: OWNER,
  maxSlippage: 0n,
})
const one: QuoteAsk = { venue: 'one', request: sale(2n * ETHER) }
const other: QuoteAsk = { venue: 'other', request: sale(ETHER) }

function start() {
  const clock = new FakeClock()
  const chain = new FakeChain({ alpha: 901, beta: 902 }, () => clock.now())
  chain.give(WETH, OWNER, 10n * ETHER)
  chain.give(COIN, OWNER, 10n * ETHER)
  const common = { clock, market: aMarket, kinds: ['swap', 'bridge'] } as const
  const venues = {
    one: new FakeVenue('one', { ...common, chargeBps: 10, number: 1 }),
    other: new FakeVenue('other', { ...common, chargeBps: 20, number: 2 }),
  }
  const quotes = new QuoteVenues(Object.values(venues))
  const collectQuotes = new CollectQuotes({ quotes, observer: new RecordingObserver(), clock })
  const playJointly = new PlayJointly({ collectQuotes, quotes, chain })
  return { chain, venues, play: (first = one, second = other) => playJointly.run(portfolio, first, second) }
}

describe('two swaps played one after another', () => {
  test('bring what each was quoted when neither takes from the other', async () => {
    const { play, chain } = start()
    expect(await play()).toEqual({
      status: 'played',
      quoted: [5_994_000_000n, 2_994_000_000n],
      delivered: [5_994_000_000n, 2_994_000_000n],
    })
    expect(chain.heard).toEqual([])
    expect(chain.standingAllowances()).toEqual([])
    expect(chain.balance(WETH, OWNER)).toBe(10n * ETHER)
  })

  test('show what the first takes from the second', async () => {
    const { play, chain } = start()
    chain.slips = (out, earlier) => (earlier.some((action) => action.do === 'trade') ? (out * 9n) / 10n : out)
    expect(await play()).toEqual({
      status: 'played',
      quoted: [5_994_000_000n, 2_994_000_000n],
      delivered: [5_994_000_000n, 2_694_600_000n],
    })
  })

  test('need no allowance for the coin', async () => {
    const { play } = start()
    expect(await play({ ...one, request: sale(ETHER, COIN) }, other)).toMatchObject({
      delivered: [2_997_000_000n, 2_994_000_000n],
    })
  })

  test('get their allowances from zero, whatever was left over and whoever is the spender of both', async () => {
    const { play, chain, venues } = start()
    chain.resetFirst.add(WETH.address)
    chain.allow(WETH, OWNER, venues.one.contract, 5n)
    chain.allow(WETH, OWNER, venues.other.contract, ETHER)
    chain.keepsAllowance.add(venues.one.contract)
    expect(await play()).toMatchObject({ status: 'played' })
    expect(await play(one, { ...other, venue: 'one' })).toMatchObject({ status: 'played' })
  })
})

describe('nothing is known', () => {
  test.each<[string, QuoteAsk, QuoteAsk]>([
    ['on two chains', one, { ...other, request: { ...sale(1n, { ...WETH, chain: 'beta' }) } }],
    ['of a bridge', one, { ...other, request: { ...sale(1n), kind: 'bridge', buy: { ...WETH, chain: 'beta' } } }],
  ])('%s, and nobody is asked', async (_name, first, second) => {
    const { play, venues } = start()
    expect(await play(first, second)).toMatchObject({
      status: 'unknown',
      reason: 'Only two swaps on one chain can be played one after another.',
    })
    expect([...venues.one.asked, ...venues.other.asked]).toEqual([])
  })

  test('when a venue does not answer', async () => {
    const { play, venues } = start()
    venues.other.failures.push('no-route')
    expect(await play()).toEqual({ status: 'unknown', reason: 'other: no-route: other was told to fail.' })
  })

  const STRANGER = addressOf(0xbad)
  const ordering = (change: Partial<NonNullable<Quote['order']>>) => (quote: Quote) => ({
    ...quote,
    order: { ...quote.order!, ...change },
  })
  test.each<[string, (quote: Quote) => Quote, RegExp]>([
    [
      'a call to a stranger',
      (quote) => ordering({ call: { ...quote.order!.call, to: STRANGER } })(quote),
      /wants a call to 0x0+bad/,
    ],
    ['a strange spender', ordering({ spender: STRANGER }), /wants an allowance for 0x0+bad/],
    ['no spender for a token', ordering({ spender: undefined }), /names no spender for a sale of WETH/],
    ['nothing to send', ({ order: _order, ...quote }) => quote, /without a transaction on alpha/],
    [
      'a call on another chain',
      (quote) => ordering({ call: { ...quote.order!.call, chain: 'beta' } })(quote),
      /without a transaction on alpha/,
    ],
  ])('when a venue wants %s', async (_name, tamper, reason) => {
    const { play, venues, chain } = start()
    venues.one.tamper = tamper
    chain.simulateAll = () => Promise.reject(new TypeError('Nothing of this may be played.'))
    expect(await play()).toMatchObject({ status: 'unknown', reason: expect.stringMatching(reason) })
  })

  test('when the account could not pay for both, or the chain is silent', async () => {
    const { play, chain } = start()
    expect(await play({ ...one, request: sale(10n * ETHER) })).toMatchObject({
      status: 'unknown',
      reason: expect.stringMatching(/^After the first swap the second would fail: .*balance too small/),
    })
    chain.silent.add('alpha')
    expect(await play()).toEqual({ status: 'unknown', reason: 'alpha does not answer.' })
  })

  test('but a mistake of ours is no answer', async () => {
    const { play, chain } = start()
    chain.allowance = () => Promise.reject(new TypeError('A mistake of ours.'))
    await expect(play()).rejects.toThrow(TypeError)
  })
})
