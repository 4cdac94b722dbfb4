import type { PricedArc } from './curve-book.js'
import type { JointOutcome } from './dialogue.js'
import type { Arc } from './network.js'
import type { Flow } from './optimiser.js'

/** Whether two arcs draw on the same liquidity, or run to and fro. */
export function meet(a: PricedArc, b: PricedArc): boolean {
  if (a.arc.from === b.arc.to && a.arc.to === b.arc.from) return true
  if (a.only !== undefined && b.only !== undefined) return false
  const groups = [b.arc.group, b.arc.secondGroup]
  return [a.arc.group, a.arc.secondGroup].some((group) => group !== undefined && groups.includes(group))
}

/** Value a flow gives up, charges included. */
export function lossOf({ priced, sent }: Flow): number {
  return sent - priced.evaluate(sent) + priced.kept + priced.charge
}

/** The part of it that a smaller order would not lose. */
export function impactOf({ priced, sent }: Flow): number {
  const small = sent * 1e-3
  return (priced.evaluate(small) / small) * sent - priced.evaluate(sent)
}

export function areApart(a: readonly string[], b: readonly string[] | undefined): boolean {
  return b !== undefined && b.length > 0 && !a.some((source) => b.includes(source))
}

/** Share of what both trades were quoted that was lost by playing them in turn. */
export function lostInTurn({ quoted, delivered }: Extract<JointOutcome, { status: 'played' }>): number {
  const alone = Number(quoted[0] + quoted[1])
  return alone > 0 ? (alone - Number(delivered[0] + delivered[1])) / alone : 1
}

/** The asset whose market a swap draws on. */
export function assetOf({ group, from, to }: Arc): string {
  return group?.endsWith('buy') ? to.token.asset : from.token.asset
}

/** Without crossings that bring a chain what nothing there goes on with, as what they were to fund was left out. */
export function withoutIdle(flows: readonly Flow[]): readonly Flow[] {
  const kept = flows.filter(
    ({ priced: { arc } }) =>
      arc.from.token.asset !== arc.to.token.asset || flows.some(({ priced }) => priced.arc.from === arc.to),
  )
  return kept.length === flows.length ? flows : withoutIdle(kept)
}
