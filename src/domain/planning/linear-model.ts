/**
 * A linear program, with whole-number columns a mixed-integer one: minimise `cost · x` subject to
 * `rows.lower ≤ A x ≤ rows.upper` and `columns.lower ≤ x ≤ columns.upper`. Infinite bounds are `±Infinity`. Rows are
 * stored one after another: row `i` has the entries `starts[i]` to `starts[i + 1]` of `columns` and `values`.
 */
export interface LinearModel {
  readonly columns: {
    readonly cost: readonly number[]
    readonly lower: readonly number[]
    readonly upper: readonly number[]
    readonly isInteger: readonly boolean[]
  }
  readonly rows: {
    readonly lower: readonly number[]
    readonly upper: readonly number[]
    readonly starts: readonly number[]
    readonly columns: readonly number[]
    readonly values: readonly number[]
  }
  readonly limits: SolveLimits
}

export interface SolveLimits {
  /** Wall-clock bound. What it cuts off depends on the machine; absent in tests. */
  readonly seconds?: number
  /** Bound on branch-and-bound nodes: the same on every machine. */
  readonly nodes?: number
  /** The search ends once the gap between solution and bound is this share of the objective. */
  readonly relativeGap: number
  readonly absoluteGap: number
}

export type Solution =
  | {
      /** `limit`: a feasible solution, with the search cut off before it was proven. */
      readonly status: 'optimal' | 'limit'
      /** One value per column. */
      readonly values: readonly number[]
      readonly objective: number
      /** No solution costs less than this. Equals the objective of a solved program without whole numbers. */
      readonly bound: number
    }
  | { readonly status: 'infeasible' | 'failed'; readonly reason: string }

/** Collects columns and rows of a model in the order they are added; that order is part of the result. */
export class ModelBuilder {
  private readonly cost: number[] = []
  private readonly lower: number[] = []
  private readonly upper: number[] = []
  private readonly isInteger: boolean[] = []
  private readonly rowLower: number[] = []
  private readonly rowUpper: number[] = []
  private readonly starts: number[] = [0]
  private readonly entryColumns: number[] = []
  private readonly entryValues: number[] = []

  /** The new column's index. */
  column(cost: number, lower: number, upper: number, isInteger = false): number {
    this.cost.push(cost)
    this.lower.push(lower)
    this.upper.push(upper)
    this.isInteger.push(isInteger)
    return this.cost.length - 1
  }

  row(lower: number, upper: number, entries: Iterable<readonly [column: number, value: number]>): void {
    for (const [column, value] of entries) {
      if (value === 0) continue
      this.entryColumns.push(column)
      this.entryValues.push(value)
    }
    this.starts.push(this.entryColumns.length)
    this.rowLower.push(lower)
    this.rowUpper.push(upper)
  }

  build(limits: SolveLimits): LinearModel {
    return {
      columns: { cost: this.cost, lower: this.lower, upper: this.upper, isInteger: this.isInteger },
      rows: {
        lower: this.rowLower,
        upper: this.rowUpper,
        starts: this.starts,
        columns: this.entryColumns,
        values: this.entryValues,
      },
      limits,
    }
  }
}
