import type { AssetKey } from '../assets.js'
import type { TargetAsset } from './target-input.js'
import { refuseTargets, type TargetRefusal } from './target-refusal.js'
import { percent } from './wording.js'

/** What a parameter may be. Plain values, from which a schema of the configuration can be made. */
export type ParameterTerm =
  | {
      readonly kind: 'number'
      /** Both are allowed themselves. */
      readonly minimum: number
      readonly maximum: number
      /** Taken where nothing is given; without it the parameter is required. */
      readonly fallback?: number
      readonly about: string
    }
  /** One of the assets; may be left out. */
  | { readonly kind: 'asset'; readonly about: string }
  /** Shares by asset that sum to one; an asset that is not named has none. */
  | { readonly kind: 'shares'; readonly isRequired: boolean; readonly about: string }

export type ParameterTerms = Readonly<Record<string, ParameterTerm>>

type ValueOf<Term extends ParameterTerm> = Term extends { readonly kind: 'number' }
  ? number
  : Term extends { readonly kind: 'asset' }
    ? AssetKey | undefined
    : Term extends { readonly isRequired: true }
      ? readonly number[]
      : readonly number[] | undefined

/** Values as a setter takes them; shares are in the order of the assets. */
export type ParametersOf<Terms extends ParameterTerms> = { readonly [Name in keyof Terms]: ValueOf<Terms[Name]> }

/** What rounding may take from a sum of shares that somebody wrote down. */
const SUM_TOLERANCE = 1e-9

/** Values that fit the terms, defaults filled in; a refusal that names the first parameter that does not fit. */
export function readParameters<Terms extends ParameterTerms>(
  setter: string,
  terms: Terms,
  given: Readonly<Record<string, unknown>>,
  assets: readonly TargetAsset[],
): { readonly status: 'read'; readonly values: ParametersOf<Terms> } | TargetRefusal {
  const odd = Object.keys(given).find((name) => !Object.hasOwn(terms, name))
  if (odd !== undefined) {
    const known = Object.keys(terms).join(', ') || 'none'
    return refuseTargets('bad-parameter', `Target setter ${setter} has no parameter ${odd}; it takes: ${known}.`)
  }
  const values: Record<string, unknown> = {}
  for (const [name, term] of Object.entries(terms)) {
    const read = readOne(term, given[name], assets)
    if ('expected' in read) {
      const got = given[name] === undefined ? 'nothing' : read.got
      const detail = `Parameter ${name} of target setter ${setter} should be ${read.expected}, got ${got}.`
      return refuseTargets('bad-parameter', detail)
    }
    values[name] = read.value
  }
  // Every name of the terms was read by its own term.
  return { status: 'read', values: values as ParametersOf<Terms> }
}

type Read = { readonly value: unknown } | { readonly expected: string; readonly got: string }

function readOne(term: ParameterTerm, given: unknown, assets: readonly TargetAsset[]): Read {
  switch (term.kind) {
    case 'number': {
      const value = given === undefined ? term.fallback : given
      if (typeof value === 'number' && value >= term.minimum && value <= term.maximum) return { value }
      return { expected: `a number from ${term.minimum} to ${term.maximum}`, got: wordsOf(given) }
    }
    case 'asset':
      if (given === undefined || assets.some(({ key }) => key === given)) return { value: given }
      return { expected: `one of ${namesOf(assets)}`, got: wordsOf(given) }
    case 'shares':
      return given === undefined && !term.isRequired ? { value: undefined } : readShares(given, assets)
  }
}

function readShares(given: unknown, assets: readonly TargetAsset[]): Read {
  const expected = `shares by asset (${namesOf(assets)}), none negative, that sum to one`
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return { expected, got: wordsOf(given) }
  for (const [asset, share] of Object.entries(given)) {
    const isFine = assets.some(({ key }) => key === asset) && typeof share === 'number' && share >= 0 && share <= 2
    if (!isFine) return { expected, got: `${wordsOf(share)} for ${asset}` }
  }
  const shares = new Map<AssetKey, number>(Object.entries(given))
  const value = assets.map(({ key }) => shares.get(key) ?? 0)
  const sum = value.reduce((total, share) => total + share, 0)
  if (Math.abs(sum - 1) > SUM_TOLERANCE) return { expected, got: `a sum of ${percent(sum)}` }
  return { value: value.map((share) => share / sum) }
}

function namesOf(assets: readonly TargetAsset[]): string {
  return assets.map(({ key }) => key).join(', ')
}

/** Numbers and short texts as they are, anything else by its kind. */
function wordsOf(given: unknown): string {
  if (typeof given === 'number' || typeof given === 'boolean') return String(given)
  return typeof given === 'string' ? `"${given.slice(0, 40)}"` : given === null ? 'null' : typeof given
}
