import { describe, expect, test } from '@jest/globals'
import { OWNER } from '../../test/support/builders.js'
import { ALPHA, FakeWorld } from '../../test/support/fake-world.js'
import type { QuoteRequest } from '../domain/planning/quote.js'
import { amountOf } from '../domain/units/amount.js'

const request: QuoteRequest = {
  kind: 'swap',
  sell: amountOf(ALPHA.weth, 10n ** 18n),
  buy: ALPHA.usdc,
  account: OWNER,
  maxSlippage: 0n,
}

describe('CollectQuotes', () => {
  test('keeps answers and failures alike, of the venues that serve the request', async () => {
    const world = FakeWorld.drifted()
    world.rival.failures.push('rate-limited')
    const { collectQuotes, observer } = world.start()
    const { quotes, failures } = await collectQuotes.indicate(request)
    expect(quotes.map(({ venue, order }) => [venue, order])).toEqual([['swaps', undefined]])
    expect(failures).toEqual([{ venue: 'rival', kind: 'rate-limited', detail: 'rival was told to fail.' }])
    expect(world.crossings.asked).toEqual([])
    expect(observer.of('quoted').map(({ venue, outcome }) => [venue, outcome])).toEqual([
      ['swaps', 'ok'],
      ['rival', 'rate-limited'],
    ])
  })

  test('a firm question gets firm answers', async () => {
    const { quotes } = await FakeWorld.drifted().start().collectQuotes.order(request)
    expect(quotes.map(({ order }) => order?.call.chain)).toEqual(['alpha', 'alpha'])
  })

  test('what is no failure of a venue is not taken for one', async () => {
    const world = FakeWorld.drifted()
    world.swaps.indicate = () => Promise.reject(new TypeError('A mistake of ours.'))
    await expect(world.start().collectQuotes.indicate(request)).rejects.toThrow(TypeError)
  })
})
