import { describe, expect, test } from '@jest/globals'
import type { AmountOf, CycleForOutlook } from './answers.js'
import { outlookOf } from './outlook.js'
import { assetsByToken } from './tokens.js'

const config = {
  assets: {
    ETH: { tokens: [{ chain: 'alpha', address: '0xAA' }] },
    USD: { tokens: [{ chain: 'alpha', address: '0xbb' }] },
  },
  chains: { alpha: { native: { asset: 'ETH' } } },
}
const assetOf = assetsByToken({ config })
const amount = (address: string, text: string): AmountOf => ({ chain: 'alpha', address, amount: text })
const portfolio = {
  navUsd: '1000',
  assets: [
    { asset: 'ETH', valueUsd: '600' },
    { asset: 'USD', valueUsd: '400' },
  ],
}
const planned = { id: 'one', sell: amount('0xaa', '1'), expectedOut: amount('0xBB', '100') }

function cycle(leg: Partial<CycleForOutlook['legs'][number]>): CycleForOutlook {
  return {
    outcome: null,
    prices: { ETH: '100', USD: '1' },
    plan: { legs: [planned] },
    legs: [{ id: 'one', kind: 'swap', state: 'sending', sold: null, received: null, ...leg }],
  }
}
const weights = (leg: Partial<CycleForOutlook['legs'][number]>) => {
  const outlook = outlookOf(portfolio, cycle(leg), assetOf)
  return outlook && { ...Object.fromEntries(outlook.weights), stage: outlook.stage }
}

describe('where the weights will be', () => {
  test('what is under way counts as it was planned', () => {
    expect(weights({})).toEqual({ ETH: 0.5, USD: 0.5, stage: 'under-way' })
    expect(weights({ state: 'waiting' })).toEqual({ ETH: 0.5, USD: 0.5, stage: 'planned' })
  })

  test('what is done counts as it came out, and what it lost is gone', () => {
    const sold = amount('0xaa', '2')
    const received = amount('0xbb', '100')
    expect(weights({ state: 'done', sold, received })).toEqual({
      ETH: expect.closeTo(400 / 900),
      USD: expect.closeTo(500 / 900),
      stage: 'over',
    })
  })

  test('the native coin is its asset', () => {
    const sold = amount('0x0000000000000000000000000000000000000000', '1')
    expect(weights({ state: 'done', sold, received: amount('0xbb', '100') })).toMatchObject({ ETH: 0.5 })
  })

  test.each([{ state: 'failed' }, { state: 'skipped' }, { kind: 'bridge' }, { id: 'of no plan' }] as const)(
    '%j changes nothing',
    (leg) => {
      expect(weights(leg)).toBeUndefined()
    },
  )

  test('a portfolio without value has no weights', () => {
    expect(outlookOf({ ...portfolio, navUsd: '0' }, cycle({}), assetOf)).toBeUndefined()
    expect(outlookOf(portfolio, { ...cycle({ state: 'waiting' }), outcome: 'planned' }, assetOf)).toBeUndefined()
    expect(outlookOf({ navUsd: undefined }, cycle({}), assetOf)).toBeUndefined()
  })
})
