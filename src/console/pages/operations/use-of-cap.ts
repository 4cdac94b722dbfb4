import type { CountOfCap, PortfolioLimits, UseOfCap } from './api.js'

/** How much of a cap is used; `share` is 1 at the cap, and null where there is nothing to use. */
export interface Use {
  readonly share: number | null
  readonly level: 'free' | 'near' | 'reached'
}

/** From this share on a cap is worth a look. */
const NEAR = 0.8

export function useOf(cap: UseOfCap | CountOfCap): Use {
  const [used, most] = 'used' in cap ? [cap.used, cap.cap] : [Number(cap.usedUsd), Number(cap.capUsd)]
  if (most <= 0) return { share: null, level: used > 0 ? 'reached' : 'free' }
  const share = used / most
  return { share, level: share >= 1 ? 'reached' : share >= NEAR ? 'near' : 'free' }
}

export interface CapLine {
  readonly name: string
  readonly group: string
  readonly cap: UseOfCap | CountOfCap
}

/** Every cap of a portfolio with its name, in the order in which people ask for them. */
export function capLines(limits: PortfolioLimits): CapLine[] {
  const money = (name: string, cap: UseOfCap): CapLine => ({ name, group: 'Money', cap })
  const counts = (name: string, cap: CountOfCap): CapLine => ({ name, group: 'Counts', cap })
  return [
    money('Turnover, last hour', limits.turnoverPerHour),
    money('Turnover, last day', limits.turnoverPerDay),
    money('Loss without gas, last day', limits.lossPerDay),
    money('Gas, last day', limits.gasPerDay),
    money('In flight over bridges', limits.inFlight),
    counts('Cycles that traded, last day', limits.cyclesPerDay),
    counts('Failures in a row', limits.failuresInRow),
    counts('Failures, last hour', limits.failuresPerHour),
    ...limits.chains.map(({ chain, transactionsPerHour }) => ({
      name: `${chain}: transactions, last hour`,
      group: 'Chains',
      cap: transactionsPerHour,
    })),
    ...limits.bridges.flatMap(({ bridge, inFlight, perDay }) => [
      { name: `${bridge}: in flight`, group: 'Bridges', cap: inFlight },
      { name: `${bridge}: last day`, group: 'Bridges', cap: perDay },
    ]),
  ]
}

/** The caps that are reached or nearly so, the fullest first. */
export function tightest(lines: readonly CapLine[]): CapLine[] {
  return lines
    .filter(({ cap }) => useOf(cap).level !== 'free')
    .toSorted((a, b) => (useOf(b.cap).share ?? Infinity) - (useOf(a.cap).share ?? Infinity))
}
