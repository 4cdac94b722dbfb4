import {
  boundOf,
  gapOf,
  PRICE_OF_UNMET,
  scoreOfAlternative,
  scoreOfPlan,
  unmetBy,
} from '../domain/planning/comparison.js'
import { type Cost, type Market, totalOf } from '../domain/planning/cost.js'
import type { Alternative, Leg, Plan } from '../domain/planning/plan.js'
import { ratioToNumber } from '../domain/units/ratio.js'
import { type Usd, usdToNumber, valueOf } from '../domain/units/usd.js'
import { shortId } from './flow-picture.js'
import { cents, left, percent, pointsOf, right, roughly, table, wrapped } from './text-table.js'

const INDENT = 2
const LEG_INDENT = 7
const NOTHING = '–'

/** Every leg in a row, and beneath it the offer it rests on, why it is there and what else there was. */
export function legTable({ legs }: Plan, market: Market): string[] {
  const start = Math.min(...legs.flatMap(({ slice }) => (slice ? [slice.notBefore] : [])))
  const rows = legs.map((leg) => [
    shortId(leg.id),
    leg.kind,
    placeOf(leg),
    roughly(leg.sell),
    roughly(leg.expectedOut),
    cents(totalOf(leg.cost)),
    pointsOf(totalOf(leg.cost), valueIn(market, leg)),
    leg.funding.map((part) => shortId(part.leg)).join(', '),
  ])
  const columns = [
    left('leg'),
    left('what'),
    left('where'),
    right('sells'),
    right('expects'),
    right('cost'),
    right('bps'),
    left('after'),
  ]
  return indented(
    table(columns, rows, (row) => beneath(legs[row]!, start).map((line) => line.slice(INDENT))),
    INDENT,
  )
}

function beneath(leg: Leg, start: number): string[] {
  const { slice, quote } = leg
  const block = quote.block === undefined ? '' : ` at block ${quote.block}`
  const offer = [
    ...(slice ? [`${slice.index}/${slice.of} from +${Math.round((slice.notBefore - start) / 1000)} s`] : []),
    `at least ${roughly(leg.minimumOut)}`,
    `${leg.venue}: ${leg.tool}`,
    `quoted ${secondsText(quote.ageMs)} ago${block}`,
  ].join('; ')
  const others = leg.alternatives.map(({ venue, tool, cost, refusal }) => {
    const price = cost === undefined ? [] : [cents(cost)]
    return `not ${tool === '' ? venue : `${venue}: ${tool}`}; ${[...price, ...(refusal === undefined ? [] : [refusal])].join('; ')}`
  })
  return [leg.reason, offer, ...others].filter((text) => text !== '').flatMap((text) => wrapped(text, LEG_INDENT))
}

/** What the plan costs beside what else could have been done on the same quotes. */
export function costTable(plan: Plan, nav: Usd): string[] {
  const score = scoreOfPlan(plan)
  const times = (other: Usd | undefined) =>
    other === undefined || score <= 0n ? NOTHING : (usdToNumber(other) / usdToNumber(score)).toFixed(2)
  const alternatives = (['greedy', 'naive', 'nothing'] as const).flatMap((name) =>
    plan.alternatives.filter((one) => one.name === name).map((one) => alternativeRow(one, nav, times)),
  )
  const bound = boundOf(plan)
  const least = bound.claimed
  const boundRow =
    least === undefined
      ? ['lower bound', ...unsplit, 'none']
      : ['lower bound', ...unsplit, cents(least), pointsOf(least, nav), NOTHING, times(least)]
  const columns = ['slippage', 'fees', 'gas', 'bridge', 'total', 'bps of NAV', 'unmet', 'times the plan'].map(right)
  const rows = [
    [
      'plan',
      ...partsOf(plan.cost),
      cents(totalOf(plan.cost)),
      pointsOf(totalOf(plan.cost), nav),
      cents(unmetBy(plan)),
      '1.00',
    ],
    ...alternatives,
    boundRow,
  ]
  const gap = gapOf(plan)
  return [
    ...indented(table([left(''), ...columns], rows), INDENT),
    ...wrapped(
      `Times and lower bound count each dollar of unmet drift as ${percent(PRICE_OF_UNMET)} of cost.${
        gap === undefined ? '' : ` The plan is ${ratioToNumber(gap).toFixed(3)} times the lower bound.`
      }${bound.claimed === undefined ? ` There is no lower bound: ${bound.reason}` : ''} Method: ${plan.method}.`,
      INDENT,
    ),
  ]
}

const unsplit = [NOTHING, NOTHING, NOTHING, NOTHING]

function alternativeRow({ name, cost, unmet }: Alternative, nav: Usd, times: (score: Usd | undefined) => string) {
  const total = cost === undefined ? ['no way', ''] : [cents(cost), pointsOf(cost, nav)]
  return [name, ...unsplit, ...total, cents(unmet), times(scoreOfAlternative({ name, cost, unmet }))]
}

/** What the plan rests on and what it leaves undone. */
export function evidenceLines(plan: Plan): string[] {
  const { asked, failed, rounds } = plan.quotes
  const oldest = Math.max(0, ...plan.legs.map(({ quote }) => quote.ageMs))
  const lines = [
    `Quotes: ${asked} asked, ${failed} failed, in ${rounds} ${rounds === 1 ? 'round' : 'rounds'}; the oldest in use was ${secondsText(oldest)} old.`,
    ...plan.separatePools.map(
      ({ group, venues, proof, detail }) =>
        `Separate pools: ${group}: ${venues.join(' and ')} by ${proof === 'fill-lists' ? 'their lists of exchanges' : 'a simulation of both'}; ${detail}.`,
    ),
    ...plan.unmet.map(({ asset, value, reason }) => `Unmet: ${asset} stays ${cents(value)} from its level. ${reason}`),
    `Portfolio drift afterwards: ${percent(plan.expectedDrift)}.`,
  ]
  return lines.flatMap((line) => wrapped(line, INDENT))
}

function partsOf({ slippage, fees, gas, bridge }: Cost): string[] {
  return [slippage, fees, gas, bridge].map(cents)
}

function placeOf({ kind, sell, expectedOut }: Leg): string {
  return kind === 'swap' ? sell.token.chain : `${sell.token.chain} → ${expectedOut.token.chain}`
}

function valueIn(market: Market, { sell }: Leg): Usd {
  const price = market.prices.get(sell.token.asset)
  return price === undefined ? 0n : valueOf(sell, price, 'down')
}

function secondsText(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

function indented(lines: readonly string[], by: number): string[] {
  return lines.map((line) => `${' '.repeat(by)}${line}`)
}
