import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { stringify } from 'yaml'
import type { Hex, World } from './world.js'

/** What may be chosen about the daemon's configuration; the rest follows from the world. */
export interface DaemonConfigOptions {
  mode?: 'live' | 'dry-run'
  adminPort?: number
  metricsPort?: number
  /** Cron with seconds. */
  schedule?: string
  /** How far an asset outside its band is brought back; the daemon's own default when absent. */
  reset?: 'target' | 'half' | 'edge'
}

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

/** Writes a configuration with which the daemon keeps the treasury of this world on target. */
export async function writeDaemonConfig(world: World, file: string, options: DaemonConfigOptions = {}): Promise<void> {
  const treasury = world.accounts.find(({ alias }) => alias === 'treasury')
  if (!treasury) throw new Error('The world has no treasury account.')
  const assets = [...new Set(world.tokens.map(({ asset }) => asset))]
  const [home] = world.chains
  const allowed = (kind: 'lifi-diamond' | 'allowance-holder') =>
    Object.fromEntries(
      world.chains.map(({ key }) => {
        const addresses: Hex[] = world.routers
          .filter((router) => router.chain === key && router.kind === kind)
          .map(({ address }) => address)
        return [key, { targets: addresses, spenders: addresses }]
      }),
    )
  const config = {
    environment: 'sandbox',
    server: { adminPort: options.adminPort ?? 3000, metricsPort: options.metricsPort ?? 9464 },
    database: { directory: join(dirname(file), 'postgres') },
    lease: { ttlSeconds: 6, renewSeconds: 1, selfFenceSeconds: 4 },
    execution: { pollMs: 500, transferPollSeconds: 2, resendSeconds: 6 },
    signer: { kind: 'development', index: treasuryIndex },
    chains: Object.fromEntries(
      world.chains.map((chain) => [
        chain.key,
        {
          chainId: chain.chainId,
          rpc: [chain.rpcUrl],
          native: { symbol: chain.nativeSymbol, asset: nativeAsset },
          multicall: chain.multicall,
          blockTimeSeconds: chain.blockTimeSeconds,
          finality: 'finalized',
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
        allowed: allowed('lifi-diamond'),
      },
      zeroex: {
        kind: 'zeroex',
        transport: 'sdk',
        url: world.apis.zeroex.trpcUrl,
        apiKey: 'sandbox',
        requestsPerSecond: 50,
        allowed: allowed('allowance-holder'),
      },
    },
    portfolios: {
      treasury: {
        mode: options.mode ?? 'live',
        account: { alias: treasury.alias, address: treasury.address },
        schedule: options.schedule ?? '*/10 * * * * *',
        ...(options.reset && { reset: options.reset }),
        minimumTradeUsd: '20000',
        cooldownSeconds: 20,
        slippageBps: 30,
        maxLossBps: { stable: 10, major: 50, other: 120 },
        maxLegUsd: '5000000',
        targets,
      },
    },
  }
  await writeFile(
    file,
    `# Evenkeel on the sandbox world of seed ${world.seed}, scenario ${world.scenario}.\n${stringify(config)}`,
  )
}
