import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { stringify } from 'yaml'
import { escrowEvents } from './bridges/escrow-abi.js'
import { bridgeTerms } from './bridges/terms.js'
import { providerNames } from './rpc-faults.js'
import type { Hex, World, WorldRouter } from './world.js'

/** What may be chosen about the daemon's configuration; the rest follows from the world. */
export interface DaemonConfigOptions {
  mode?: 'live' | 'dry-run'
  /** `remote`: the nodes, which hold the treasury's key as well and sign for whoever asks. */
  signer?: 'development' | 'remote' | 'none'
  /** The address that the daemon listens on; its own default when absent. */
  host?: string
  adminPort?: number
  metricsPort?: number
  /** Cron with seconds. */
  schedule?: string
  /** How far an asset outside its band is brought back; the daemon's own default when absent. */
  reset?: 'target' | 'half' | 'edge'
  /** Who says who people are; a resume then takes two of them. Without it the shared token is everybody. */
  oidc?: { issuer: string; audience: string; consoleClientId?: string }
}

/** Longest time from a block to its finality here. */
const finalitySeconds = 12

/** Usual age of the last final block here, with room for a machine that is busy; three times as much is a stall. */
const usualFinalitySeconds = 30

/** Index of `treasury` among the well-known development keys. */
const treasuryIndex = 3

const classes: Record<string, 'stable' | 'major' | 'other'> = {
  ETH: 'major',
  BTC: 'major',
  LINK: 'other',
  USDC: 'stable',
  USDT: 'stable',
  DAI: 'stable',
}
const bounds: Record<string, [string, string]> = {
  ETH: ['300', '30000'],
  BTC: ['9000', '900000'],
  LINK: ['1.5', '150'],
  USDC: ['0.8', '1.2'],
  USDT: ['0.8', '1.2'],
  DAI: ['0.8', '1.2'],
}
/** What an asset's deep pools are against, where that is not the hub of the chain. */
const assetHubs: Record<string, string> = { BTC: 'ETH', LINK: 'ETH' }
/** The asset that the chains' native coins count as. */
export const nativeAsset = 'ETH'
/** Of the treasury's portfolio, by asset: decimal shares, of which the tighter band counts. */
export const targets: Record<string, { weight: string; band: { absolute: string; relative: string } }> = {
  ETH: { weight: '0.40', band: { absolute: '0.025', relative: '0.2' } },
  BTC: { weight: '0.25', band: { absolute: '0.025', relative: '0.2' } },
  LINK: { weight: '0.05', band: { absolute: '0.025', relative: '0.2' } },
  USDC: { weight: '0.20', band: { absolute: '0.025', relative: '0.2' } },
  USDT: { weight: '0.05', band: { absolute: '0.025', relative: '0.2' } },
  DAI: { weight: '0.05', band: { absolute: '0.025', relative: '0.2' } },
}

/** Play money trades more in an hour than a fund does in a year, and its market leaps when a scenario says so. */
const playLimits = {
  turnoverPerCycle: '2',
  turnoverPerHour: '100',
  turnoverPerDay: '1000',
  assetTurnoverPerDay: '1000',
  venueTurnoverPerDay: '1000',
  legShare: '1',
  lossPerDay: '0.5',
  gasPerLeg: '0.1',
  gasPerDay: '0.1',
  transactionsPerHour: 10000,
  cyclesPerDay: 10000,
  inFlightPerBridge: '1',
  inFlightOverall: '1',
  bridgePerDay: '1',
  failuresInRow: 1000,
  failuresPerHour: 1000,
  mayReverse: true,
  driftFall: '0',
  balanceMove: '1',
}
const playGuard = {
  maxMoveBps: { stable: 100000, major: 100000, other: 100000 },
  maxOffPegBps: 2000,
}

function signerOf({ chains }: World, kind: 'development' | 'remote' | 'none') {
  switch (kind) {
    case 'none':
      return { kind }
    case 'development':
      return { kind, index: treasuryIndex }
    case 'remote':
      return { kind, urls: Object.fromEntries(chains.map(({ key, rpcUrl }) => [key, rpcUrl])) }
  }
}

