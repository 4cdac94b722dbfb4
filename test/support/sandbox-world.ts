import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { type DaemonConfigOptions, writeDaemonConfig } from '../../sandbox/daemon-config.js'
import type { PoolLayout } from '../../sandbox/pools.js'
import type { ScenarioName } from '../../sandbox/scenarios.js'
import { type RunningWorld, startWorld } from '../../sandbox/start-world.js'
import type { World } from '../../sandbox/world.js'
import type { ConfigFile } from '../../src/config/schema.js'

type Writable<T> = T extends object ? { -readonly [Key in keyof T]: Writable<T[Key]> } : T

/** The sandbox's configuration as an edit may change it. */
export type EditableConfig = Writable<ConfigFile>

export interface SandboxWorld extends RunningWorld {
  readonly dir: string
  readonly treasury: `0x${string}`
  /** `world.json`, as any other tool reads it. */
  describe(): Promise<World>
  /** Writes the sandbox's configuration of the daemon, changed by `edit`, into a file of its own. */
  config(edit?: (config: EditableConfig) => void, options?: DaemonConfigOptions): Promise<string>
}

/** Makes a configuration one of a daemon that knows a single chain of the world, and only the assets that lie there. */
export function keepOnly(config: EditableConfig, world: World, chain: string): void {
  const onlyOf = <T>(record: Record<string, T>, keys: readonly string[]) =>
    Object.fromEntries(Object.entries(record).filter(([key]) => keys.includes(key)))
  const feeds = world.feeds.filter((feed) => feed.chain === chain)
  const assets = feeds.map(({ asset }) => asset)
  config.chains = onlyOf(config.chains, [chain])
  config.assets = onlyOf(config.assets, assets)
  for (const asset of Object.values(config.assets)) asset.tokens = asset.tokens.filter((token) => token.chain === chain)
  config.prices.feeds = Object.fromEntries(feeds.map(({ asset, ...feed }) => [asset, feed]))
  config.prices.bounds = onlyOf(config.prices.bounds, assets)
  for (const venue of Object.values(config.venues)) venue.allowed = onlyOf(venue.allowed, [chain])
  config.bridges = {}
}

/** A whole world on free ports, in a folder of its own that goes with it. */
export async function startSandboxWorld(
  scenario: ScenarioName,
  { seed = 1, pools = 'default' }: { seed?: number; pools?: PoolLayout } = {},
): Promise<SandboxWorld> {
  const dir = await mkdtemp(join(tmpdir(), 'evenkeel-e2e-'))
  const running = await startWorld({ seed, scenario, pools, portBase: 0, dir }).catch(async (error: unknown) => {
    await rm(dir, { recursive: true, force: true })
    throw error
  })
  const treasury = running.world.accounts.find(({ alias }) => alias === 'treasury')!.address
  let files = 0
  return {
    ...running,
    dir,
    treasury,
    describe: async () => JSON.parse(await readFile(join(dir, 'world.json'), 'utf8')) as World,
    async config(edit = () => undefined, options = {}) {
      const file = join(dir, `evenkeel-${++files}.yaml`)
      await writeDaemonConfig(running.world, file, { adminPort: 0, metricsPort: 0, ...options })
      const config = parse(await readFile(file, 'utf8')) as EditableConfig
      edit(config)
      await writeFile(file, stringify(config))
      return file
    },
    async stop() {
      await running.stop()
      await rm(dir, { recursive: true, force: true })
    },
  }
}
