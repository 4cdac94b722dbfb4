import { seededRandom } from '../../sandbox/randomness.js'
import { CRASH_POINTS, type CrashPoint } from '../../src/ports/failpoints.js'

/** What a run does with money. */
export const FLOWS = [
  'plan',
  'swap',
  'approve-swap',
  'bridge',
  'bridge-refund',
  'bridge-partial',
  'replacement',
  'cancel',
] as const
export type Flow = (typeof FLOWS)[number]

/** What happens to the world while the daemon is dead. */
export const ENVIRONMENTS = ['quiet', 'reorg', 'base-fee', 'endpoint', 'postgres'] as const
export type Environment = (typeof ENVIRONMENTS)[number]

export interface Cell {
  readonly flow: Flow
  readonly point: CrashPoint
  readonly environment: Environment
}

/** One cell with the number that decides everything left open: which hit, how long it stays dead, whether it dies again. */
export interface Run extends Cell {
  readonly seed: number
}

/** What every transaction passes once; K-09 twice, before and after its commit. */
const OF_A_TRANSACTION = [
  ...(['K-04', 'K-05', 'K-06', 'K-07', 'K-08', 'K-10', 'K-11', 'K-12', 'K-13', 'K-14', 'K-15'] as const),
]
const oneTransaction = { ...times(1, 'K-03', ...OF_A_TRANSACTION), 'K-09': 2 }
const approvalAndTrade = { ...times(2, ...OF_A_TRANSACTION), ...times(1, 'K-03', 'K-22'), 'K-09': 4 }
/** Where the daemon is told something from outside: asked to end, or paused. */
const toldOutside = times(1, 'K-28', 'K-29')

/**
 * The points a flow passes without fail, and how often at least. A run that does not reach its point is a failure, so
 * that a point which the code has lost is noticed.
 */
const PASSED: Readonly<Record<Flow, Readonly<Partial<Record<CrashPoint, number>>>>> = {
  plan: times(1, 'K-01', 'K-02', 'K-03'),
  swap: { ...oneTransaction, ...toldOutside },
  'approve-swap': { ...approvalAndTrade, ...toldOutside },
  bridge: { ...approvalAndTrade, ...toldOutside, 'K-25': 1, 'K-26': 2 },
  'bridge-refund': { 'K-13': 2, 'K-15': 2, 'K-25': 1, 'K-27': 2, 'K-28': 1 },
  'bridge-partial': { 'K-13': 2, 'K-15': 2, 'K-25': 1, 'K-27': 1, 'K-28': 1 },
  replacement: times(1, 'K-10', 'K-13', 'K-14', 'K-15', 'K-17', 'K-18', 'K-19', 'K-20', 'K-28'),
  cancel: { ...times(1, 'K-14', 'K-15', 'K-22', 'K-23', 'K-28', 'K-29'), ...times(2, 'K-10', 'K-13', 'K-21') },
}

function times(count: number, ...points: readonly CrashPoint[]): Partial<Record<CrashPoint, number>> {
  return Object.fromEntries(points.map((point) => [point, count]))
}

/** Why no cell has a point. */
const ELSEWHERE: Readonly<Partial<Record<CrashPoint, string>>> = {
  'K-16': 'a state, not a moment: every cell with the environment reorg is it',
  'K-24': 'events are told to log and metrics, never delivered; nobody relies on one',
}

export function hitsOf({ flow, point }: Pick<Cell, 'flow' | 'point'>): number {
  return PASSED[flow][point] ?? 0
}

export const CELLS: readonly Cell[] = FLOWS.flatMap((flow) =>
  CRASH_POINTS.map((point) => point as CrashPoint)
    .filter((point) => hitsOf({ flow, point }) > 0)
    .flatMap((point) => ENVIRONMENTS.map((environment) => ({ flow, point, environment }))),
)

/** Points of the catalogue that no cell has, each with the reason. */
export function pointsElsewhere(): { readonly point: string; readonly reason: string }[] {
  return CRASH_POINTS.map((point) => point as CrashPoint)
    .filter((point) => FLOWS.every((flow) => hitsOf({ flow, point }) === 0))
    .map((point) => ({ point, reason: ELSEWHERE[point] ?? 'no flow passes it' }))
}

/**
 * So many runs: every cell once before any comes again, in an order and with seeds that the one seed decides. Environments
 * and flows are mixed, so that a short run is a sample of all.
 */
export function chooseRuns(count: number, seed: number): Run[] {
  const runs: Run[] = []
  for (let round = 0; runs.length < count; round++) {
    const draw = seededRandom(seed * 1_000 + round)
    const order = CELLS.map((cell) => ({ cell, place: draw() })).toSorted((a, b) => a.place - b.place)
    for (const { cell } of order)
      if (runs.length < count) runs.push({ ...cell, seed: 1 + Math.floor(draw() * 1_000_000) })
  }
  return runs
}

export function nameOf({ flow, point, environment, seed }: Run): string {
  return [flow, point, environment, seed].join('/')
}

/** The one command that repeats a run. */
export function commandOf(run: Run): string {
  return `npm run test:crash-matrix -- --only ${nameOf(run)}`
}

/** A run by its name; what is wrong with it as an error for a person. */
export function runNamed(name: string): Run {
  const [flow, point, environment, seed, ...rest] = name.split('/')
  const cell = CELLS.find((one) => one.flow === flow && one.point === point && one.environment === environment)
  if (!cell || rest.length > 0 || !/^\d{1,9}$/.test(seed ?? ''))
    throw new Error(
      `Expected flow/point/environment/seed with one of the flows ${FLOWS.join(', ')}, a point that it passes, one of the environments ${ENVIRONMENTS.join(', ')} and a whole number, came "${name}".`,
    )
  return { ...cell, seed: Number(seed) }
}
