import { absolute } from '../units/ratio.js'
import type { Usd } from '../units/usd.js'
import type { CurveBook } from './curve-book.js'
import type { PlanInput } from './dialogue.js'
import { assetOf } from './flow-facts.js'
import type { Network } from './network.js'
import type { Flow } from './optimiser.js'
import type { UnmetDrift } from './plan.js'

/** What a plan was made of. */
interface Known {
  readonly input: PlanInput
  readonly network: Network
  readonly book: CurveBook
  readonly flows: readonly Flow[]
}

/**
 * Distances that stay, below zero where an asset stays under its levels, each with what prevented more as far as it can be
 * told; crumbs are left out.
 */
export function explainUnmet(known: Known, unmet: ReadonlyMap<string, Usd>): UnmetDrift[] {
  return [...unmet]
    .filter(([, value]) => absolute(value) >= known.input.policy.minimumTrade / 10n)
    .map(([asset, value]) => ({ asset, value, reason: bindingReason(known, asset, value) }))
    .toSorted((a, b) => (a.asset < b.asset ? -1 : 1))
}

function bindingReason({ input, network, book, flows }: Known, asset: string, value: Usd): string {
  const arcs = network.arcs.filter((arc) => arc.kind === 'swap' && assetOf(arc) === asset)
  if (absolute(value) < input.policy.minimumTrade) return 'What is left is smaller than a minimum trade.'
  if (arcs.length === 0) return `No venue trades ${asset} on a chain that answers and holds or can receive it.`
  if (arcs.every((arc) => !book.hasSamples(arc)) && arcs.some((arc) => book.isDead(arc))) {
    const texts = [...new Set(arcs.flatMap((arc) => book.failuresOf(arc).map(({ venue, text }) => `${venue} ${text}`)))]
    return [...texts.slice(0, 2), ...(texts.length > 2 ? [`and ${texts.length - 2} more`] : [])].join(' | ')
  }
  const used = flows.filter(({ priced }) => assetOf(priced.arc) === asset)
  const full = used.filter(({ priced, sent }) => sent >= priced.cap * 0.98)
  if (used.length > 0 && full.length === used.length)
    return `Every leg of ${asset} is as large as its price impact, the largest leg or what lies there allows.`
  if (flows.length >= input.policy.maxLegs) return `A plan has at most ${input.policy.maxLegs} legs.`
  const dry = [...network.tanks].filter(
    ([chain, tank]) =>
      flows.reduce((sum, { priced }) => (priced.arc.from.token.chain === chain ? sum + priced.gas : sum), 0) >
      tank * 0.9,
  )
  if (dry.length > 0) return `The coin kept for gas on ${dry.map(([chain]) => chain).join(', ')} is used up.`
  const priced = arcs.map((arc) => book.price(arc)).filter((one) => one !== undefined && !one.isAssumed)
  if (priced.length === 0) return `Every quote for ${asset} loses more than policy allows.`
  return `Nothing that may be ${value < 0n ? 'sold for' : 'bought with'} it is left within the limits.`
}
