import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

/** Seconds of an answer, of a request to us, of an evaluation, of a transaction, of a bridge crossing. */
export const ANSWER_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
/** Few, because routes are many. */
export const REQUEST_BUCKETS = [0.01, 0.05, 0.1, 0.5, 1, 5]
export const CYCLE_BUCKETS = [0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800]
export const TRANSACTION_BUCKETS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600]
export const BRIDGE_BUCKETS = [15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 21_600, 86_400]

/** Makers of metrics under one prefix. Counters and histograms begin at 0 for every known combination of labels. */
export function metricMakers(registry: Registry, prefix = 'evenkeel_') {
  const registers = [registry]
  return {
    gauge: <L extends string = never>(
      name: string,
      help: string,
      labelNames: readonly L[] = [],
      collect?: (gauge: Gauge<L>) => void,
    ) =>
      new Gauge<L>({
        name: `${prefix}${name}`,
        help,
        labelNames,
        registers,
        ...(collect && {
          collect(this: Gauge<L>) {
            collect(this)
          },
        }),
      }),
    counter: <L extends string>(
      name: string,
      help: string,
      labelNames: readonly L[],
      known: readonly Record<L, string>[],
    ) => {
      const metric = new Counter<L>({ name: `${prefix}${name}`, help, labelNames, registers })
      for (const one of known) metric.inc(one, 0)
      return metric
    },
    histogram: <L extends string>(
      name: string,
      help: string,
      labelNames: readonly L[],
      buckets: number[],
      known: readonly Record<L, string>[],
    ) => {
      const metric = new Histogram<L>({ name: `${prefix}${name}`, help, labelNames, buckets, registers })
      for (const one of known) metric.zero(one)
      return metric
    },
  }
}

/** Every combination of the given label values. */
export function combine<L extends string>(values: Readonly<Record<L, readonly string[]>>): Record<L, string>[] {
  const names = Object.keys(values) as L[]
  return names.reduce<Record<string, string>[]>(
    (rows, name) => rows.flatMap((row) => values[name].map((value) => ({ ...row, [name]: value }))),
    [{}],
  ) as Record<L, string>[]
}
