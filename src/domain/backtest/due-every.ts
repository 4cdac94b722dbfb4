import type { NextDue } from '../rebalancing/due-times.js'
import { DAY_MS } from '../portfolio/price-table.js'

/** Due at the end of every so many days, counted from the end of the first one. `every` is a whole number from one. */
export function dueEvery(every: number, firstDay: number): NextDue {
  const [start, period] = [(firstDay + 1) * DAY_MS, every * DAY_MS]
  return (after) => start + (Math.floor((after - start) / period) + 1) * period
}
