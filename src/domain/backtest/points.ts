/** A share in basis points with three digits, for sentences of reports. */
export function points(share: number): number {
  return Number((share * 1e4).toPrecision(3))
}
