import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { NOW } from '../../../test/support/targets.js'
import { formatDecimal } from '../units/decimal.js'
import { RATIO_ONE } from '../units/ratio.js'
import { type DocumentRules, isSameDocument, judgeDocument, type TargetDocument } from './target-document.js'

const HOUR = 3_600_000
const assets = ['ETH', 'BTC', 'USD']
const rules = (changes: Partial<DocumentRules> = {}): DocumentRules => ({
  portfolio: 'core',
  assets,
  maxAgeMs: 24 * HOUR,
  now: NOW,
  newest: undefined,
  ...changes,
})
const aDocument = (changes: Partial<TargetDocument> = {}): TargetDocument => ({
  portfolio: 'core',
  setAt: NOW - HOUR,
  weights: { BTC: '0.2', ETH: '0.3', USD: '0.5' },
  isSigned: false,
  ...changes,
})
const judge = (changes: Partial<TargetDocument> = {}, own: Partial<DocumentRules> = {}) =>
  judgeDocument(aDocument(changes), rules(own))

test('weights are exact and in the order of the assets', () => {
  expect(judge()).toEqual({
    status: 'fits',
    weights: [(RATIO_ONE * 3n) / 10n, (RATIO_ONE * 2n) / 10n, RATIO_ONE / 2n],
  })
  expect(judge({ weights: { ETH: '1.0', BTC: '0', USD: '0.00' } })).toMatchObject({ weights: [RATIO_ONE, 0n, 0n] })
})

test.each([
  [{ portfolio: 'other' }, 'source-foreign', 'Weights should be for portfolio core, got some for other. Point the source at the right document.'], // prettier-ignore
  [{ setAt: NOW + 60_001 }, 'source-future', 'Weights should not be dated after now, 2025-01-06T12:00:00.000Z, got 2025-01-06T12:01:00.001Z. Check the clocks of this host and of whoever wrote them.'], // prettier-ignore
  [{ setAt: NOW - 24 * HOUR - 1 }, 'source-stale', 'Weights are of 2025-01-05T11:59:59.999Z, 24.0 h ago, 24.0 h are allowed. Write them anew, or raise maxAgeSeconds of the source.'], // prettier-ignore
])('refuses one with %j', (changes, code, detail) => {
  expect(judge(changes)).toEqual({ status: 'refused', code, detail })
})

test.each([
  [{ ETH: '0.5', USD: '0.5' }, 'none of BTC'],
  [{ ETH: '0.3', BTC: '0.2', USD: '0.5', DOGE: '0' }, 'one of DOGE'],
  [{ ETH: '0.3', BTC: '0.2', USD: '0.499999999999999999' }, 'a sum of 0.999999999999999999'],
  [{ ETH: '0.3', BTC: '0.3', USD: '0.5' }, 'a sum of 1.1'],
  [{ ETH: '-0.1', BTC: '0.6', USD: '0.5' }, '"-0.1" of ETH'],
  [{ ETH: '1.1', BTC: '0', USD: '0' }, '"1.1" of ETH'],
  [{ ETH: '3e-1', BTC: '0.2', USD: '0.5' }, '"3e-1" of ETH'],
  [{ ETH: '0.3', BTC: '', USD: '0.5' }, '"" of BTC'],
  [{ ETH: 'NaN', BTC: '0.2', USD: '0.5' }, '"NaN" of ETH'],
  [{ ETH: '0.3000000000000000001', BTC: '0.2', USD: '0.5' }, '"0.3000000000000000001" of ETH'],
  [{ ETH: '0.3', BTC: '0.2', USD: '0.5', toString: '0' }, 'one of toString'],
])('refuses weights of %j', (weights, got) => {
  const expected = 'decimals from 0 to 1 of exactly ETH, BTC, USD that sum to exactly 1'
  const detail = `Weights should be ${expected}, got ${got}. Correct the document.`
  expect(judge({ weights })).toEqual({ status: 'refused', code: 'source-weights', detail })
})

test('a name that every object has is no weight', () => {
  const judged = judge({ weights: { ETH: '1' } }, { assets: ['ETH', 'constructor'] })
  expect(judged).toMatchObject({ detail: expect.stringContaining('got none of constructor') })
})

test('times at the limits fit', () => {
  expect(judge({ setAt: NOW + 60_000 }).status).toBe('fits')
  expect(judge({ setAt: NOW - 24 * HOUR }).status).toBe('fits')
})

describe('beside one that passed before', () => {
  const newest = { setAt: NOW - HOUR, weights: aDocument().weights }

  test('the same one and a newer one fit', () => {
    expect(judge({}, { newest }).status).toBe('fits')
    expect(judge({ weights: { ETH: '0.30', BTC: '0.2', USD: '0.500' } }, { newest }).status).toBe('fits')
    expect(judge({ setAt: NOW, weights: { ETH: '1', BTC: '0', USD: '0' } }, { newest }).status).toBe('fits')
  })

  test('an older one is refused, whatever it says', () => {
    expect(judge({ setAt: NOW - HOUR - 1 }, { newest })).toEqual({
      status: 'refused',
      code: 'source-replayed',
      detail:
        'Weights should not be older than the newest seen, of 2025-01-06T11:00:00.000Z, got some of 2025-01-06T10:59:59.999Z. Find out who put an old document there; to go back to its weights, date them anew.',
    })
  })

  test('so is another one of the same time', () => {
    const other = judge({ weights: { ETH: '0.3', BTC: '0.21', USD: '0.49' } }, { newest })
    expect(other).toEqual({
      status: 'refused',
      code: 'source-replayed',
      detail:
        'Weights of 2025-01-06T11:00:00.000Z were seen before and differ from those that the source gives of the same time. Date the new ones later.',
    })
  })
})

test('documents are the same by time and weights, in whichever order and with how many zeros these are written', () => {
  const { setAt, weights } = aDocument()
  expect(isSameDocument({ setAt, weights }, { setAt, weights: { USD: '0.5', ETH: '0.3', BTC: '0.2' } })).toBe(true)
  expect(isSameDocument({ setAt, weights }, { setAt, weights: { ...weights, BTC: '0.200' } })).toBe(true)
  expect(isSameDocument({ setAt, weights }, { setAt, weights: { ...weights, BTC: '0.2000000000000000000' } })).toBe(
    false,
  )
  expect(isSameDocument({ setAt, weights }, { setAt, weights: { ...weights, BTC: '2e-1' } })).toBe(false)
  expect(isSameDocument({ setAt, weights }, { setAt, weights: { ...weights, BTC: '0.200000000000000001' } })).toBe(
    false,
  )
  expect(isSameDocument({ setAt, weights }, { setAt: setAt + 1, weights })).toBe(false)
  expect(isSameDocument({ setAt, weights }, undefined)).toBe(false)
})

test('any shares of 18 decimals that sum to one fit as they are, and no others', () => {
  const cuts = fc.tuple(fc.bigInt({ min: 0n, max: RATIO_ONE }), fc.bigInt({ min: 0n, max: RATIO_ONE }))
  fc.assert(
    fc.property(cuts, fc.bigInt({ min: -2n, max: 2n }), ([a, b], off) => {
      const [low, high] = a < b ? [a, b] : [b, a]
      const shares = [low, high - low, RATIO_ONE - high + off]
      const weights = Object.fromEntries(shares.map((one, index) => [assets[index]!, formatDecimal(one, 18)]))
      const judged = judge({ weights })
      if (off === 0n) expect(judged).toEqual({ status: 'fits', weights: shares })
      else expect(judged).toMatchObject({ status: 'refused', code: 'source-weights' })
    }),
  )
})
