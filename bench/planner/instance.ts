import { readFile } from 'node:fs/promises'
import { z } from 'zod'

export const FORMAT = 'evenkeel-planner-instance/1'

const word = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'expected letters, digits, dots, dashes')
const positive = z.number().positive()
const notNegative = z.number().nonnegative()
const share = z.number().min(0).max(1)
const basisPoints = z.number().min(0).lt(10_000)

/** See docs/planner-instance.md, which says what each field means to a judge with code of their own. */
const schema = z.strictObject({
  format: z.literal(FORMAT),
  name: z.string().optional(),
  venues: z.array(word).min(1),
  assets: z
    .array(
      z.strictObject({
        key: word,
        class: z.enum(['stable', 'major', 'other']),
        priceUsd: positive,
        decimals: z.int().min(0).max(18),
        hub: word.optional(),
      }),
    )
    .min(2),
  chains: z
    .array(
      z.strictObject({
        key: word,
        hub: word,
        gas: z.union([
          z.strictObject({ usdPerUnit: positive }),
          z.strictObject({ swapUsd: positive, bridgeUsd: positive, approvalUsd: notNegative }),
        ]),
        nativeUsd: notNegative,
      }),
    )
    .min(1),
  balances: z.array(z.strictObject({ asset: word, chain: word, amount: notNegative })),
  targets: z.array(z.strictObject({ asset: word, weight: share, band: share, lower: share, upper: share })),
  pools: z.array(
    z.strictObject({
      key: z.string().regex(/^[a-z0-9]+$/, 'expected lower-case letters and digits'),
      chain: word,
      assets: z.tuple([word, word]),
      reserves: z.tuple([positive, positive]),
      feeBps: basisPoints,
      venues: z.array(word).min(1),
    }),
  ),
  bridges: z.array(
    z.strictObject({
      key: word,
      asset: word,
      from: word,
      to: word,
      feeBps: basisPoints,
      fixedFeeUsd: notNegative,
      capacityUsd: positive.optional(),
      seconds: notNegative,
      venues: z.array(word).min(1),
    }),
  ),
  limits: z.strictObject({
    minimumTradeUsd: positive,
    maxLegUsd: positive,
    maxLegs: z.int().positive(),
    maxLossBps: z.strictObject({ stable: basisPoints, major: basisPoints, other: basisPoints }),
    maxBridgeLossBps: basisPoints,
    maxQuotes: z.int().positive().optional(),
  }),
})

export type Instance = z.infer<typeof schema>
export type InstanceAsset = Instance['assets'][number]
export type InstanceChain = Instance['chains'][number]
export type Pool = Instance['pools'][number]
export type Bridge = Instance['bridges'][number]

/** What is wrong with an instance, one fault per line, each with the place it is at. */
export class InstanceError extends Error {}

/** The instance in a value read from JSON. Throws InstanceError. */
export function parseInstance(value: unknown): Instance {
  const parsed = schema.safeParse(value)
  if (!parsed.success)
    throw new InstanceError(parsed.error.issues.map(({ path, message }) => `${placeOf(path)}: ${message}`).join('\n'))
  const faults = faultsOf(parsed.data)
  if (faults.length > 0) throw new InstanceError(faults.join('\n'))
  return parsed.data
}

