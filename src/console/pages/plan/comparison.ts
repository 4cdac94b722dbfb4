import { difference, sum } from '../../parts/decimals.js'
import { shareFigure } from '../../parts/figures.js'
import type { Plan } from './api.js'

export interface Compared {
  readonly name: string
  readonly meaning: string
  /** Null where it has no way at all. */
  readonly costUsd: string | null
  /** Distance from the targets that it leaves. */
  readonly unmetUsd: string
  readonly isThis: boolean
  /** How long its bar is, from 0 to 1. */
  readonly length: number
}

const ALTERNATIVES: Readonly<Record<Plan['alternatives'][number]['name'], readonly [string, string]>> = {
  nothing: ['Doing nothing', 'Everything stays as it is.'],
  naive: ['One order each', 'Every asset in one order through one aggregator.'],
  greedy: ['Best single route', 'Every asset on its best single chain and venue, largest first.'],
}

/** The plan beside what else could have been done on the same quotes. */
export function comparedWith({ cost, unmet, alternatives }: Pick<Plan, 'cost' | 'unmet' | 'alternatives'>): Compared[] {
  const all = [
    {
      name: 'This plan',
      meaning: 'Split over chains and venues where that is cheaper.',
      costUsd: cost.totalUsd,
      unmetUsd: sum(unmet.map(({ valueUsd }) => valueUsd.replace('-', ''))),
      isThis: true,
    },
    ...alternatives.toReversed().map(({ name, costUsd, unmetUsd }) => {
      const [title, meaning] = ALTERNATIVES[name]
      return { name: title, meaning, costUsd, unmetUsd, isThis: false }
    }),
  ]
  const longest = Math.max(0, ...all.map(({ costUsd }) => Number(costUsd)))
  return all.map((one) => ({ ...one, length: longest > 0 ? Math.max(0, Number(one.costUsd) / longest) : 0 }))
}

/** What the plan saves against the best single route, and how much less it leaves undone; negative is worse. */
export function savedAgainst(
  compared: readonly Compared[],
): { readonly costUsd: string; readonly unmetUsd: string } | undefined {
  const [plan] = compared
  const single = compared.find(({ name }) => name === ALTERNATIVES.greedy[0])
  if (!plan || single?.costUsd == null || plan.costUsd === null) return undefined
  return { costUsd: difference(single.costUsd, plan.costUsd), unmetUsd: difference(single.unmetUsd, plan.unmetUsd) }
}

/** How far a plan is from the least that any could reach: the figure, and what it is of. */
export interface Over {
  readonly figure: string
  readonly relation: string
  readonly isNear: boolean
}

/** From here on a multiple says more than per cent do. */
const TWICE = 2

/** `gap` is the plan's penalty by the least one, decimal text. */
export function overLeast(gap: string): Over {
  const times = Number(gap)
  const percent = (times - 1) * 100
  if (times >= TWICE) {
    const figure = `${new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 }).format(times)} times`
    return { figure, relation: 'the least', isNear: false }
  }
  if (percent <= 0) return { figure: 'as good as', relation: 'the least', isNear: true }
  return { figure: shareFigure((times - 1).toFixed(12)).readable, relation: 'above the least', isNear: percent < 5 }
}

const PARTS = [
  ['Slippage', 'slippageUsd'],
  ['Fees', 'feesUsd'],
  ['Gas', 'gasUsd'],
  ['Bridge', 'bridgeUsd'],
] as const

export interface CostPart {
  readonly name: string
  readonly key: (typeof PARTS)[number][1]
  readonly usd: string
  /** Of what costs anything; what brings something has none. */
  readonly share: number
}

export function costParts(cost: Plan['cost']): CostPart[] {
  const total = PARTS.reduce((all, [, key]) => all + Math.max(0, Number(cost[key])), 0)
  return PARTS.map(([name, key]) => ({
    name,
    key,
    usd: cost[key],
    share: total > 0 ? Math.max(0, Number(cost[key])) / total : 0,
  }))
}
