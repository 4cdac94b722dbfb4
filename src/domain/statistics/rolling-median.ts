import { requireParameter } from './input.js'

/** Median of the last `span` numbers, kept in order so that a new one costs a search and a move. */
export class RollingMedian {
  private readonly sorted: number[] = []
  private readonly recent: number[] = []

  constructor(private readonly span: number) {
    requireParameter('span', span, Number.isInteger(span) && span >= 1, 'a whole number from one')
  }

  get count(): number {
    return this.sorted.length
  }

  /** Throws StatisticsError for what is no number. */
  add(value: number): void {
    requireParameter('value', value, Number.isFinite(value), 'a number')
    if (this.recent.length === this.span) this.sorted.splice(this.placeOf(this.recent.shift()!), 1)
    this.recent.push(value)
    this.sorted.splice(this.placeOf(value), 0, value)
  }

  /** The mean of the two in the middle where their number is even; undefined before the first. */
  median(): number | undefined {
    const { sorted } = this
    const half = sorted.length >> 1
    if (sorted.length === 0) return undefined
    return sorted.length % 2 === 1 ? sorted[half]! : sorted[half - 1]! / 2 + sorted[half]! / 2
  }

  /** Place of the first number that is not smaller. */
  private placeOf(value: number): number {
    let [low, high] = [0, this.sorted.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.sorted[middle]! < value) low = middle + 1
      else high = middle
    }
    return low
  }
}
