import { absolute, basisPointsOf, pointsBeside } from '../units/ratio.js'
import type { Assessment } from './assessment.js'
import { figuresOf } from './figures.js'
import { LazyDecision, once } from './lazy-decision.js'
import type { SharedParameters } from './parameters.js'
import type { AssetView, PortfolioView } from './portfolio-view.js'
import type { AssetFigures, RebalancingCode, RebalancingDecision } from './rebalancing-policy.js'
import { innerOf, levelsOf } from './reset-levels.js'
import { pointsText } from './shares.js'

/**
 * The decision that follows from a policy's assessment by what all policies share. Nothing trades
 *
 * - with fewer than two assets, whoever asks;
 * - while the policy waits, without a breach, or during the cooldown, unless a person asked;
 * - when every asset already lies between its levels, which includes every portfolio without drift.
 *
 * An asset whose legs settle is no reason, only said. Whatever the answer, it holds the numbers that were compared.
 */
export function conclude(view: PortfolioView, assessment: Assessment, shared: SharedParameters): RebalancingDecision {
  const { assets, now, lastTradedAt, isAsked, fixedCost } = view
  const { findings, waits, notes } = assessment
  const figures = once(() =>
    assets.map((asset, index) => {
      const finding = findings[index]!
      return figuresOf(asset, { band: finding.band, inner: innerOf(finding, shared) }, fixedCost)
    }),
  )
  const reasonsToTrade: number[] = []
  const settling: number[] = []
  for (const [index, { isSettling }] of assets.entries())
    if (findings[index]!.isOutside) (isSettling ? settling : reasonsToTrade).push(index)
  const breached = reasonsToTrade.map((index) => assets[index]!.asset)
  const facts = () => [
    ...reasonsToTrade.map((index) => factOf(assets[index]!, figures()[index]!, findings[index]!.basis)),
    ...settling.map((index) => settlingFact(assets[index]!, figures()[index]!, now)),
  ]
  const hold = (code: Exclude<RebalancingCode, 'trade'>, reasons: () => readonly string[]): RebalancingDecision =>
    new LazyDecision({ trade: false, code, levels: [], breached }, figures, () => [...reasons(), ...notes()])
  if (assets.length < 2)
    return hold('too-few', () => ['Fewer than two assets have a known value: there is nothing to trade against.'])
  if (!isAsked) {
    if (waits !== undefined) return hold('not-due', () => [waits(), ...facts()])
    if (breached.length === 0)
      return hold('within-band', () => [closestToEdge(view, figures(), assessment), ...facts()])
    const waited = lastTradedAt === undefined ? Infinity : Math.max(0, now - lastTradedAt)
    if (waited < shared.cooldownMs)
      return hold('cooldown', () => [
        `The last trade ended ${seconds(waited)} s ago, policy waits ${seconds(shared.cooldownMs)} s.`,
        ...facts(),
      ])
  }
  const levels = levelsOf(view, findings, shared)
  if (assets.every(({ weight }, index) => levels[index]!.lower <= weight && weight <= levels[index]!.upper))
    return hold('in-place', () => ['Every asset is already where it would be brought.', ...facts()])
  return new LazyDecision({ trade: true, code: 'trade', levels, breached }, figures, () => {
    const needed = assets.reduce((sum, { drift }) => sum + absolute(drift), 0n) / 2n
    const turnover = `To reach every target ${basisPointsOf(needed)} bps of NAV must trade.`
    return [...(isAsked ? ['A trade was asked for.'] : []), ...facts(), turnover, ...notes()]
  })
}

function factOf({ asset, drift, target }: AssetView, figures: AssetFigures, basis?: () => string): string {
  const distance = `${asset} is ${pointsBeside(drift, figures.band)} bps from its target of ${basisPointsOf(target)} bps; its band is ±${pointsBeside(figures.band, drift)} bps.`
  return [distance, balanceOf(figures), ...(basis ? [basis()] : [])].join(' ')
}

/** What a trade would cost and what it would end. */
function balanceOf({ inner, costNow, benefitPerYear, costOfWaiting }: AssetFigures): string {
  const cost = `Back to ±${basisPointsOf(inner)} bps costs ${pointsText(costNow)} bps of NAV now`
  if (benefitPerYear === undefined || costOfWaiting === undefined)
    return `${cost}; what waiting costs is unknown without its volatility.`
  return `${cost} and ends a penalty of ${pointsText(benefitPerYear)} bps a year; one more day of waiting costs ${pointsText(costOfWaiting)} bps.`
}

function settlingFact({ asset, drift, settlesAt }: AssetView, { band }: AssetFigures, now: number): string {
  return `${asset} is ${pointsBeside(drift, band)} bps from its target, outside its band of ±${pointsBeside(band, drift)} bps, but its legs may settle for another ${seconds(settlesAt! - now)} s.`
}

function closestToEdge({ assets }: PortfolioView, figures: readonly AssetFigures[], { findings }: Assessment): string {
  const inside = assets.flatMap((_, index) => (findings[index]!.isOutside ? [] : [index]))
  const [first, ...others] = inside
  if (first === undefined) return 'No asset outside its band may be traded now.'
  const uses = figures.map(({ drift, band }) => (band === 0n ? 0 : Number(absolute(drift)) / Number(band)))
  const closest = others.reduce((best, index) => (uses[index]! > uses[best]! ? index : best), first)
  const { asset, drift, band } = figures[closest]!
  const subject = inside.length === assets.length ? 'Every asset' : 'Every other asset'
  const basis = findings[closest]!.basis
  return [
    `${subject} is inside its band; ${asset} is closest to its edge with ${pointsBeside(drift, band)} of ±${pointsBeside(band, drift)} bps.`,
    balanceOf(figures[closest]!),
    ...(basis ? [basis()] : []),
  ].join(' ')
}

function seconds(ms: number): number {
  return Math.round(ms / 1000)
}
