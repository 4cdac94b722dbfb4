import type { Positions } from '../../api/answers.js'
import { sum } from '../../parts/decimals.js'

export type Position = Positions['positions'][number]
type Transit = Positions['inTransit'][number]

/** Everything of one asset on one chain; decimal text. */
export interface Cell {
  readonly positions: readonly Position[]
  readonly valueUsd: string
  readonly share: string
  /** From 0, nothing, to 1, the largest cell: how strongly it is tinted. */
  readonly heat: number
}

export interface MatrixChain {
  readonly chain: string
  readonly valueUsd: string
  /** Why nothing is known of it; undefined where it is known. */
  readonly unknown: string | undefined
}

export interface MatrixRow {
  readonly asset: string
  /** The asset whose price it follows, where that is another one. */
  readonly follows: string | undefined
  /** By chain; a chain without any of it is not there. */
  readonly cells: ReadonlyMap<string, Cell>
  /** Of what is under way and in no cell. */
  readonly underWayUsd: string
  /** Of what left after the measurement, and so is still in a cell. */
  readonly leftSinceUsd: string
  readonly totalUsd: string
  /** Why it has no value; undefined where it has one. */
  readonly unknown: string | undefined
}

export interface Matrix {
  readonly chains: readonly MatrixChain[]
  readonly rows: readonly MatrixRow[]
  readonly underWayUsd: string
  readonly leftSinceUsd: string
  readonly totalUsd: string
}

/**
 * Assets by chains, in the order in which the daemon names assets. `known` are chains that belong to the portfolio even
 * where nothing lies on them, in their order.
 */
export function matrixOf({ positions, inTransit, unknown }: Positions, known: readonly string[]): Matrix {
  const counted = inTransit.filter(({ isInPositions }) => !isInPositions)
  const leftSince = inTransit.filter(({ isInPositions }) => isInPositions)
  const chains = unique([
    ...known,
    ...positions.map(({ chain }) => chain),
    ...unknown.chains.map(({ chain }) => chain),
    ...inTransit.flatMap(({ from, to }) => [from, to]),
  ])
  const assets = unique([
    ...positions.map(({ asset }) => asset),
    ...counted.map(({ asset }) => asset),
    ...unknown.assets.map(({ asset }) => asset),
  ])
  const cells = assets.map((asset) => cellsOf(positions.filter((one) => one.asset === asset)))
  const largest = Math.max(0, ...cells.flatMap((row) => [...row.values()].map(({ valueUsd }) => Number(valueUsd))))
  const rows = assets.map((asset, index): MatrixRow => {
    const row = cells[index]!
    const underWayUsd = valueOf(counted.filter((one) => one.asset === asset))
    const follows = positions.find((one) => one.asset === asset)?.follows
    return {
      asset,
      follows: follows === asset ? undefined : follows,
      cells: new Map([...row].map(([chain, cell]) => [chain, { ...cell, heat: heatOf(cell.valueUsd, largest) }])),
      underWayUsd,
      leftSinceUsd: valueOf(leftSince.filter((one) => one.asset === asset)),
      totalUsd: sum([...[...row.values()].map(({ valueUsd }) => valueUsd), underWayUsd]),
      unknown: unknown.assets.find((one) => one.asset === asset)?.reason,
    }
  })
  return {
    chains: chains.map((chain) => ({
      chain,
      valueUsd: sum(positions.filter((one) => one.chain === chain).map(({ valueUsd }) => valueUsd)),
      unknown: unknown.chains.find((one) => one.chain === chain)?.reason,
    })),
    rows,
    underWayUsd: valueOf(counted),
    leftSinceUsd: valueOf(leftSince),
    totalUsd: sum(rows.map(({ totalUsd }) => totalUsd)),
  }
}

/** Whether the sum of what is shown is another one than NAV, by a dollar or more. */
export function isApart(totalUsd: string, navUsd: string | null): boolean {
  return navUsd !== null && Math.abs(Number(totalUsd) - Number(navUsd)) >= 1
}

function cellsOf(positions: readonly Position[]): ReadonlyMap<string, Omit<Cell, 'heat'>> {
  const chains = unique(positions.map(({ chain }) => chain))
  return new Map(
    chains.map((chain) => {
      const here = positions.filter((one) => one.chain === chain)
      const cell = {
        positions: here,
        valueUsd: sum(here.map(({ valueUsd }) => valueUsd)),
        share: sum(here.map(({ share }) => share)),
      }
      return [chain, cell] as const
    }),
  )
}

/** By its root, so that a tenth of the largest cell is still told from nothing. */
function heatOf(valueUsd: string, largest: number): number {
  return largest > 0 ? Math.sqrt(Math.max(0, Number(valueUsd)) / largest) : 0
}

function valueOf(transits: readonly Transit[]): string {
  return sum(transits.flatMap(({ valueUsd }) => valueUsd ?? []))
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)]
}
