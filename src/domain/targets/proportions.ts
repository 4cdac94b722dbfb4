/** Parts scaled to a sum of one; they are not negative, finite, and not all zero. */
export function proportional(parts: readonly number[]): number[] {
  const total = sumOf(parts)
  return parts.map((part) => part / total)
}

export function sumOf(parts: readonly number[]): number {
  return parts.reduce((total, part) => total + part, 0)
}
