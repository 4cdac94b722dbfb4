import type { ChainKey } from '../domain/assets.js'
import type { Leg, Plan } from '../domain/planning/plan.js'
import { plus } from '../domain/units/amount.js'
import { roughly } from './text-table.js'

/** A leg, or all slices of one sale taken together. */
interface Flow {
  readonly name: string
  readonly first: Leg
  readonly sold: string
  readonly bought: string
}

interface Line {
  readonly chain: ChainKey
  readonly name: string
  readonly from: string
  readonly arrow: string
  readonly to: string
}

/**
 * What moves, chain by chain, in the order in which money reaches the chains and the legs run: trades with `──▶`, crossings
 * with `══▶`, once on the chain they leave and once on the one where they arrive.
 */
export function flowPicture({ legs }: Plan): string[] {
  const lines = flowsOf(legs).flatMap(linesOf)
  const chains = [...new Set(lines.map(({ chain }) => chain))]
  const widest = (pick: (line: Line) => string) => Math.max(0, ...lines.map((line) => pick(line).length))
  const [nameWidth, fromWidth] = [widest(({ name }) => name), widest(({ from }) => from)]
  const chainWidth = Math.max(...chains.map((chain) => chain.length))
  return chains.flatMap((key) => {
    const here = lines.filter(({ chain }) => chain === key)
    return here.map(({ name, from, arrow, to }, index) => {
      const rail = here.length === 1 ? '──' : index === 0 ? '┬─' : index === here.length - 1 ? '└─' : '├─'
      const head = (index === 0 ? key : '').padEnd(chainWidth)
      return `  ${head} ${rail} ${name.padEnd(nameWidth)}  ${from.padStart(fromWidth)} ${arrow} ${to}`
    })
  })
}

/** The part of a leg's id that tells the legs of one plan apart. */
export function shortId(id: string): string {
  return id.slice(id.lastIndexOf('.') + 1)
}

function flowsOf(legs: readonly Leg[]): Flow[] {
  const sales: Leg[][] = []
  for (const leg of legs) {
    const before = sales.at(-1)
    if (before && leg.slice && leg.slice.index > 1 && leg.slice.index - 1 === before.at(-1)!.slice?.index)
      before.push(leg)
    else sales.push([leg])
  }
  return sales.map((together) => {
    const [first, last] = [together[0]!, together.at(-1)!]
    return {
      name: together.length === 1 ? shortId(first.id) : `${shortId(first.id)}–${shortId(last.id)}`,
      first,
      sold: roughly(together.map(({ sell }) => sell).reduce(plus)),
      bought: roughly(together.map(({ expectedOut }) => expectedOut).reduce(plus)),
    }
  })
}

function linesOf({ name, first, sold, bought }: Flow): Line[] {
  const [origin, destination] = [first.sell.token.chain, first.expectedOut.token.chain]
  if (first.kind === 'swap') return [{ chain: origin, name, from: sold, arrow: '──▶', to: bought }]
  return [
    { chain: origin, name, from: sold, arrow: '══▶', to: destination },
    { chain: destination, name, from: origin, arrow: '══▶', to: bought },
  ]
}
