import { Worker } from 'node:worker_threads'
import type { LinearModel, Solution } from '../../domain/planning/linear-model.js'
import { Solver } from '../../ports/solver.js'

export interface HighsSolverOptions {
  /** Wall-clock bound on a solve whose model names none. */
  readonly longestSeconds?: number
  /** What the solver's thread runs, if not HiGHS itself. */
  readonly workerUrl?: URL
}

type Message = 'ready' | { readonly id: number; readonly solution: Solution }

/** Reading and compiling the solver takes a tenth of this on a slow machine. */
const STARTUP_MS = 30_000
/** What a solve may take beyond its own time limit before its thread is ended. */
const GRACE_SECONDS = 1
const LONGEST_TIMER_MS = 2 ** 31 - 1
/** HiGHS refuses coefficients from here on, without naming them. */
const COEFFICIENT_LIMIT = 1e15
/** HiGHS takes costs from here on for infinite. */
const COST_LIMIT = 1e20

/**
 * HiGHS in a thread of its own, because it blocks while it works. The thread starts with the first solve and is kept; it
 * holds the process open only while it solves. One that overruns, breaks or dies takes its solve with it as `failed`,
 * and the next solve starts another. Models are solved in the order they are handed in, one at a time.
 *
 * HiGHS drops coefficients of 1e-9 and less, and takes bounds of 1e20 and more for infinite. Whole-number columns are
 * whole to within 1e-6.
 */
export class HighsSolver extends Solver {
  private worker: Worker | undefined
  private queue: Promise<unknown> = Promise.resolve()
  private lastId = 0
  private isClosed = false

  constructor(private readonly options: HighsSolverOptions = {}) {
    super()
  }

  override solve(model: LinearModel): Promise<Solution> {
    const solution = this.queue.then(() => this.solveNext(model))
    this.queue = solution
    return solution
  }

  /** Ends the thread. What it was solving, and every solve from here on, is `failed`. */
  async close(): Promise<void> {
    this.isClosed = true
    await this.worker?.terminate()
  }

  private async solveNext(model: LinearModel): Promise<Solution> {
    try {
      const fault = faultOf(model)
      if (fault !== undefined) return { status: 'failed', reason: fault }
      if (this.isClosed) throw new Error('The solver is closed.')
      const worker = this.worker ?? (await this.start())
      worker.ref()
      const id = ++this.lastId
      worker.postMessage({ id, model })
      const { seconds } = model.limits
      const limitSeconds = seconds === undefined ? (this.options.longestSeconds ?? 60) : seconds + GRACE_SECONDS
      return await heard(
        worker,
        (message) => (message !== 'ready' && message.id === id ? message.solution : undefined),
        limitSeconds * 1000,
      )
    } catch (error) {
      this.dropWorker()
      const reason = error instanceof Error ? error.message : String(error)
      return { status: 'failed', reason: this.isClosed ? 'The solver is closed.' : reason }
    } finally {
      this.worker?.unref()
    }
  }

  private async start(): Promise<Worker> {
    const url = this.options.workerUrl ?? new URL('./highs-worker.mjs', import.meta.url)
    // Neither the loaders of this process nor its environment, which has secrets in it.
    const worker = new Worker(url, { execArgv: [], env: {} })
    this.worker = worker
    // Without a listener, the error of a thread that nobody waits for would end the process.
    worker.on('error', () => {})
    worker.once('exit', () => {
      if (this.worker === worker) this.worker = undefined
    })
    await heard(worker, (message) => (message === 'ready' ? message : undefined), STARTUP_MS)
    return worker
  }

  private dropWorker(): void {
    const { worker } = this
    this.worker = undefined
    void worker?.terminate()
  }
}

/** What `wanted` takes from the first message it takes anything from. Rejects if that does not come in time. */
function heard<T>(worker: Worker, wanted: (message: Message) => T | undefined, limitMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer)
      worker.off('message', onMessage)
      worker.off('error', onError)
      worker.off('exit', onExit)
    }
    const fail = (reason: string, cause?: unknown): void => {
      stop()
      reject(new Error(reason, { cause }))
    }
    const onMessage = (message: Message): void => {
      const answer = wanted(message)
      if (answer === undefined) return
      stop()
      resolve(answer)
    }
    const onError = (error: Error): void => fail(`The solver's thread broke: ${error.message}`, error)
    const onExit = (): void => fail(`The solver's thread ended without an answer.`)
    const timer = setTimeout(
      // Messages that came while this thread was busy are read first.
      () => setImmediate(() => fail(`The solver gave no answer within ${limitMs / 1000} s and was ended.`)),
      Math.min(limitMs, LONGEST_TIMER_MS),
    )
    worker.on('message', onMessage)
    worker.on('error', onError)
    worker.on('exit', onExit)
  })
}

/** What HiGHS would misread or refuse without saying why. */
function faultOf({ columns, rows, limits }: LinearModel): string | undefined {
  if (columns.cost.length === 0) return 'The model has no columns.'
  for (const [column, cost] of columns.cost.entries()) {
    if (!(Math.abs(cost) < COST_LIMIT)) return `Column ${column} costs ${cost}: expected less than ${COST_LIMIT}.`
  }
  const boundsFault = boundsFaultOf('Column', columns) ?? boundsFaultOf('Row', rows)
  if (boundsFault !== undefined) return boundsFault
  const lastRowOf = new Map<number, number>()
  for (const row of rows.lower.keys()) {
    for (let entry = rows.starts[row]!; entry < rows.starts[row + 1]!; entry += 1) {
      const column = rows.columns[entry]!
      const value = rows.values[entry]!
      if (!(Math.abs(value) < COEFFICIENT_LIMIT)) {
        return `Row ${row} has the coefficient ${value} on column ${column}: expected less than ${COEFFICIENT_LIMIT}.`
      }
      if (lastRowOf.get(column) === row) return `Row ${row} has two coefficients on column ${column}: expected one.`
      lastRowOf.set(column, row)
    }
  }
  for (const name of ['relativeGap', 'absoluteGap', 'seconds'] as const) {
    const limit = limits[name]
    if (limit !== undefined && !(limit >= 0)) return `The limit ${name} is ${limit}: expected zero or more.`
  }
  const { nodes } = limits
  if (nodes !== undefined && !(Number.isInteger(nodes) && nodes >= 0 && nodes < 2 ** 31)) {
    return `The limit nodes is ${nodes}: expected a whole number below 2³¹.`
  }
  return undefined
}

function boundsFaultOf(
  what: 'Column' | 'Row',
  { lower, upper }: { readonly lower: readonly number[]; readonly upper: readonly number[] },
): string | undefined {
  for (const [index, least] of lower.entries()) {
    const most = upper[index]
    if (most === undefined || !(least < Infinity && most > -Infinity)) {
      return `${what} ${index} lies between ${least} and ${most}: expected numbers with something between them.`
    }
  }
  return undefined
}
