import { expect, test } from '@jest/globals'
import { NOW } from '../../test/support/builders.js'
import { FakeClock } from '../../test/support/fake-clock.js'
import { FakePrices } from '../../test/support/fake-ports.js'
import { aPortfolio } from '../../test/support/fake-world.js'
import { MemoryStore } from '../../test/support/memory-store.js'
import { ONE_USD } from '../domain/units/usd.js'
import { PriceSources } from '../ports/prices.js'
import { PriceBoard } from './price-board.js'
import { ReadPrices } from './read-prices.js'

test('whoever looks sees what was read last, with when that was', async () => {
  const portfolio = aPortfolio()
  const clock = new FakeClock(NOW)
  const quotes = new Map([
    ['ETH', 3_000n * ONE_USD],
    ['USD', ONE_USD],
  ])
  const prices = new PriceSources([new FakePrices('feed', quotes), new FakePrices('reference', quotes)])
  const board = new PriceBoard({ rules: portfolio.priceRules, guards: [], store: new MemoryStore(), clock })
  expect(await board.read()).toMatchObject({ readAt: undefined, assets: [{ price: undefined }, {}, {}] })

  await new ReadPrices({ prices, board }).run(portfolio)
  clock.pass(5_000)
  quotes.set('ETH', 4_000n * ONE_USD)
  const { readAt, assets } = await board.read()
  expect(readAt).toBe(NOW)
  expect(assets).toMatchObject([
    { price: { status: 'known', price: 3_000n * ONE_USD }, divergence: 0n, peg: undefined },
    { price: { status: 'known', price: ONE_USD } },
    { price: { status: 'unknown', sources: [{ status: 'unusable' }, { status: 'unusable' }] }, divergence: undefined },
  ])
})
