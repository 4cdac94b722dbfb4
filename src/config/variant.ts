import type { Portfolio } from '../domain/policy/portfolio.js'
import type { Difference, Finding, Trial, Variant } from '../domain/policy/trial.js'
import { DEFAULT_POLICY, POLICIES, type PolicyName } from '../domain/rebalancing/registry.js'
import { parseDecimal } from '../domain/units/decimal.js'
import { consistentSchema } from './load.js'
import { portfoliosOf } from './portfolios.js'
import type { ConfigFile } from './schema.js'

/** More than any number of a configuration may have. */
const FRACTION_DIGITS = 80

type PortfolioFile = ConfigFile['portfolios'][string]

/**
 * The portfolio as the configuration would give it with what is tried in its place. It is held against everything that a
 * configuration is held against, the ceilings of this build included (C-50, F-80); nothing of the configuration changes.
 */
export function variantOf(config: ConfigFile, id: string, trial: Trial): Variant {
  const configured = config.portfolios[id]!
  const unknown = unknownIn(configured, trial)
  if (unknown.length > 0) return { findings: unknown }
  const tried = triedFile(configured, trial)
  const parsed = consistentSchema.safeParse({ ...config, portfolios: { ...config.portfolios, [id]: tried } })
  if (!parsed.success) return { findings: parsed.error.issues.map(({ path, message }) => findingOf(path, message)) }
  const portfolio = portfoliosOf(parsed.data).find((one) => one.id === id) as Portfolio
  return { portfolio, differences: differencesOf(configured, parsed.data.portfolios[id]!) }
}

/** What the shape of a trial cannot say: bands go to assets that have a weight, and every asset with a weight has one. */
function unknownIn({ targets }: PortfolioFile, { targets: weights, bands = {} }: Trial): Finding[] {
  const wanted = Object.keys(weights ?? targets)
  const strangers = Object.keys(bands)
    .filter((asset) => !wanted.includes(asset))
    .map((asset) => ({
      pointer: `/bands/${asset}`,
      detail: `expected one of the targets (${wanted.join(', ')}), got ${asset}`,
    }))
  const bare = wanted
    .filter((asset) => !Object.hasOwn(targets, asset) && !Object.hasOwn(bands, asset))
    .map((asset) => ({
      pointer: `/bands/${asset}`,
      detail: `expected a band for ${asset}, which has no target in the configuration`,
    }))
  return [...strangers, ...bare]
}

function triedFile(configured: PortfolioFile, { targets, bands = {}, limits = {}, policy }: Trial): unknown {
  const { turnoverPerCycle, turnoverPerHour, turnoverPerDay, legShare, gasPerLeg, maxLossBps, ...own } = limits
  const caps = definedOnly({ turnoverPerCycle, turnoverPerHour, turnoverPerDay, legShare, gasPerLeg })
  const weights =
    targets ?? Object.fromEntries(Object.entries(configured.targets).map(([asset, one]) => [asset, one.weight]))
  // Weights that are tried count as they are, whoever sets those of the portfolio.
  const { source: _source, ...setting } = configured.targetSetting
  return {
    ...configured,
    ...definedOnly(own),
    targets: Object.fromEntries(
      Object.entries(weights).map(([asset, weight]) => [
        asset,
        { weight, band: bands[asset] ?? configured.targets[asset]?.band },
      ]),
    ),
    ...(targets && { targetSetting: { ...setting, setter: 'fixed', parameters: {} } }),
    ...(policy !== undefined &&
      policy !== configured.rebalancing.policy && { rebalancing: withPolicy(configured, policy) }),
    maxLossBps: { ...configured.maxLossBps, ...definedOnly(maxLossBps ?? {}) },
    limits: { ...configured.limits, ...caps },
  }
}

/** Another policy takes over what is said of all of them; what is said of one alone are its own defaults. */
function withPolicy({ rebalancing: { reset: _reset, ...shared } }: PortfolioFile, policy: string) {
  return { ...shared, policy: isPolicy(policy) ? policy : DEFAULT_POLICY, parameters: {} }
}

function isPolicy(name: string): name is PolicyName {
  return Object.hasOwn(POLICIES, name)
}

/** What a trial may set of a portfolio beside its caps. */
const OWN = [
  'minimumTradeUsd',
  'maxLegUsd',
  'maxLegs',
  'maxGasUsd',
  'maxBridgeShare',
  'maxBridgeLossBps',
  'slippageBps',
  'maxLossBps',
]

/**
 * With where it stands in the trial. What the trial does not have itself comes of its policy or its weights, or does not
 * go with its limits: then the detail says where it stands in the configuration.
 */
function findingOf([, , ...path]: readonly PropertyKey[], detail: string): Finding {
  const [first = '', second, third] = path.map(String)
  if (first === 'targets')
    return { pointer: third === 'band' ? `/bands/${second}` : ['/targets', second].filter(Boolean).join('/'), detail }
  if (first === 'targetSetting') return { pointer: '/targets', detail }
  if (first === 'rebalancing') return { pointer: '/policy', detail }
  if (first === 'limits') return { pointer: `/limits/${second}`, detail }
  if (OWN.includes(first)) return { pointer: `/limits/${path.map(String).join('/')}`, detail }
  return { pointer: '/limits', detail: `${path.map(String).join('.')}: ${detail}` }
}

function differencesOf(configured: PortfolioFile, tried: PortfolioFile): Difference[] {
  const [before, after] = [leavesOf(configured), leavesOf(tried)]
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((path) => !isSame(before.get(path), after.get(path)))
    .map((path) => ({ path, configured: before.get(path), tried: after.get(path) }))
}

/** As the configuration reads it: 0.20 is 0.2. */
function isSame(one: string | undefined, other: string | undefined): boolean {
  if (one === other) return true
  const [a, b] = [one, other].map((text) => parseDecimal(text ?? '', FRACTION_DIGITS))
  return a !== undefined && a === b
}

/** Every value with where it stands. */
function leavesOf(value: unknown, path = ''): Map<string, string> {
  if (value === undefined) return new Map()
  if (typeof value !== 'object' || value === null)
    return new Map([[path, typeof value === 'string' ? value : JSON.stringify(value)]])
  return new Map(
    Object.entries(value).flatMap(([name, one]) => [...leavesOf(one, path === '' ? name : `${path}.${name}`)]),
  )
}

function definedOnly(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined))
}
