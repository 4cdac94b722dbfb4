import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import { stringify } from 'yaml'
import { addressOf } from '../../test/support/builders.js'
import { minimalConfig } from '../../test/support/minimal-config.js'
import { ConfigError, loadConfig } from './load.js'

const folder = mkdtempSync(join(tmpdir(), 'evenkeel-config-'))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0
const write = (text: string): string => {
  const path = join(folder, `${files++}.yaml`)
  writeFileSync(path, text)
  return path
}
type Document = ReturnType<typeof minimalConfig>
const load = (change: (config: Document) => void = () => undefined, environment: NodeJS.ProcessEnv = {}) => {
  const config = minimalConfig()
  change(config)
  return loadConfig(write(stringify(config)), environment)
}
function problemsOf(act: () => unknown): readonly string[] {
  try {
    act()
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  throw new Error('The configuration was accepted.')
}
const problems = (change: (config: Document) => void) => problemsOf(() => load(change))
const core = ({ portfolios }: Document) => portfolios['core']!
const alpha = ({ chains }: Document) => chains['alpha']!
/** A second chain, with dollars alone. */
const addBeta = (config: Document) => {
  config.chains['beta'] = { ...alpha(config), chainId: 9_710_002 }
  config.assets['USD']!.tokens.push({ chain: 'beta', symbol: 'USDC', address: addressOf(0xc2), decimals: 6 })
}
const addLink = ({ assets, prices }: Document) => {
  prices.feeds['LINK'] = { ...prices.feeds['ETH'], address: addressOf(0xfe3) }
  prices.bounds['LINK'] = { minimum: '1', maximum: '100' }
  const tokens = [{ chain: 'alpha', symbol: 'LINK', address: addressOf(0xa1), decimals: 18 }]
  return (assets['LINK'] = { class: 'other', tokens } as Document['assets'][string])
}

const twoEndpoints = ['http://127.0.0.1:8545', { name: 'birch', url: 'http://127.0.0.1:8546' }]

describe('loadConfig', () => {
  test('fills in the defaults: dry-run, ports on loopback, quorum of two', () => {
    const { file } = load((config) => {
      delete core(config)['mode']
      delete (config as Partial<Document>).lease
    })
    expect(file.portfolios['core']).toMatchObject({ mode: 'dry-run', maxQuoteAgeSeconds: 15, slippageBps: 30 })
    expect(file.server).toEqual({
      host: '127.0.0.1',
      adminPort: 3000,
      metricsPort: 9464,
      trustedProxies: 0,
      readsPerMinute: 600,
      auth: {},
      approvals: { resume: 1, plan: 0, planAboveUsd: '50000', cooldownMinutes: 10 },
    })
    expect(file.lease).toEqual({ ttlSeconds: 15, renewSeconds: 5, selfFenceSeconds: 10 })
    expect(file.chains['alpha']).toMatchObject({ finality: 'finalized', priorityFeeGwei: '0' })
    expect(file.venues['zeroex']).toMatchObject({ requestsPerSecond: 5 })
    expect(file.portfolios['core']).toMatchObject({
      rebalancing: { policy: 'impulse-band', cooldownSeconds: 300, aversion: 5 },
      targetSetting: { setter: 'fixed' },
      assumedCostBps: 30,
      maxLegs: 40,
      maxBridgeShare: '1',
      slicing: { maxImpactBps: 100, maxSlices: 6, recoveryHalfLifeSeconds: 60, riskAversion: '1' },
      replanMoveBps: 50,
      planning: { maxQuotes: 200, deadlineSeconds: 20, solverSeconds: 3 },
    })
    expect(file.portfolios['core']).not.toHaveProperty('chainShares')
    expect(file.assets['ETH']).not.toHaveProperty('hub')
  })

  test('a keystore lies beside the file that names it, and its folder changes no hash', () => {
    const keystore = { kind: 'keystore', file: 'keys/one.json', passwordFile: '/run/secrets/password' }
    const { file, hash } = load((config) => (config.signer = keystore))
    expect(file.signer).toEqual({ ...keystore, file: join(folder, 'keys/one.json') })
    const elsewhere = mkdtempSync(join(folder, 'elsewhere-'))
    const path = join(elsewhere, 'evenkeel.yaml')
    writeFileSync(path, stringify({ ...minimalConfig(), signer: keystore }))
    const other = loadConfig(path, {})
    expect(other.file.signer).toMatchObject({ file: join(elsewhere, 'keys/one.json') })
    expect(other.hash).toBe(hash)
  })

  test('a remote signer serves every chain, in private (D-26)', () => {
    const remote = (signer: object, chainId = 9_710_001) =>
      problems((config) => {
        config.signer = { kind: 'remote', ...signer }
        alpha(config)['chainId'] = chainId
      })
    const accepted = (signer: object) => load((config) => (config.signer = { kind: 'remote', ...signer })).file.signer
    expect(accepted({ url: 'http://signer.example' })).toMatchObject({ timeoutSeconds: 10, urls: {} })
    expect(accepted({ urls: { alpha: 'https://signer.example' } })).not.toHaveProperty('url')
    expect(remote({})).toEqual(['signer.url: expected a URL, or one under signer.urls for alpha'])
    expect(remote({ url: 'http://127.0.0.1:9000', urls: { beta: 'http://127.0.0.1:9000' } })).toEqual([
      'signer.urls.beta: expected one of the chains (alpha)',
    ])
    const open = 'expected https, or plain http to this machine only'
    expect(remote({ url: 'http://signer.example' }, 1)).toEqual([`signer.url: ${open}`])
    expect(remote({ urls: { alpha: 'http://127.0.0.1.example' } }, 1)).toEqual([`signer.urls.alpha: ${open}`])
    for (const url of ['http://127.0.0.1:9000', 'http://[::1]:9000', 'http://localhost:9000', 'https://signer.example'])
      expect(
        load((config) => {
          config.signer = { kind: 'remote', url }
          alpha(config)['chainId'] = 1
        }).file.signer,
      ).toMatchObject({ url })
  })

  test('LI.FI crosses in one call and is held back only where the file says so', () => {
    const lifi = (changes: object) =>
      load((config) => {
        const { url, allowed } = config.venues.zeroex
        Object.assign(config.venues, { lifi: { kind: 'lifi', url, integrator: 'test', allowed, ...changes } })
      }).file.venues['lifi']
    expect(lifi({})).toMatchObject({ serves: ['swap', 'bridge'] })
    expect(lifi({})).not.toHaveProperty('requestsPerSecond')
    const told = { serves: ['bridge', 'cross'], requestsPerSecond: 0.5 }
    expect(lifi(told)).toMatchObject(told)
  })

  test('is frozen throughout', () => {
    const { file } = load()
    expect(() => Object.assign(file.portfolios['core']!.targets['ETH']!, { weight: '1' })).toThrow(TypeError)
  })

  const CHECKSUM = 'expected a 20-byte address with a valid checksum'
  const mistakes: [string, (config: Document) => void, string][] = [
    [
      'a price service without an address',
      (c) => Object.assign(c.prices.http[0]!, { url: 'nowhere' }),
      'prices.http.0.url: Invalid URL',
    ],
    ['an endpoint without an address', (c) => (alpha(c)['rpc'] = ['nowhere']), 'chains.alpha.rpc.0: Invalid input'],
    [
      'an unknown key at the top',
      (c) => Object.assign(c, { colour: 'red' }),
      'colour: unknown key; remove it or check its spelling',
    ],
    [
      'an unknown key inside',
      (c) => Object.assign(alpha(c), { chainID: 1 }),
      'chains.alpha.chainID: unknown key; remove it or check its spelling',
    ],
    [
      'a bad checksum',
      (c) => Object.assign(alpha(c), { multicall: '0xCA11bde05977b3631167028862bE2a173976CA12' }),
      `chains.alpha.multicall: ${CHECKSUM}`,
    ],
    [
      'an address of 19 bytes',
      (c) => (c.assets['ETH']!.tokens[0]!['address'] = addressOf(1).slice(0, 40)),
      `assets.ETH.tokens.0.address: ${CHECKSUM}`,
    ],
    [
      'a number where decimal text stands',
      (c) => Object.assign(core(c)['targets'] as object, { ETH: { weight: 0.6, band: { absolute: '0.1' } } }),
      'portfolios.core.targets.ETH.weight: Invalid input: expected string, received number',
    ],
    [
      'an exponent',
      (c) => Object.assign(alpha(c), { gasReserve: '1e18' }),
      "chains.alpha.gasReserve: expected a decimal number in quotes, such as '0.25', with at most 18 decimals",
    ],
    [
      'a sign',
      (c) => Object.assign(core(c), { minimumTradeUsd: '-5' }),
      "portfolios.core.minimumTradeUsd: expected a decimal number in quotes, such as '0.25', with at most 18 decimals",
    ],
    [
      'more places than the coin has',
      (c) => Object.assign(alpha(c), { gasReserve: '0.123456789', native: { symbol: 'X', asset: 'ETH', decimals: 8 } }),
      'chains.alpha.gasReserve: expected at most 8 decimals, got 0.123456789',
    ],
    [
      'decimals that are no number',
      (c) => (c.assets['USD']!.tokens[0]!['decimals'] = 'six'),
      'assets.USD.tokens.0.decimals: Invalid input: expected number, received string',
    ],
    [
      'a bad cron text',
      (c) => Object.assign(core(c), { schedule: 'every minute' }),
      "portfolios.core.schedule: expected a cron expression with seconds, such as '0 */5 * * * *'",
    ],
    [
      'a target without a band',
      (c) => Object.assign(core(c)['targets'] as object, { ETH: { weight: '0.6', band: {} } }),
      'portfolios.core.targets.ETH.band: expected absolute, relative or both',
    ],
    [
      'weights that sum to less than one',
      (c) => Object.assign(core(c)['targets'] as object, { ETH: { weight: '0.5', band: { absolute: '0.1' } } }),
      'portfolios.core.targets: expected weights that sum to 1, got 0.9',
    ],
    [
      'a target on an asset that is not there',
      (c) => Object.assign(core(c)['targets'] as object, { DOGE: { weight: '0', band: { absolute: '0.1' } } }),
      'portfolios.core.targets.DOGE: expected one of the assets (ETH, USD)',
    ],
    [
      'a missing hub',
      (c) => Object.assign(alpha(c), { hub: 'DAI' }),
      'chains.alpha.hub: expected the symbol of a token on alpha (WETH, USDC), got DAI',
    ],
    [
      'a coin of an unknown asset',
      (c) => Object.assign(alpha(c), { native: { symbol: 'X', asset: 'BNB' } }),
      'chains.alpha.native.asset: expected one of the assets (ETH, USD), got BNB',
    ],
    [
      'two chains with one id',
      (c) => {
        c.chains['beta'] = { ...alpha(c) }
        c.assets['USD']!.tokens.push({ chain: 'beta', symbol: 'USDC', address: addressOf(0xc2), decimals: 6 })
      },
      'chains.beta.chainId: expected a chain id of its own, but 9710001 is also that of alpha',
    ],
    [
      'two endpoints of one name',
      (c) => Object.assign(alpha(c), { rpc: ['http://127.0.0.1:1/a', 'http://127.0.0.1:1/b'] }),
      'chains.alpha.rpc: expected endpoints with names of their own, got 127.0.0.1:1 twice',
    ],
    [
      'a quorum of more endpoints than there are',
      (c) => Object.assign(alpha(c), { quorum: 2 }),
      'chains.alpha.quorum: expected at most 1, the number of endpoints under rpc, got 2',
    ],
    [
      'a token on a chain that is not there',
      (c) => (c.assets['ETH']!.tokens[0]!['chain'] = 'gamma'),
      'assets.ETH.tokens.0.chain: expected one of the chains (alpha), got gamma',
    ],
    [
      'a token listed twice',
      (c) => (c.assets['USD']!.tokens[0]!['address'] = addressOf(0xe1)),
      `assets.USD.tokens.0.address: expected a token of its own, but ${addressOf(0xe1)} is also listed under assets.ETH`,
    ],
    [
      'the native coin among the tokens',
      (c) => (c.assets['ETH']!.tokens[0]!['address'] = addressOf(0)),
      'assets.ETH.tokens.0.address: expected a contract; the native coin is configured under chains',
    ],
    [
      'an asset without a feed',
      (c) => delete c.prices.feeds['USD'],
      'prices.feeds.USD: expected a feed: without one USD has no price',
    ],
    [
      'an asset without bounds',
      (c) => delete c.prices.bounds['USD'],
      'prices.bounds.USD: expected bounds: a price needs a minimum and a maximum',
    ],
    [
      'a feed of nothing',
      (c) => (c.prices.feeds['DOGE'] = c.prices.feeds['ETH']!),
      'prices.feeds.DOGE: expected one of the assets (ETH, USD)',
    ],
    [
      'more sources wanted than there are',
      (c) => (c.prices.quorum = 3),
      'prices.quorum: expected at most 2, the number of configured sources, got 3',
    ],
    [
      'an allow-list for a chain that is not there',
      (c) => (c.venues.zeroex.allowed['gamma'] = { targets: [], spenders: [] }),
      'venues.zeroex.allowed.gamma: expected one of the chains (alpha)',
    ],
    [
      'a bridge over a chain that is not there',
      (c) =>
        Object.assign(c, {
          bridges: { swift: { tier: 'liquidity', routes: [{ origin: 'alpha', destination: 'gamma', asset: 'USD' }] } },
        }),
      'bridges.swift.routes.0.destination: expected one of the chains (alpha), got gamma',
    ],
    [
      'a bridge that is lost before it is late',
      (c) =>
        Object.assign(c, { bridges: { swift: { tier: 'issuer', expectedSeconds: 900, lostAfterSeconds: 2_760 } } }),
      'bridges.swift.lostAfterSeconds: expected more than 2760 s, after which a transfer is late, got 2760',
    ],
    [
      'a hub that is not there',
      (c) => (c.assets['ETH']!.hub = 'DOGE'),
      'assets.ETH.hub: expected one of the assets (ETH, USD), got DOGE',
    ],
    [
      'an asset as its own hub',
      (c) => (c.assets['ETH']!.hub = 'ETH'),
      'assets.ETH.hub: expected another asset than itself',
    ],
    [
      'hubs in a loop',
      (c) => {
        c.assets['USD']!.hub = 'LINK'
        addLink(c).hub = 'ETH'
        c.assets['ETH']!.hub = 'USD'
      },
      'assets.ETH.hub: expected hubs that end at the hub of the chain, got the loop ETH, USD, LINK, ETH',
    ],
    [
      'a hub of what is the hub of the chain itself',
      (c) => (c.assets['USD']!.hub = 'ETH'),
      'assets.USD.hub: expected an asset that lies on a chain of USD whose hub is not USD itself, got ETH',
    ],
    [
      'a hub that lies nowhere beside its asset',
      (c) => {
        addBeta(c)
        addLink(c).hub = 'ETH'
        c.assets['LINK']!.tokens[0]!['chain'] = 'beta'
      },
      'assets.LINK.hub: expected an asset that lies on a chain of LINK whose hub is not LINK itself, got ETH',
    ],
    [
      'a reset that is no word for it',
      (c) => Object.assign(core(c), { rebalancing: { reset: 'band' } }),
      'portfolios.core.rebalancing.reset: Invalid option: expected one of "target"|"half"|"edge"|"inner"',
    ],
    [
      'a parameter that the policy does not have',
      (c) => Object.assign(core(c), { rebalancing: { policy: 'tracking-error', parameters: { band: '0.05' } } }),
      'portfolios.core.rebalancing: The tracking-error policy takes trackingError, innerTrackingError, got band. Correct the policy.',
    ],
    [
      'a parameter that is a number in quotes',
      (c) =>
        Object.assign(core(c), { rebalancing: { policy: 'tracking-error', parameters: { trackingError: '0.005' } } }),
      'portfolios.core.rebalancing: trackingError is a number without quotes, got "0.005". Correct the policy.',
    ],
    [
      'a parameter outside its range',
      (c) => Object.assign(core(c), { shadow: { policy: 'relative-threshold', parameters: { threshold: '1.5' } } }),
      'portfolios.core.shadow: threshold is above zero and at most one, got 1.5. Correct the policy.',
    ],
    [
      'a calendar policy without a calendar',
      (c) => Object.assign(core(c), { rebalancing: { policy: 'calendar' } }),
      'portfolios.core.rebalancing: The calendar policy needs due times, got none. Configure a calendar.',
    ],
    [
      'a time zone that does not exist',
      (c) =>
        Object.assign(core(c), {
          rebalancing: { policy: 'hybrid', calendar: { schedule: '0 0 9 * * 1', timeZone: 'Middle/Earth' } },
        }),
      "portfolios.core.rebalancing.calendar.timeZone: expected a time zone, such as 'Europe/Berlin' or 'UTC'",
    ],
    [
      'stress that leaves nothing to trade',
      (c) => Object.assign(core(c), { stress: { legShare: '0' } }),
      'portfolios.core.stress.legShare: expected a share that leaves a leg of minimumTradeUsd, got 0',
    ],
    [
      'a calendar that never comes due',
      (c) => Object.assign(core(c), { rebalancing: { policy: 'hybrid', calendar: { schedule: '0 0 9 30 2 *' } } }),
      'portfolios.core.rebalancing.calendar: expected a schedule that comes due',
    ],
    [
      'an override of an asset without a target',
      (c) => Object.assign(core(c), { rebalancing: { overrides: { LINK: { band: '0.01' } } } }),
      'portfolios.core.rebalancing.overrides.LINK: expected one of the targets (ETH, USD)',
    ],
    [
      'a parameter that the target setter does not have',
      (c) => Object.assign(core(c), { targetSetting: { setter: 'equal', parameters: { k: 1 } } }),
      'portfolios.core.targetSetting.parameters: Target setter equal has no parameter k; it takes: none.',
    ],
    [
      'fixed weights twice',
      (c) => Object.assign(core(c), { targetSetting: { parameters: { weights: { ETH: 1 } } } }),
      'portfolios.core.targetSetting.parameters: expected none: fixed weights are those under targets',
    ],
    ...(
      [
        ['assets', { FOO: { maximum: '0.3' } }, 'one of the targets (ETH, USD)'],
        ['issuers', { Circel: '0.3' }, 'the issuer of an asset (Circle)'],
        ['chains', { moon: '0.3' }, 'one of the chains (alpha)'],
      ] as const
    ).map(([kind, limits, expected]): [string, (c: Document) => unknown, string] => [
      `a limit of ${kind} that are not there`,
      (c) => {
        Object.assign(c.assets['USD']!, { issuer: 'Circle' })
        return Object.assign(core(c), { targetSetting: { limits: { [kind]: limits } } })
      },
      `portfolios.core.targetSetting.limits.${kind}.${Object.keys(limits)[0]}: expected ${expected}`,
    ]),
    [
      'a limit of an issuer where no asset has one',
      (c) => Object.assign(core(c), { targetSetting: { limits: { issuers: { constructor: '0.3' } } } }),
      'portfolios.core.targetSetting.limits.issuers.constructor: expected the issuer of an asset (none has one)',
    ],
    [
      'limits that leave no room',
      (c) => Object.assign(core(c), { targetSetting: { limits: { perAsset: '0.3' } } }),
      'portfolios.core.targetSetting.limits: Largest weights should be at least the whole together, got 60.0 %. Raise one.',
    ],
    [
      'a source of weights that nobody named',
      (c) => Object.assign(core(c), { targetSetting: { setter: 'source' } }),
      'portfolios.core.targetSetting.source: expected where the weights come from',
    ],
    [
      'a source that is not asked',
      (c) => Object.assign(core(c), { targetSetting: { source: { kind: 'file', location: 'weights.json' } } }),
      'portfolios.core.targetSetting.source: expected none, for the setter fixed does not ask it; or the setter source',
    ],
    [
      'a key that signs nothing',
      (c) =>
        Object.assign(core(c), {
          targetSetting: { setter: 'source', source: { kind: 'file', location: 'w.json', publicKey: 'none' } },
        }),
      'portfolios.core.targetSetting.source.publicKey: expected an Ed25519 public key as PEM',
    ],
    [
      'weights asked for in the clear',
      (c) =>
        Object.assign(core(c), {
          targetSetting: { setter: 'source', source: { kind: 'http', location: 'http://fund.example/weights' } },
        }),
      'portfolios.core.targetSetting.source.location: expected an address with https, or plain http to this machine only',
    ],
    ...['hunter2', 'LIFI_API_KEY', 'EVENKEEL_TARGETS_TOKEN_FILE', 'EVENKEEL_TARGETS_TOKEN_'].map(
      (name): [string, (config: Document) => void, string] => [
        `${name} as the variable with the token of a source`,
        (c) =>
          Object.assign(core(c), {
            targetSetting: {
              setter: 'source',
              source: { kind: 'http', location: 'https://a.example', tokenVariable: name },
            },
          }),
        'portfolios.core.targetSetting.source.tokenVariable: expected the name of a variable, EVENKEEL_TARGETS_TOKEN or EVENKEEL_TARGETS_TOKEN_… in capital letters, digits and _, not ending in _FILE; the token itself stands in the environment',
      ],
    ),
    [
      'a token for a file',
      (c) =>
        Object.assign(core(c), {
          targetSetting: {
            setter: 'source',
            source: { kind: 'file', location: 'w.json', tokenVariable: 'EVENKEEL_TARGETS_TOKEN_A' },
          },
        }),
      'portfolios.core.targetSetting.source.tokenVariable: expected none: a file is read without a token',
    ],
    ...['1.01', '-0.1', '0,5'].map((text): [string, (config: Document) => void, string] => [
      `${text} as a share`,
      (c) => Object.assign(core(c), { maxBridgeShare: text }),
      "portfolios.core.maxBridgeShare: expected a share from 0 to 1 in quotes, such as '0.25', with at most 18 decimals",
    ]),
    [
      'more over a bridge in a day than any bridge carries',
      (c) => Object.assign(core(c), { limits: { bridgePerDay: '1000' } }),
      "portfolios.core.limits.bridgePerDay: expected a share from 0 to 1 in quotes, such as '0.25', with at most 18 decimals",
    ],
    [
      'a share of a chain that is not there',
      (c) => Object.assign(core(c), { chainShares: { gamma: { minimum: '0.1' } } }),
      'portfolios.core.chainShares.gamma: expected one of the chains (alpha)',
    ],
    [
      'a share between bounds that are crossed',
      (c) => (addBeta(c), Object.assign(core(c), { chainShares: { alpha: { minimum: '0.5', maximum: '0.4' } } })),
      'portfolios.core.chainShares.alpha: expected a minimum not above the maximum, got 0.5 and 0.4',
    ],
    [
      'chains that want more than there is',
      (c) => (
        addBeta(c),
        Object.assign(core(c), { chainShares: { alpha: { minimum: '0.6' }, beta: { minimum: '0.5' } } })
      ),
      'portfolios.core.chainShares: expected minimums that sum to 1 at most, got 1.1',
    ],
    [
      'chains that may not hold everything',
      (c) => (
        addBeta(c),
        Object.assign(core(c), { chainShares: { alpha: { maximum: '0.6' }, beta: { maximum: '0.3' } } })
      ),
      'portfolios.core.chainShares: expected maximums that leave room for everything, got a sum of 0.9',
    ],
    [
      'an aversion below zero',
      (c) => Object.assign(core(c), { slicing: { riskAversion: '-1' } }),
      "portfolios.core.slicing.riskAversion: expected a decimal number in quotes, such as '0.25', with at most 18 decimals",
    ],
    [
      'a venue asked too fast',
      (c) => Object.assign(c.venues.zeroex, { requestsPerSecond: 101 }),
      'venues.zeroex.requestsPerSecond: Too big: expected number to be <=100',
    ],
    ['no portfolio', (c) => (c.portfolios = {}), 'portfolios: expected at least one'],
    [
      'live without a signer',
      (c) => (Object.assign(core(c), { mode: 'live' }), (c.signer = { kind: 'none' })),
      'portfolios.core.mode: expected dry-run: live needs a signer, and signer.kind is none',
    ],
    [
      'live with the development signer on a real chain',
      (c) => (Object.assign(core(c), { mode: 'live' }), Object.assign(alpha(c), { chainId: 1, rpc: twoEndpoints })),
      'portfolios.core.mode: expected dry-run: the development signer must not sign on alpha (chain id 1), which is no sandbox chain',
    ],
    [
      'live on a real chain with one endpoint (C-20)',
      (c) => (
        Object.assign(core(c), { mode: 'live' }),
        Object.assign(alpha(c), { chainId: 1 }),
        (c.signer = { kind: 'remote', url: 'https://signer.example:9000' })
      ),
      'chains.alpha.rpc: expected two endpoints or more and a quorum of at least 2 for a live portfolio, got 1 with a quorum of 1',
    ],
    [
      'live on a real chain where one endpoint decides alone (C-20)',
      (c) => (
        Object.assign(core(c), { mode: 'live' }),
        Object.assign(alpha(c), { chainId: 1, rpc: twoEndpoints, quorum: 1 }),
        (c.signer = { kind: 'remote', url: 'https://signer.example:9000' })
      ),
      'chains.alpha.rpc: expected two endpoints or more and a quorum of at least 2 for a live portfolio, got 2 with a quorum of 1',
    ],
    [
      'live on a real chain where one host is the quorum under two names (C-20)',
      (c) => {
        const rpc = ['one', 'two'].map((name) => ({ name, url: `https://rpc.example/${name}` }))
        Object.assign(core(c), { mode: 'live' })
        Object.assign(alpha(c), { chainId: 1, rpc })
        c.signer = { kind: 'remote', url: 'https://signer.example:9000' }
      },
      'chains.alpha.rpc: expected a quorum to need more than one host for a live portfolio, got 2 endpoints or more at rpc.example',
    ],
    [
      'a depth for finality where the chain has a tag (D-22)',
      (c) => Object.assign(alpha(c), { chainId: 1, finality: { depth: 1 } }),
      'chains.alpha.finality: expected finalized, which says when a block of chain id 1 is final, got a depth of 1',
    ],
    [
      'one price service under two names on a real chain (C-30)',
      (c) => {
        Object.assign(alpha(c), { chainId: 1 })
        c.prices.http.push({ name: 'other', url: c.prices.http[0]!.url })
      },
      'prices.http: expected services of their own, for one alone is never traded on, got two at 127.0.0.1:9000',
    ],
    [
      'two portfolios on one account',
      (c) => (c.portfolios['twin'] = core(c)),
      'portfolios.twin.account.address: expected an account of its own, but core has the same one',
    ],
    [
      'a lease that is renewed too late',
      (c) => (c.lease.renewSeconds = 12),
      'lease.renewSeconds: expected less than selfFenceSeconds (10), got 12',
    ],
  ]
  test.each(mistakes)('%s is one finding with its path', (_name, change, finding) => {
    expect(problems(change)).toEqual([finding])
  })

  test('all findings come at once, of form and of consistency alike', () => {
    const found = problems((config) => {
      Object.assign(config, { colour: 'red' })
      Object.assign(alpha(config), { hub: 'DAI', multicall: '0x12' })
      Object.assign(core(config), { schedule: 'never', mode: 'live' })
      Object.assign(core(config)['targets'] as object, { ETH: { weight: '0.7', band: { absolute: '0.1' } } })
      config.signer = { kind: 'none' }
    })
    expect(found.map((one) => one.slice(0, one.indexOf(':'))).toSorted()).toEqual(
      [
        'chains.alpha.hub',
        'chains.alpha.multicall',
        'colour',
        'portfolios.core.mode',
        'portfolios.core.schedule',
        'portfolios.core.targets',
      ].toSorted(),
    )
  })

  test('the message names the file and has a line for every finding', () => {
    try {
      load((config) => Object.assign(config, { colour: 'red', shape: 'round' }))
      throw new Error('The configuration was accepted.')
    } catch (error) {
      expect((error as Error).message.split('\n')).toEqual([
        expect.stringMatching(/\.yaml cannot be used:$/),
        '  colour: unknown key; remove it or check its spelling',
        '  shape: unknown key; remove it or check its spelling',
      ])
    }
  })

  test('a file that is not there, not YAML, or empty is said to be so', () => {
    expect(problemsOf(() => loadConfig(join(folder, 'none.yaml'), {}))).toEqual([
      'the file cannot be read (ENOENT); name a YAML file with --config',
    ])
    expect(problemsOf(() => loadConfig(write('a: [1, 2'), {})).length).toBeGreaterThan(0)
    expect(problemsOf(() => loadConfig(write(''), {}))).toEqual([
      '(top level): Invalid input: expected object, received null',
    ])
  })

  test('a key named twice is an error, not the last one', () => {
    expect(problemsOf(() => loadConfig(write(`${stringify(minimalConfig())}\nchains: {}\n`), {}))[0]).toContain(
      'unique',
    )
  })
})

describe('who may ask', () => {
  const PROVIDER = { issuer: 'https://identity.example/realm', audience: 'evenkeel' }
  const serving =
    (server: object) =>
    (config: Document): void =>
      void Object.assign(config, { server })
  const withOidc = (changes: object = {}, approvals: object = {}) =>
    serving({ auth: { oidc: { ...PROVIDER, ...changes } }, approvals })
  const pathsOf = (change: (config: Document) => void) => problems(change).map((one) => one.slice(0, one.indexOf(': ')))

  test('access tokens of RFC 9068 with their scopes in scope, signed with a key pair, by default', () => {
    expect(load(withOidc()).file.server.auth.oidc).toEqual({
      ...PROVIDER,
      scopesClaim: 'scope',
      algorithms: ['RS256', 'ES256', 'EdDSA'],
      tokenType: 'at+jwt',
    })
  })

  test.each([
    ['no signature', { algorithms: ['none'] }, 'algorithms.0'],
    ['a shared secret', { algorithms: ['ES256', 'HS256'] }, 'algorithms.1'],
    ['no algorithm', { algorithms: [] }, 'algorithms'],
    ['another type', { tokenType: 'any' }, 'tokenType'],
    ['no audience', { audience: '' }, 'audience'],
    ['no address', { issuer: 'identity' }, 'issuer'],
    ['an issuer that others can speak for', { issuer: 'http://identity.example' }, 'issuer'],
    ['keys that others can change', { jwksUrl: 'http://identity.example/jwks' }, 'jwksUrl'],
    ['a console of no name', { consoleClientId: '' }, 'consoleClientId'],
    ['two scopes as one', { consoleScopes: ['pause status:read'] }, 'consoleScopes.0'],
    ['an issuer with a query', { issuer: `${PROVIDER.issuer}?realm=1` }, 'issuer'],
  ])('A-03: %s is not accepted', (_, changes, path) => {
    expect(pathsOf(withOidc(changes))).toEqual([`server.auth.oidc.${path}`])
  })

  test('a provider on this machine needs no https', () => {
    const here = { issuer: 'http://127.0.0.1:9000', jwksUrl: 'http://[::1]:9000/jwks' }
    expect(load(withOidc(here)).file.server.auth.oidc).toMatchObject(here)
  })

  test('A-07: two people are needed only where people are told apart', () => {
    expect(load(serving({ approvals: { plan: 1 } })).file.server.approvals).toMatchObject({ resume: 1, plan: 1 })
    expect(load(withOidc({}, { resume: 2, plan: 2 })).file.server.approvals).toMatchObject({ resume: 2, plan: 2 })
    expect(problems(serving({ approvals: { resume: 2, plan: 2 } }))).toEqual(
      ['resume', 'plan'].map(
        (name) =>
          `server.approvals.${name}: expected 1 at most: people are told apart by server.auth.oidc, and there is none`,
      ),
    )
    for (const [name, value] of Object.entries({ resume: 0, plan: 3, planAboveUsd: 50_000 }))
      expect(pathsOf(withOidc({}, { [name]: value }))).toEqual([`server.approvals.${name}`])
  })

  test('a big plan takes two people who are told apart, and is no smaller than one that takes anybody', () => {
    const big = { planAboveUsd: '50000', bigPlanUsd: '50000' }
    expect(load(withOidc({}, big)).file.server.approvals).toMatchObject({ plan: 0, ...big })
    expect(problems(withOidc({}, { ...big, bigPlanUsd: '49999.99' }))).toEqual([
      'server.approvals.bigPlanUsd: expected at least server.approvals.planAboveUsd, 50000, got 49999.99',
    ])
    expect(problems(serving({ approvals: big }))).toEqual([
      'server.approvals.bigPlanUsd: expected none: people are told apart by server.auth.oidc, and there is none',
    ])
    expect(pathsOf(withOidc({}, { bigPlanUsd: 250_000 }))).toEqual(['server.approvals.bigPlanUsd'])
  })

  test('the shared token has no place beside a provider', () => {
    expect(problemsOf(() => load(withOidc(), { EVENKEEL_ADMIN_TOKEN: 'token' }))).toEqual([
      expect.stringMatching(/^EVENKEEL_ADMIN_TOKEN: expected none beside server\.auth\.oidc/),
    ])
    expect(load(withOidc(), { EVENKEEL_ADMIN_TOKEN: '' }).secrets.adminToken).toBeUndefined()
    expect(load(() => undefined, { EVENKEEL_ADMIN_TOKEN: 'token' }).secrets.adminToken).toBe('token')
  })
})

describe('secrets', () => {
  test('the revision of the build is what the environment tells, and never empty', () => {
    const revisionOf = (environment: Record<string, string>) => load(() => undefined, environment).revision
    expect(revisionOf({ EVENKEEL_REVISION: '0123abcd' })).toBe('0123abcd')
    expect([{}, { EVENKEEL_REVISION: '' }, { EVENKEEL_REVISION: ' ' }].map(revisionOf)).toEqual(
      Array.from({ length: 3 }, () => 'unknown'),
    )
  })

  test('come from the environment, and an empty one is none', () => {
    const { secrets } = load(() => undefined, { DATABASE_URL: 'postgres://there', EVENKEEL_ADMIN_TOKEN: '' })
    expect(secrets).toEqual({
      databaseUrl: 'postgres://there',
      adminToken: undefined,
      lifiApiKey: undefined,
      zeroexApiKey: undefined,
      rpcUrls: {},
      targetsTokens: {},
      notificationSecrets: {},
    })
  })

  test('come from the file that NAME_FILE names, without the line end, and before the variable itself', () => {
    const { secrets } = load(() => undefined, { ZEROX_API_KEY_FILE: write('key-in-a-file\n'), ZEROX_API_KEY: 'other' })
    expect(secrets.zeroexApiKey).toBe('key-in-a-file')
  })

  test('a file that cannot be read is an error, not no secret', () => {
    const environment = { EVENKEEL_ADMIN_TOKEN_FILE: join(folder, 'nothing') }
    expect(problemsOf(() => load(() => undefined, environment))).toEqual([
      `EVENKEEL_ADMIN_TOKEN_FILE: expected a readable file, got ${join(folder, 'nothing')}`,
    ])
  })

  describe('of a source of weights', () => {
    /** A portfolio for each source, `core` first. */
    const sources = (...given: object[]) => {
      return (config: Document) => {
        given.forEach((source, index) => {
          const account = { alias: `account-${index}`, address: addressOf(0xa0 + index) }
          const targetSetting = { setter: 'source', source: { kind: 'http', ...source } }
          config.portfolios[index === 0 ? 'core' : `other-${index}`] = { ...core(config), account, targetSetting }
        })
      }
    }
    const [a, b] = [{ location: 'https://a.example/core' }, { location: 'https://b.example/core' }]
    const ofB = { ...b, tokenVariable: 'EVENKEEL_TARGETS_TOKEN_B' }
    const shared = (variable: string, hosts: string, second = 'other-1') =>
      `portfolios.${second}.targetSetting.source.tokenVariable: expected a variable of its own, for the token in ${variable} is sent to one host alone, got sources at ${hosts}; name EVENKEEL_TARGETS_TOKEN_… with the token meant for each`

    test('is the one its variable holds, and reaches no other source', () => {
      const environment = { EVENKEEL_TARGETS_TOKEN: 'for-a', EVENKEEL_TARGETS_TOKEN_B_FILE: write('for-b\n') }
      const sameHost = { ...a, location: 'https://a.example/other' }
      const { secrets } = load(sources(a, ofB, sameHost, { kind: 'file', location: 'w.json' }), environment)
      expect(secrets.targetsTokens).toEqual({ core: 'for-a', 'other-1': 'for-b', 'other-2': 'for-a' })
      expect(load(sources(a, ofB), { EVENKEEL_TARGETS_TOKEN_B: 'for-b' }).secrets.targetsTokens).toEqual({
        'other-1': 'for-b',
      })
    })

    test.each([
      ['another host', b, 'https://a.example and https://b.example'],
      ['another port', { location: 'https://a.example:8443/' }, 'https://a.example and https://a.example:8443'],
    ])('is refused where it would reach %s, too', (_name, other, hosts) => {
      for (const environment of [
        { EVENKEEL_TARGETS_TOKEN: 'hunter2' },
        { EVENKEEL_TARGETS_TOKEN_FILE: write('hunter2') },
      ])
        expect(problemsOf(() => load(sources(a, other), environment))).toEqual([
          shared('EVENKEEL_TARGETS_TOKEN', hosts),
        ])
    })

    test('is refused in one finding, however many sources share its variable', () => {
      const also = { location: 'https://c.example', tokenVariable: 'EVENKEEL_TARGETS_TOKEN_B' }
      expect(problemsOf(() => load(sources(a, ofB, also, ofB, also), { EVENKEEL_TARGETS_TOKEN_B: 'hunter2' }))).toEqual(
        [shared('EVENKEEL_TARGETS_TOKEN_B', 'https://b.example and https://c.example', 'other-2')],
      )
    })

    test('may have a shared variable as long as that is not set', () => {
      expect(load(sources(a, b), { EVENKEEL_TARGETS_TOKEN: '' }).secrets.targetsTokens).toEqual({})
    })
  })
})

describe('the hash', () => {
  test('is the same for the same configuration, whatever the secrets, the comments and the spelled-out defaults', () => {
    const { hash } = load()
    expect(hash).toMatch(/^[0-9a-f]{12}$/)
    expect(load(() => undefined, { DATABASE_URL: 'postgres://secret' }).hash).toBe(hash)
    expect(load((config) => Object.assign(core(config), { slippageBps: 30 })).hash).toBe(hash)
    expect(loadConfig(write(`# A comment.\n${stringify(minimalConfig())}`), {}).hash).toBe(hash)
  })

  test('changes with any value', () => {
    expect(load((config) => Object.assign(core(config), { slippageBps: 31 })).hash).not.toBe(load().hash)
  })
})

describe('the examples', () => {
  const examples = readdirSync('config').filter((name) => name.endsWith('.yaml'))

  test('are at least two', () => {
    expect(examples.length).toBeGreaterThanOrEqual(2)
  })

  test.each(examples)('%s is valid', (name) => {
    const { file, hash } = loadConfig(join('config', name), {})
    expect(hash).toMatch(/^[0-9a-f]{12}$/)
    const ids = Object.values(file.chains).map(({ chainId }) => chainId)
    const isSandbox = ids.every((id) => id >= 9_710_000)
    for (const portfolio of Object.values(file.portfolios)) if (!isSandbox) expect(portfolio.mode).toBe('dry-run')
  })
})
