import { describe, expect, test } from '@jest/globals'
import { hashOf } from '../../../test/support/builders.js'
import { ALPHA, aPortfolio, BETA } from '../../../test/support/fake-world.js'
import { aTargetSetting } from '../../../test/support/target-setting.js'
import type { ChainKey, Token } from '../assets.js'
import type { ChainReading, Snapshot } from '../portfolio/snapshot.js'
import { amountOf } from '../units/amount.js'
import { targetAssets } from './target-assets.js'

const portfolio = aPortfolio({ targetSetting: aTargetSetting({ issuers: { USD: 'Circle' } }) })
const known = (chain: ChainKey, holdings: readonly (readonly [Token, bigint])[]): ChainReading => ({
  chain,
  status: 'known',
  block: { number: 1n, hash: hashOf(1), timestamp: 1 },
  baseFee: 0n,
  holdings: holdings.map(([token, units]) => amountOf(token, units)),
  problems: [],
})
const aSnapshot = (changes: Partial<Snapshot> = {}): Snapshot => ({
  portfolio: 'core',
  takenAt: 0,
  chains: [
    known('alpha', [[ALPHA.weth, 10n ** 18n], [ALPHA.eth, 2n * 10n ** 18n], [ALPHA.usdc, 0n]]), // prettier-ignore
    known('beta', [[BETA.eth, 10n ** 18n], [BETA.usdc, 0n], [BETA.wbtc, 5n]]), // prettier-ignore
  ],
  inTransit: [],
  prices: [],
  ...changes,
})
const chainsOf = (snapshot: Snapshot | undefined, key: string) =>
  targetAssets(portfolio, snapshot).find((asset) => asset.key === key)?.chains

test('are those with a target, in its order, with class and issuer', () => {
  expect(targetAssets(portfolio, undefined)).toEqual([
    { key: 'ETH', class: 'major', issuer: undefined, chains: { alpha: 0.5, beta: 0.5 } },
    { key: 'USD', class: 'stable', issuer: 'Circle', chains: { alpha: 0.5, beta: 0.5 } },
    { key: 'BTC', class: 'major', issuer: undefined, chains: { beta: 1 } },
  ])
  const [, usd] = portfolio.policy.targets
  const { policy } = portfolio
  expect(targetAssets({ ...portfolio, policy: { ...policy, targets: [usd!] } }, undefined)).toMatchObject([
    { key: 'USD' },
  ])
})

describe('where an asset lies', () => {
  test('is told by what is held, whichever of its tokens', () => {
    expect(chainsOf(aSnapshot(), 'ETH')).toEqual({ alpha: 0.75, beta: 0.25 })
    expect(chainsOf(aSnapshot(), 'BTC')).toEqual({ beta: 1 })
  })

  test('counts what is in transit where it is going', () => {
    const amount = amountOf(BETA.eth, 4n * 10n ** 18n)
    const inTransit = [{ transferId: 't', origin: 'alpha', amount, isLate: false }]
    expect(chainsOf(aSnapshot({ inTransit }), 'ETH')).toEqual({ alpha: 0.375, beta: 0.625 })
  })

  test('is everywhere alike where nothing is held, or a chain or a token did not answer', () => {
    expect(chainsOf(aSnapshot(), 'USD')).toEqual({ alpha: 0.5, beta: 0.5 })
    const [alpha, beta] = aSnapshot().chains as [ChainReading, ChainReading]
    const silent: ChainReading = { chain: 'beta', status: 'unknown', reason: 'timeout' }
    expect(chainsOf(aSnapshot({ chains: [alpha, silent] }), 'ETH')).toEqual({ alpha: 0.5, beta: 0.5 })
    expect(chainsOf(aSnapshot({ chains: [alpha] }), 'ETH')).toEqual({ alpha: 0.5, beta: 0.5 })
    const odd = { ...beta, problems: [{ token: BETA.eth, reason: 'odd' }] } as ChainReading
    expect(chainsOf(aSnapshot({ chains: [alpha, odd] }), 'ETH')).toEqual({ alpha: 0.5, beta: 0.5 })
  })

  test('is compared across tokens of different decimals, in shares that are at most the whole together', () => {
    const chains = [
      known('alpha', [[ALPHA.usdc, 1_000_000n]]),
      known('beta', [[{ ...BETA.usdc, decimals: 18 }, 2n * 10n ** 18n]]),
    ]
    const shares = chainsOf(aSnapshot({ chains }), 'USD')!
    expect(shares).toEqual({ alpha: 0.333333333333, beta: 0.666666666666 })
  })
})
