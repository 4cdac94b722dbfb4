import type { EffectiveConfig } from '../../api/answers.js'
import type { PreviewOrder } from './api.js'

type Limits = NonNullable<PreviewOrder['limits']>

/** The limits that can be tried here, and how they are typed. */
export const LIMITS = [
  { name: 'minimumTradeUsd', label: 'Smallest trade, USD', kind: 'decimal' },
  { name: 'maxLegUsd', label: 'Largest leg, USD', kind: 'decimal' },
  { name: 'maxLegs', label: 'Most legs', kind: 'whole' },
  { name: 'maxGasUsd', label: 'Most gas, USD', kind: 'decimal' },
  { name: 'maxBridgeShare', label: 'Most over bridges, share of NAV', kind: 'decimal' },
  { name: 'slippageBps', label: 'Slippage, basis points', kind: 'whole' },
] as const satisfies readonly { name: keyof Limits; label: string; kind: 'decimal' | 'whole' }[]

export type LimitName = (typeof LIMITS)[number]['name']
export type TypedLimits = Readonly<Partial<Record<LimitName, string>>>

/** What is configured of them, as text. */
export function limitsIn({ config }: Pick<EffectiveConfig, 'config'>, portfolio: string): TypedLimits {
  const portfolios = config['portfolios'] as Readonly<Record<string, Readonly<Record<string, unknown>>>> | undefined
  const found = portfolios?.[portfolio] ?? {}
  return Object.fromEntries(
    LIMITS.flatMap(({ name }) => {
      const value = found[name]
      return typeof value === 'string' || typeof value === 'number' ? [[name, String(value)]] : []
    }),
  )
}

/** What is wrong with what was typed; undefined where nothing is, or nothing was typed. */
export function limitFault({ kind }: (typeof LIMITS)[number], text: string | undefined): string | undefined {
  const typed = text?.trim() ?? ''
  if (typed === '') return undefined
  if (kind === 'whole') return /^\d{1,6}$/.test(typed) ? undefined : 'Expected a whole number.'
  return /^\d+(\.\d+)?$/.test(typed) ? undefined : 'Expected a number such as 5000 or 0.25.'
}

/** The limits to try; undefined where none was typed. */
export function limitsOf(typed: TypedLimits): Limits | undefined {
  const wanted = LIMITS.flatMap(({ name, kind }) => {
    const text = typed[name]?.trim() ?? ''
    return text === '' ? [] : [[name, kind === 'whole' ? Number(text) : text] as const]
  })
  return wanted.length === 0 ? undefined : Object.fromEntries(wanted)
}