export async function readInstance(file: string): Promise<Instance> {
  let value: unknown
  try {
    value = JSON.parse(await readFile(file, 'utf8'))
  } catch (error) {
    throw new InstanceError(`${file}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
  return parseInstance(value)
}

function placeOf(path: readonly PropertyKey[]): string {
  return path.length === 0 ? 'instance' : path.map(String).join('.')
}

/** References to what does not exist, doubles, and numbers that contradict each other. */
function faultsOf(instance: Instance): string[] {
  const faults: string[] = []
  const known = {
    asset: new Set(instance.assets.map(({ key }) => key)),
    chain: new Set(instance.chains.map(({ key }) => key)),
    venue: new Set(instance.venues),
  }
  const refer = (place: string, kind: keyof typeof known, key: string) => {
    if (!known[kind].has(key)) faults.push(`${place}: there is no ${kind} "${key}"`)
  }
  const unique = (place: string, keys: readonly string[]) => {
    for (const [index, key] of keys.entries())
      if (keys.indexOf(key) !== index) faults.push(`${place}.${index}: "${key}" is there already`)
  }
  unique('venues', instance.venues)
  unique(
    'assets',
    instance.assets.map(({ key }) => key),
  )
  unique(
    'chains',
    instance.chains.map(({ key }) => key),
  )
  unique(
    'pools',
    instance.pools.map(({ key }) => key),
  )
  unique(
    'targets',
    instance.targets.map(({ asset }) => asset),
  )
  unique(
    'balances',
    instance.balances.map(({ asset, chain }) => `${asset} on ${chain}`),
  )
  unique(
    'bridges',
    instance.bridges.map(({ key, asset, from, to }) => `${key} ${asset} ${from} ${to}`),
  )
  for (const [index, { key, hub }] of instance.assets.entries()) {
    if (hub !== undefined) refer(`assets.${index}.hub`, 'asset', hub)
    if (hub === key) faults.push(`assets.${index}.hub: an asset is not its own hub`)
  }
  for (const [index, { hub }] of instance.chains.entries()) refer(`chains.${index}.hub`, 'asset', hub)
  for (const [index, { asset, chain }] of instance.balances.entries()) {
    refer(`balances.${index}.asset`, 'asset', asset)
    refer(`balances.${index}.chain`, 'chain', chain)
  }
  for (const [index, { asset, weight, lower, upper }] of instance.targets.entries()) {
    refer(`targets.${index}.asset`, 'asset', asset)
    if (lower > weight || upper < weight)
      faults.push(`targets.${index}: expected lower ≤ weight ≤ upper, came ${lower}, ${weight}, ${upper}`)
  }
  for (const { key } of instance.assets)
    if (!instance.targets.some(({ asset }) => asset === key)) faults.push(`targets: none for "${key}"`)
  const sum = instance.targets.reduce((total, { weight }) => total + weight, 0)
  if (Math.abs(sum - 1) > 1e-6) faults.push(`targets: the weights sum to ${sum}, expected 1`)
  for (const [index, { chain, assets, venues }] of instance.pools.entries()) {
    refer(`pools.${index}.chain`, 'chain', chain)
    for (const asset of assets) refer(`pools.${index}.assets`, 'asset', asset)
    for (const venue of venues) refer(`pools.${index}.venues`, 'venue', venue)
    if (assets[0] === assets[1]) faults.push(`pools.${index}.assets: a pool trades two assets`)
  }
  for (const [index, { asset, from, to, venues }] of instance.bridges.entries()) {
    refer(`bridges.${index}.asset`, 'asset', asset)
    refer(`bridges.${index}.from`, 'chain', from)
    refer(`bridges.${index}.to`, 'chain', to)
    for (const venue of venues) refer(`bridges.${index}.venues`, 'venue', venue)
    if (from === to) faults.push(`bridges.${index}: a bridge joins two chains`)
  }
  if (!instance.balances.some(({ amount }) => amount > 0)) faults.push('balances: nothing is held')
  return faults
}

/** Prices in USD by asset. */
export function pricesOf(instance: Instance): ReadonlyMap<string, number> {
  return new Map(instance.assets.map(({ key, priceUsd }) => [key, priceUsd]))
}

/** Value of all balances in USD. The coin kept for gas is no part of it. */
export function navOf(instance: Instance): number {
  const prices = pricesOf(instance)
  return instance.balances.reduce((sum, { asset, amount }) => sum + amount * prices.get(asset)!, 0)
}

/** Shares of NAV by asset. */
export function weightsOf(instance: Instance): ReadonlyMap<string, number> {
  const prices = pricesOf(instance)
  const nav = navOf(instance)
  const weights = new Map(instance.assets.map(({ key }) => [key, 0]))
  for (const { asset, amount } of instance.balances)
    weights.set(asset, weights.get(asset)! + (amount * prices.get(asset)!) / nav)
  return weights
}
