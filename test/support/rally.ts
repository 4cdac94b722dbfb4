import { readFile } from 'node:fs/promises'
import { formatUnits, isAddressEqual, zeroAddress } from 'viem'
import { parse } from 'yaml'
import { widestGap } from '../../sandbox/arbitrage.js'
import type { CheckedWorld } from '../checker/account-call.js'
import { holdingsAt } from '../checker/chain-reader.js'
import type { Baseline } from '../checker/chain-record.js'
import { outsideBand, type Target, weigh } from '../checker/weights.js'
import type { TestDatabase } from './database.js'
import type { DaemonProcess } from './daemon-process.js'
import type { EditableConfig, SandboxWorld } from './sandbox-world.js'
import { until } from './until.js'

/** Plays the scenario to its end and holds the prices there, so that what is judged later stands still. */
export async function playScenario(world: SandboxWorld): Promise<void> {
  const start = world.prices.usd('ETH')
  world.control.startScenario()
  await until('the rally to end', 30_000, () => (world.prices.usd('ETH') > start * 1.175 ? true : undefined))
  world.control.setPathRunning(false)
}

/** Holds the prices where they are and waits until no pool is far enough from them to be traded with. */
export async function standStill(world: SandboxWorld): Promise<void> {
  world.control.setPathRunning(false)
  await until('the pools to come to rest', 30_000, async () =>
    (await widestGap(world.chains, world.pools, world.prices)) <= 0 ? true : undefined,
  )
}

/** Weights and bands of a configuration's only portfolio: of the two bands the tighter one. */
export async function targetsOf(configFile: string): Promise<Record<string, Target>> {
  const config = parse(await readFile(configFile, 'utf8')) as EditableConfig
  const [portfolio] = Object.values(config.portfolios)
  return Object.fromEntries(
    Object.entries(portfolio!.targets).map(([asset, { weight, band }]) => {
      const { absolute = '1', relative = '1' } = band
      return [asset, { weight: Number(weight), band: Math.min(Number(absolute), Number(relative) * Number(weight)) }]
    }),
  )
}

export interface CycleSummary {
  readonly id: string
  readonly outcome: string | null
  readonly legs: number
}

interface AmountDetail {
  readonly chain: string
  readonly symbol: string
  /** Whole tokens, as decimal text. */
  readonly amount: string
}

export interface PlanDetail {
  readonly cost: { readonly totalUsd: string }
  readonly legs: readonly {
    readonly id: string
    readonly kind: string
    readonly venue: string
    readonly sell: AmountDetail
    readonly expectedOut: AmountDetail
    readonly alternatives: readonly { readonly venue: string; readonly refusal: string | null }[]
  }[]
  readonly alternatives: readonly { readonly name: string; readonly costUsd: string | null }[]
  readonly separatePools: readonly {
    readonly group: string
    readonly venues: readonly string[]
    readonly proof: string
    readonly detail: string
  }[]
}

export interface CycleDetail extends Omit<CycleSummary, 'legs'> {
  readonly decision: { readonly act: boolean; readonly code: string; readonly reasons: readonly string[] }
  /** USD per whole unit at the decision, as decimal text. */
  readonly prices: Readonly<Record<string, string>>
  readonly plan: PlanDetail | null
  readonly legs: readonly {
    readonly id: string
    readonly state: string
    readonly venue: string
    readonly failure: unknown
  }[]
  readonly intents: readonly {
    readonly id: string
    readonly legId: string
    readonly kind: string
    readonly state: string
    readonly reservedAt: string
    readonly attempts: readonly { readonly signedAt: string }[]
  }[]
  readonly transfers: readonly { readonly id: string; readonly state: string }[]
}

export async function cyclesOf(daemon: DaemonProcess): Promise<CycleSummary[]> {
  const { body } = await daemon.get('/v1/cycles?limit=200')
  return (body as { cycles: CycleSummary[] }).cycles
}

export async function cycleOf(daemon: DaemonProcess, id: string): Promise<CycleDetail> {
  return (await daemon.get(`/v1/cycles/${id}`)).body as CycleDetail
}

/** The cycle that trades, as soon as it is written down. */
export function tradingCycle(daemon: DaemonProcess, withinMs = 60_000): Promise<CycleSummary> {
  return until(
    'a cycle with legs',
    withinMs,
    async () => (await cyclesOf(daemon)).find(({ legs }) => legs > 0),
    () => lastWords(daemon),
  )
}

/** Waits until no cycle is open and the chains show every asset inside its band. */
export async function untilOnTarget(
  world: SandboxWorld,
  daemon: DaemonProcess,
  targets: Readonly<Record<string, Target>>,
  withinMs: number,
): Promise<void> {
  const { prices } = await world.control.state()
  let outside: string[] = []
  await until(
    'every asset to be in its band with no cycle open',
    withinMs,
    async () => {
      if ((await cyclesOf(daemon)).some(({ outcome }) => outcome === null)) return undefined
      outside = outsideBand(await weigh(world.world, world.treasury, prices), targets)
      return outside.length === 0 ? true : undefined
    },
    () => `${outside.join('; ')}\n${lastWords(daemon)}`,
  )
}

/** What the account has lost in value since the baseline, gas included: from its balances, at these prices per whole unit. */
export async function spentUsd(
  world: CheckedWorld,
  { account, chains }: Baseline,
  pricesUsd: Readonly<Record<string, number>>,
): Promise<number> {
  let spent = 0
  for (const { chain, holdings } of chains)
    for (const [address, units] of await holdingsAt(world, chain, account)) {
      const token = world.tokens.find((one) => one.chain === chain && isAddressEqual(one.address, address))
      const { asset, decimals } = address === zeroAddress ? { asset: 'ETH', decimals: 18 } : token!
      const change = (holdings.get(address) ?? 0n) - units
      const price = pricesUsd[asset]
      if (price === undefined && change !== 0n) throw new Error(`${asset} on ${chain} changed and has no price.`)
      spent += Number(formatUnits(change, decimals)) * (price ?? 0)
    }
  return spent
}

/** Every wallet balance of the ledger beside what the chain has; the two must be equal to the base unit. */
export async function ledgerBesideChains(world: SandboxWorld, { database }: TestDatabase) {
  const rows = await database
    .selectFrom('postings')
    .select(({ fn }) => ['chain', 'token', fn.sum<string>('units').as('units')])
    .where('account', '=', 'wallet')
    .where('owner', '=', world.treasury.toLowerCase() as `0x${string}`)
    .groupBy(['chain', 'token'])
    .execute()
  const ledger: Record<string, string> = {}
  for (const { chain, token, units } of rows) ledger[`${chain} ${token}`] = BigInt(units).toString()
  const chains: Record<string, string> = {}
  for (const { key } of world.world.chains)
    for (const [token, units] of await holdingsAt(world.world, key, world.treasury))
      if (units > 0n || `${key} ${token}` in ledger) chains[`${key} ${token}`] = units.toString()
  return { ledger, chains }
}

export function lastWords({ logs }: DaemonProcess): string {
  return logs
    .slice(-25)
    .map(({ level, msg }) => `${level} ${msg}`)
    .join('\n')
}
