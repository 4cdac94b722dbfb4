import type { CostGroup } from '../../api/cycles.js'

/** One pair of bars: lengths as shares of the longest bar, 0 to 1. A gain is drawn as none and told in words. */
export interface CostBars {
  readonly key: string
  readonly expected: number
  readonly realised: number
  readonly verdict: string
  readonly isWorse: boolean
}

export function costBars(groups: readonly CostGroup[]): CostBars[] {
  const longest = Math.max(
    0,
    ...groups.flatMap(({ expected, realised }) => [Number(expected.totalUsd), Number(realised.totalUsd)]),
  )
  const length = (usd: string) => (longest === 0 ? 0 : Math.max(0, Number(usd)) / longest)
  return groups.map(({ key, expected, realised, total }) => ({
    key,
    expected: length(expected.totalUsd),
    realised: length(realised.totalUsd),
    verdict: verdictOf(total),
    isWorse: Number(total.differenceUsd) > 0,
  }))
}

/** How realised compares with expected, in basis points of what was sold. */
export function verdictOf({ differenceUsd, differenceBps }: CostGroup['total']): string {
  const difference = Number(differenceUsd)
  if (difference === 0) return 'as expected'
  const size = Math.abs(Number(differenceBps))
  const bps = differenceBps === null ? '' : `${size < 0.1 ? '<0.1' : size.toFixed(1)} bps `
  return `${bps}${difference > 0 ? 'worse' : 'better'} than expected`
}

/** Days in the order of time; everything else by what was sold, the most first. */
export function inOrder(groups: readonly CostGroup[], by: string): CostGroup[] {
  if (by === 'day') return groups.toSorted((a, b) => a.key.localeCompare(b.key))
  return groups.toSorted((a, b) => Number(b.notionalUsd) - Number(a.notionalUsd) || a.key.localeCompare(b.key))
}

const DAY_MS = 86_400_000

/** Where a period of so many days begins that ends with today's, in UTC: ISO 8601, the same all day. */
export function firstDay(now: number, days: number): string {
  return new Date((Math.floor(now / DAY_MS) - (days - 1)) * DAY_MS).toISOString()
}