/** Writes a configuration with which the daemon keeps the treasury of this world on target. */
export async function writeDaemonConfig(world: World, file: string, options: DaemonConfigOptions = {}): Promise<void> {
  const treasury = world.accounts.find(({ alias }) => alias === 'treasury')
  if (!treasury) throw new Error('The world has no treasury account.')
  const assets = [...new Set(world.tokens.map(({ asset }) => asset))]
  const [home] = world.chains
  const routersOf = (chain: string, kind: WorldRouter['kind']): Hex[] =>
    world.routers.filter((router) => router.chain === chain && router.kind === kind).map(({ address }) => address)
  const allowed = (kind: 'lifi-diamond' | 'allowance-holder') =>
    Object.fromEntries(
      world.chains.map(({ key }) => {
        const addresses = routersOf(key, kind)
        return [key, { targets: addresses, spenders: addresses }]
      }),
    )
  const config = {
    environment: 'sandbox',
    startPaused: false,
    server: {
      ...(options.host !== undefined && { host: options.host }),
      adminPort: options.adminPort ?? 3000,
      metricsPort: options.metricsPort ?? 9464,
      // Whoever tells its story, tests it or measures it asks often.
      readsPerMinute: 60_000,
      // Whoever plays with breakers does not wait for them to cool down.
      approvals: { cooldownMinutes: 0, ...(options.oidc && { resume: 2 }) },
      ...(options.oidc && { auth: { oidc: options.oidc } }),
    },
    database: { directory: join(dirname(file), 'postgres') },
    lease: { ttlSeconds: 6, renewSeconds: 1, selfFenceSeconds: 4 },
    execution: { pollMs: 500, transferPollSeconds: 2, resendSeconds: 6, replaceSeconds: 6, reconcileSeconds: 10 },
    signer: signerOf(world, options.signer ?? 'development'),
    chains: Object.fromEntries(
      world.chains.map((chain) => [
        chain.key,
        {
          chainId: chain.chainId,
          rpc: chain.rpcUrls.map((url, index) => ({ name: providerNames[index], url })),
          native: { symbol: chain.nativeSymbol, asset: nativeAsset },
          multicall: chain.multicall,
          blockTimeSeconds: chain.blockTimeSeconds,
          finality: 'finalized',
          finalitySeconds: usualFinalitySeconds,
          priorityFeeGwei: chain.sequencerFeed ? '0.001' : '1',
          gasReserve: chain.sequencerFeed ? '10' : '20',
          hub: 'USDC',
          ...(chain.sequencerFeed && { sequencerFeed: { address: chain.sequencerFeed } }),
        },
      ]),
    ),
    assets: Object.fromEntries(
      assets.map((asset) => [
        asset,
        {
          class: classes[asset] ?? 'other',
          ...(assetHubs[asset] && { hub: assetHubs[asset] }),
          tokens: world.tokens
            .filter((token) => token.asset === asset)
            .map(({ chain, symbol, address, decimals }) => ({ chain, symbol, address, decimals })),
        },
      ]),
    ),
    prices: {
      feeds: Object.fromEntries(
        assets.map((asset) => {
          const feed = world.feeds.find((one) => one.asset === asset && one.chain === home?.key)
          if (!feed) throw new Error(`The world has no feed of ${asset} on ${home?.key}.`)
          return [
            asset,
            {
              chain: feed.chain,
              address: feed.address,
              decimals: feed.decimals,
              heartbeatSeconds: feed.heartbeatSeconds,
            },
          ]
        }),
      ),
      http: [{ name: 'reference', url: world.apis.prices.url }],
      guard: playGuard,
      bounds: Object.fromEntries(
        assets.map((asset) => [
          asset,
          { minimum: bounds[asset]?.[0] ?? '0.0001', maximum: bounds[asset]?.[1] ?? '1000000' },
        ]),
      ),
    },
    venues: {
      lifi: {
        kind: 'lifi',
        url: world.apis.lifi.url,
        integrator: 'evenkeel',
        bridges: [...new Set(world.bridges.map(({ key }) => key))],
        circuitSeconds: 3,
        allowed: allowed('lifi-diamond'),
      },
      zeroex: {
        kind: 'zeroex',
        transport: 'sdk',
        url: world.apis.zeroex.trpcUrl,
        apiKey: 'sandbox',
        requestsPerSecond: 50,
        circuitSeconds: 3,
        allowed: Object.fromEntries(
          Object.entries(allowed('allowance-holder')).map(([chain, contracts]) => [
            chain,
            { ...contracts, settlers: routersOf(chain, 'settler') },
          ]),
        ),
      },
    },
    bridges: Object.fromEntries(
      bridgeTerms.map(({ key, delaySeconds }) => [
        key,
        {
          tier: 'liquidity',
          events: {
            contracts: Object.fromEntries(
              world.bridges.filter((one) => one.key === key).map(({ chain, address }) => [chain, address]),
            ),
            ...escrowEvents,
          },
          expectedSeconds: delaySeconds + finalitySeconds,
          lostAfterSeconds: 600,
          quietSeconds: 10,
        },
      ]),
    ),
    portfolios: {
      treasury: {
        mode: options.mode ?? 'live',
        account: { alias: treasury.alias, address: treasury.address },
        schedule: options.schedule ?? '*/10 * * * * *',
        minimumTradeUsd: '20000',
        rebalancing: { cooldownSeconds: 20, ...(options.reset && { reset: options.reset }) },
        slippageBps: 30,
        maxLossBps: { stable: 10, major: 50, other: 120 },
        maxLegUsd: '5000000',
        limits: playLimits,
        targets,
      },
    },
  }
  await writeFile(
    file,
    `# Evenkeel on the sandbox world of seed ${world.seed}, scenario ${world.scenario}.\n${stringify(config)}`,
  )
}
