import type { AssetKey } from '../assets.js'
import { formatDecimal, parseDecimal } from '../units/decimal.js'
import { type Ratio, RATIO_ONE } from '../units/ratio.js'
import { canonicalText } from '../canonical-text.js'
import { refuseTargets, type TargetRefusal } from './target-refusal.js'

/** Weights that the fund itself decided about, as its source gives them. */
export interface TargetDocument {
  readonly portfolio: string
  /** When the fund decided so, in milliseconds since 1970. */
  readonly setAt: number
  /** Decimal texts, as they were written. */
  readonly weights: Readonly<Record<AssetKey, string>>
  /** Whether its signature was checked. */
  readonly isSigned: boolean
}

/** What tells one document from another. */
export type DatedWeights = Pick<TargetDocument, 'setAt' | 'weights'>

/** Most that the clock of whoever writes documents may run ahead of ours. */
const MOST_AHEAD_MS = 60_000
const WEIGHT_DECIMALS = 18

export interface DocumentRules {
  readonly portfolio: string
  /** In any order; the weights come in the same. */
  readonly assets: readonly AssetKey[]
  readonly maxAgeMs: number
  readonly now: number
  /** The newest document that ever passed, whatever became of it; undefined before the first. */
  readonly newest: DatedWeights | undefined
}

/**
 * The weights of a document that may be used now, exact and in the order of the assets. Refused: one that is for another
 * portfolio, from the future, too old, or older than the newest that passed, another one of the same time, and weights that
 * are no decimals of at most 18 places from nothing to the whole, are not there for every asset and for no other, or do not
 * sum to exactly one.
 */
export function judgeDocument(
  { portfolio, setAt, weights }: TargetDocument,
  rules: DocumentRules,
): { readonly status: 'fits'; readonly weights: readonly Ratio[] } | TargetRefusal {
  if (portfolio !== rules.portfolio)
    return refuseTargets(
      'source-foreign',
      `Weights should be for portfolio ${rules.portfolio}, got some for ${portfolio.slice(0, 40)}. Point the source at the right document.`,
    )
  return judgeTime({ setAt, weights }, rules) ?? judgeWeights(weights, rules.assets)
}

function judgeTime(
  { setAt, weights }: DatedWeights,
  { now, maxAgeMs, newest }: DocumentRules,
): TargetRefusal | undefined {
  const time = timeText(setAt)
  if (setAt - now > MOST_AHEAD_MS)
    return refuseTargets(
      'source-future',
      `Weights should not be dated after now, ${timeText(now)}, got ${time}. Check the clocks of this host and of whoever wrote them.`,
    )
  if (newest && setAt < newest.setAt)
    return refuseTargets(
      'source-replayed',
      `Weights should not be older than the newest seen, of ${timeText(newest.setAt)}, got some of ${time}. Find out who put an old document there; to go back to its weights, date them anew.`,
    )
  if (setAt === newest?.setAt && !isSameDocument({ setAt, weights }, newest))
    return refuseTargets(
      'source-replayed',
      `Weights of ${time} were seen before and differ from those that the source gives of the same time. Date the new ones later.`,
    )
  if (now - setAt <= maxAgeMs) return undefined
  return refuseTargets(
    'source-stale',
    `Weights are of ${time}, ${hours(now - setAt)} ago, ${hours(maxAgeMs)} are allowed. Write them anew, or raise maxAgeSeconds of the source.`,
  )
}

function judgeWeights(
  weights: TargetDocument['weights'],
  assets: readonly AssetKey[],
): { readonly status: 'fits'; readonly weights: readonly Ratio[] } | TargetRefusal {
  const refuse = (got: string) =>
    refuseTargets(
      'source-weights',
      `Weights should be decimals from 0 to 1 of exactly ${assets.join(', ')} that sum to exactly 1, got ${got}. Correct the document.`,
    )
  const unknown = Object.keys(weights).find((asset) => !assets.includes(asset))
  if (unknown !== undefined) return refuse(`one of ${unknown.slice(0, 40)}`)
  const ratios: Ratio[] = []
  for (const asset of assets) {
    const text = Object.hasOwn(weights, asset) ? weights[asset] : undefined
    if (text === undefined) return refuse(`none of ${asset}`)
    const ratio = parseDecimal(text, WEIGHT_DECIMALS)
    if (ratio === undefined || ratio < 0n || ratio > RATIO_ONE) return refuse(`"${text.slice(0, 40)}" of ${asset}`)
    ratios.push(ratio)
  }
  const sum = ratios.reduce((total, one) => total + one, 0n)
  if (sum !== RATIO_ONE) return refuse(`a sum of ${formatDecimal(sum, WEIGHT_DECIMALS)}`)
  return { status: 'fits', weights: ratios }
}

/** The same document: of one time and with weights of the same values, however they are written. */
export function isSameDocument(a: DatedWeights, b: DatedWeights | undefined): boolean {
  return b !== undefined && a.setAt === b.setAt && valuesText(a) === valuesText(b)
}

/** A weight that is none stays as it is written. */
function valuesText({ weights }: DatedWeights): string {
  return canonicalText(
    Object.fromEntries(
      Object.entries(weights).map(([asset, text]) => [asset, parseDecimal(text, WEIGHT_DECIMALS) ?? text]),
    ),
  )
}

function timeText(at: number): string {
  return new Date(at).toISOString()
}

function hours(ms: number): string {
  return `${(ms / 3_600_000).toFixed(1)} h`
}
