import type { EffectiveConfig, Proposal } from '../../api/answers.js'
import { canonicalText } from '../../parts/canonical.js'
import { fromUnits } from '../../parts/decimals.js'
import type { Plan } from './api.js'

/** An amount in what a digest stands for: base units of a token. */
export interface ProposedAmount {
  readonly chain: string
  readonly token: string
  readonly units: string
  readonly symbol: string
}

export interface ProposedLeg {
  readonly id: string
  readonly kind: string
  readonly sell: ProposedAmount
  readonly expectedOut: ProposedAmount
  readonly minimumOut: ProposedAmount
  readonly venue: string
  readonly tool: string
  /** Legs whose proceeds it sells, with how much of them. */
  readonly funding: readonly object[]
}

/** What the digest of a plan stands for. */
export interface ProposedPlan {
  readonly portfolio: string
  readonly cycle: string
  readonly account: string
  readonly legs: readonly ProposedLeg[]
}

/** The content of a proposal as a plan; undefined where it is not made like one. */
export function proposedPlan(content: Proposal['content']): ProposedPlan | undefined {
  const { portfolio, cycle, account, legs } = content
  if (![portfolio, cycle, account].every((one) => typeof one === 'string')) return undefined
  if (!Array.isArray(legs) || !legs.every(isLeg)) return undefined
  return { portfolio, cycle, account, legs } as unknown as ProposedPlan
}

function isLeg(value: unknown): value is ProposedLeg {
  return (
    hasTexts(value, ['id', 'kind', 'venue', 'tool']) &&
    Array.isArray((value as Record<string, unknown>)['funding']) &&
    ['sell', 'expectedOut', 'minimumOut'].every((name) =>
      hasTexts((value as Record<string, unknown>)[name], ['chain', 'token', 'units', 'symbol']),
    )
  )
}

function hasTexts(value: unknown, names: readonly string[]): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    names.every((name) => typeof (value as Record<string, unknown>)[name] === 'string')
  )
}

const ENDS = ['sell', 'expectedOut', 'minimumOut'] as const

/** Where what is drawn is not what the digest stands for, in words; empty where it is the same. */
export function differencesOf(proposed: ProposedPlan, plan: Plan): string[] {
  const ids = new Set([...proposed.legs, ...plan.legs].map(({ id }) => id))
  return [...ids].flatMap((id) => {
    const [one, other] = [proposed.legs.find((leg) => leg.id === id), plan.legs.find((leg) => leg.id === id)]
    if (!one || !other) return [`Leg ${id} is only in what is ${one ? 'proposed' : 'drawn'}.`]
    const isSame =
      one.kind === other.kind &&
      one.venue === other.venue &&
      one.tool === other.tool &&
      canonicalText(one.funding) === canonicalText(other.funding) &&
      ENDS.every(
        (end) =>
          one[end].chain === other[end].chain &&
          one[end].token.toLowerCase() === other[end].address.toLowerCase() &&
          one[end].units === other[end].units,
      )
    return isSame ? [] : [`Leg ${id} is proposed otherwise than it is drawn.`]
  })
}

/** How many decimals each token has, by the configuration. */
export type DecimalsOf = (amount: Pick<ProposedAmount, 'chain' | 'token'>) => number | undefined

/** Stands for a chain's native coin where a contract's address would stand. */
const NATIVE = '0x0000000000000000000000000000000000000000'

export function decimalsIn({ config }: Pick<EffectiveConfig, 'config'>): DecimalsOf {
  const found = new Map<string, number>()
  for (const { tokens = [] } of valuesOf<{ tokens?: readonly { chain: string; address: string; decimals: number }[] }>(
    config['assets'],
  ))
    for (const { chain, address, decimals } of tokens) found.set(keyOf(chain, address), decimals)
  for (const [chain, { native }] of entriesOf<{ native?: { decimals?: number } }>(config['chains']))
    if (native?.decimals !== undefined) found.set(keyOf(chain, NATIVE), native.decimals)
  return ({ chain, token }) => found.get(keyOf(chain, token))
}

const keyOf = (chain: string, address: string) => `${chain} ${address.toLowerCase()}`

function entriesOf<T extends object>(value: unknown): [string, T][] {
  return typeof value === 'object' && value !== null ? (Object.entries(value) as [string, T][]) : []
}

function valuesOf<T extends object>(value: unknown): T[] {
  return entriesOf<T>(value).map(([, one]) => one)
}

/** The amount as decimal text; undefined where the token is not configured, or the units are no whole number. */
export function decimalTextOf(amount: ProposedAmount, decimalsOf: DecimalsOf): string | undefined {
  const decimals = decimalsOf(amount)
  return decimals === undefined || !/^\d+$/.test(amount.units) ? undefined : fromUnits(amount.units, decimals)
}
