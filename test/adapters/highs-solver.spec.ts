import { afterAll, afterEach, describe, expect, it, jest } from '@jest/globals'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { HighsSolver, type HighsSolverOptions } from '../../src/adapters/optimiser/highs-solver.js'
import {
  type LinearModel,
  ModelBuilder,
  type SolveLimits,
  type Solution,
} from '../../src/domain/planning/linear-model.js'

jest.setTimeout(30_000)

const EXACT: SolveLimits = { relativeGap: 0, absoluteGap: 0 }
const FREE = Infinity
/** A quarter of what the solves of the test below would leave behind. */
const LEAK_BYTES = 24 * 2 ** 20

const solver = new HighsSolver()
const opened: HighsSolver[] = [solver]
const open = (options: HighsSolverOptions): HighsSolver => {
  const own = new HighsSolver(options)
  opened.push(own)
  return own
}
afterEach(async () => {
  await Promise.all(opened.splice(1).map((each) => each.close()))
})
afterAll(() => solver.close())

/** Two products for one workshop: at best 20 of the first and 10 of the second. */
function workshop(isInteger: boolean, limits = EXACT): LinearModel {
  const model = new ModelBuilder()
  const chairs = model.column(-30, 0, FREE, isInteger)
  const tables = model.column(-50, 0, FREE, isInteger)
  const hours: [number, number][] = [
    [chairs, 1],
    [tables, 2],
  ]
  model.row(-FREE, 40.9, hours)
  model.row(-FREE, 50.8, [
    [chairs, 2],
    [tables, 1],
  ])
  return model.build(limits)
}

/** Splits numbers into halves of equal sum as far as possible: small, and yet not solved within minutes. */
function marketSplit(rows: number, columns: number, limits: SolveLimits): LinearModel {
  const model = new ModelBuilder()
  const chosen = Array.from({ length: columns }, () => model.column(0, 0, 1, true))
  let seed = 7
  for (let row = 0; row < rows; row += 1) {
    const sizes = chosen.map((column): [number, number] => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
      return [column, Math.floor((seed / 2 ** 31) * 100)]
    })
    const half = Math.floor(sizes.reduce((sum, [, size]) => sum + size, 0) / 2)
    model.row(half, half, [...sizes, [model.column(1, 0, FREE), 1], [model.column(1, 0, FREE), -1]])
  }
  return model.build(limits)
}

/** Carries goods along a chain of places, in pieces that cost more and more. */
function transport(places: number, pieces: number): LinearModel {
  const model = new ModelBuilder()
  const balances = Array.from({ length: places }, (): [number, number][] => [])
  for (let place = 0; place < places; place += 1) {
    for (let piece = 0; piece < pieces; piece += 1) {
      const step = 1 + (piece % 3)
      const column = model.column(1 + ((place * 7 + piece * 13) % 11) + piece, 0, 3 + piece)
      balances[place]!.push([column, -1])
      balances[(place + step) % places]!.push([column, 0.99])
    }
  }
  balances.forEach((entries, place) => {
    const wanted = place % 2 === 0 ? -4 : 3
    model.row(wanted, FREE, entries)
  })
  return model.build(EXACT)
}

const found = (solution: Solution) => {
  if ('reason' in solution) throw new Error(solution.reason)
  return solution
}

describe('answers', () => {
  it('solves a linear program, whose bound is its objective', async () => {
    const solution = found(await solver.solve(workshop(false)))
    expect(solution.status).toBe('optimal')
    expect(solution.values[0]).toBeCloseTo(20.2333, 3)
    expect(solution.values[1]).toBeCloseTo(10.3333, 3)
    expect(solution.objective).toBeCloseTo(-1123.6667, 3)
    expect(solution.bound).toBe(solution.objective)
  })

  it('solves for whole numbers where columns ask for them', async () => {
    expect(await solver.solve(workshop(true))).toEqual({
      status: 'optimal',
      values: [20, 10],
      objective: -1100,
      bound: -1100,
    })
  })

  it('calls a program without a solution infeasible, with and without whole numbers', async () => {
    for (const isInteger of [false, true]) {
      const model = new ModelBuilder()
      const column = model.column(-1, 0, FREE, isInteger)
      model.row(3.2, 3.8, [[column, isInteger ? 1 : 0.5]])
      model.row(-FREE, 3, [[column, 1]])
      expect((await solver.solve(model.build(EXACT))).status).toBe('infeasible')
    }
  })

  it('fails a program whose cost has no least, with and without whole numbers', async () => {
    for (const isInteger of [false, true]) {
      const model = new ModelBuilder()
      const column = model.column(-1, 0, FREE, isInteger)
      model.row(1, FREE, [[column, 1]])
      expect(await solver.solve(model.build(EXACT))).toEqual({
        status: 'failed',
        reason: expect.stringContaining('unbounded'),
      })
    }
  })

  it('agrees with trying every solution, on matrices of any shape', async () => {
    const small = fc.integer({ min: -4, max: 4 })
    const models = fc
      .record({ columns: fc.integer({ min: 1, max: 4 }), rows: fc.integer({ min: 0, max: 3 }) })
      .chain((shape) =>
        fc.record({
          costs: fc.array(small, { minLength: shape.columns, maxLength: shape.columns }),
          rows: fc.array(
            fc.record({
              values: fc.array(small, { minLength: shape.columns, maxLength: shape.columns }),
              lower: fc.integer({ min: -6, max: 3 }),
              width: fc.integer({ min: 0, max: 6 }),
            }),
            { minLength: shape.rows, maxLength: shape.rows },
          ),
        }),
      )
    await fc.assert(
      fc.asyncProperty(models, async ({ costs, rows }) => {
        const model = new ModelBuilder()
        for (const cost of costs) model.column(cost, 0, 2, true)
        for (const { values, lower, width } of rows) model.row(lower, lower + width, values.entries())
        const fits = (x: readonly number[]): boolean =>
          rows.every(({ values, lower, width }) => {
            const sum = dot(values, x)
            return sum >= lower && sum <= lower + width
          })
        const least = Math.min(
          ...everyPoint(costs.length, 2)
            .filter(fits)
            .map((x) => dot(costs, x)),
        )
        const solution = await solver.solve(model.build(EXACT))
        if (least === Infinity) {
          expect(solution.status).toBe('infeasible')
          return
        }
        const { objective, values, bound } = found(solution)
        const whole = values.map(Math.round)
        expect(solution.status).toBe('optimal')
        expect(objective).toBeCloseTo(least, 6)
        expect(bound).toBeCloseTo(least, 6)
        expect(fits(whole)).toBe(true)
        expect(dot(costs, whole)).toBe(least)
      }),
      { numRuns: 80 },
    )
  })
})

describe('limits', () => {
  it('gives what it has at its limit of nodes, with a bound below it', async () => {
    const solution = found(await solver.solve(marketSplit(3, 20, { ...EXACT, nodes: 20 })))
    expect(solution.status).toBe('limit')
    expect(solution.values).toHaveLength(26)
    expect(solution.objective).toBeGreaterThan(1)
    expect(solution.bound).toBeLessThan(solution.objective)
  })

  it('gives what it has at its time limit', async () => {
    expect((await solver.solve(marketSplit(4, 30, { ...EXACT, seconds: 0.5 }))).status).toBe('limit')
  })

  it('fails when a limit leaves it without a solution', async () => {
    const { reason } = (await solver.solve(marketSplit(4, 30, { ...EXACT, nodes: 0 }))) as { reason: string }
    expect(reason).toContain('solutionLimit')
  })

  it('stops at the gap it is given', async () => {
    const { objective, bound, status } = found(
      await solver.solve(marketSplit(4, 30, { relativeGap: 0, absoluteGap: 1_000 })),
    )
    expect(status).toBe('optimal')
    expect(objective - bound).toBeGreaterThan(1)
  })
})

describe('refusals before the solver sees the model', () => {
  const change = (part: object, limits: object = {}): LinearModel => {
    const model = workshop(true, { ...EXACT, ...limits })
    return { ...model, rows: { ...model.rows, ...part } }
  }
  const withColumns = (part: object): LinearModel => {
    const model = workshop(true)
    return { ...model, columns: { ...model.columns, ...part } }
  }
  it.each([
    ['no columns', new ModelBuilder().build(EXACT), 'no columns'],
    ['a cost that is no number', withColumns({ cost: [1, NaN] }), 'Column 1 costs NaN'],
    ['an infinite cost', withColumns({ cost: [-Infinity, 1] }), 'Column 0 costs -Infinity'],
    ['a bound that is no number', withColumns({ upper: [NaN, 1] }), 'Column 0 lies between 0 and NaN'],
    ['a column above everything', withColumns({ lower: [0, Infinity] }), 'Column 1 lies between Infinity'],
    ['a bound too few', withColumns({ upper: [5] }), 'Column 1 lies between 0 and undefined'],
    ['a row below everything', change({ upper: [-Infinity, 1] }), 'Row 0 lies between'],
    [
      'a coefficient that is no number',
      change({ values: [1, NaN, 1, 1] }),
      'Row 0 has the coefficient NaN on column 1',
    ],
    ['an infinite coefficient', change({ values: [1, 1, Infinity, 1] }), 'Row 1 has the coefficient Infinity'],
    ['a coefficient past the limit', change({ values: [1e15, 1, 1, 1] }), 'Row 0 has the coefficient'],
    ['a coefficient too few', change({ starts: [0, 2, 5] }), 'Row 1 has the coefficient undefined'],
    ['two coefficients in one place', change({ columns: [0, 0, 0, 1] }), 'Row 0 has two coefficients on column 0'],
    ['a gap that is no number', change({}, { relativeGap: NaN }), 'The limit relativeGap is NaN'],
    ['negative seconds', change({}, { seconds: -1 }), 'The limit seconds is -1'],
    ['half a node', change({}, { nodes: 0.5 }), 'The limit nodes is 0.5'],
  ])('%s', async (_, model, reason) => {
    const own = open({ workerUrl: thread(`throw new Error('must not be started')`) })
    expect(await own.solve(model)).toEqual({ status: 'failed', reason: expect.stringContaining(reason) })
  })

  it.each([
    ['a coefficient on no column', change({ columns: [0, 1, 0, 5] }), 'HiGHS refused the model: matrix.indices[3]'],
    ['rows that end short of the coefficients', change({ starts: [0, 2, 3] }), 'HiGHS refused the model'],
    ['what cannot be sent to a thread', change({ extra: () => 0 }), 'could not be cloned'],
    ['what is no model', {} as LinearModel, 'undefined'],
  ])('and after it did: %s; the next solve is good', async (_, model, reason) => {
    expect(await solver.solve(model)).toEqual({ status: 'failed', reason: expect.stringContaining(reason) })
    expect(found(await solver.solve(workshop(true))).objective).toBe(-1100)
  })
})

describe('repeatability', () => {
  it('gives the same solution bit for bit, from one thread or another, fresh or used', async () => {
    const models = [transport(12, 8), workshop(false), marketSplit(3, 16, { ...EXACT, nodes: 20 })]
    const other = open({})
    for (const model of models) {
      const first = await solver.solve(model)
      found(first)
      expect(await solver.solve(model)).toEqual(first)
      expect(await other.solve(model)).toEqual(first)
    }
  })

  it('solves in the order asked and gives each its own answer', async () => {
    const done: number[] = []
    const answers = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const model = new ModelBuilder()
        model.column(1, index, FREE)
        const { objective } = found(await solver.solve(model.build(EXACT)))
        done.push(index)
        return objective
      }),
    )
    expect(answers).toEqual([...answers.keys()])
    expect(done).toEqual(answers)
  })

  it('keeps nothing of the models it solved', async () => {
    const model = transport(60, 20)
    const solveMany = async (times: number): Promise<void> => {
      for (let time = 0; time < times; time += 1) found(await solver.solve(model))
    }
    await solveMany(60)
    const before = process.memoryUsage.rss()
    await solveMany(120)
    expect(process.memoryUsage.rss() - before).toBeLessThan(LEAK_BYTES)
  })
})

describe('its thread', () => {
  it('is ended when it overruns, and the next solve has another', async () => {
    const own = open({ longestSeconds: 0.8 })
    const started = performance.now()
    const [overrun, good] = await Promise.all([own.solve(marketSplit(6, 60, EXACT)), own.solve(workshop(true))])
    expect(overrun).toEqual({ status: 'failed', reason: 'The solver gave no answer within 0.8 s and was ended.' })
    expect(found(good).values).toEqual([20, 10])
    expect(performance.now() - started).toBeLessThan(4_000)
  })

  it.each([
    ['breaks', `throw new Error('out of memory')`, "The solver's thread broke: out of memory"],
    ['ends', 'process.exit(0)', "The solver's thread ended without an answer."],
  ])('takes with it what it solves when it %s, and the next solve has another', async (_, act, reason) => {
    const own = open({ workerUrl: thread(READY, onModel(`if (model.columns.cost[0] === 1) ${act}; ${ANSWER}`)) })
    const [good, bad] = [new ModelBuilder(), new ModelBuilder()]
    good.column(2, 0, 1)
    bad.column(1, 0, 1)
    const solutions = [good, bad, bad, good].map((model) => own.solve(model.build(EXACT)))
    const failure = { status: 'failed', reason }
    // The thread counts its answers: the last one, too, is the first of its own.
    const answer = { status: 'optimal', values: [], objective: 1, bound: 1 }
    expect(await Promise.all(solutions)).toEqual([answer, failure, failure, answer])
  })

  it('may break while nobody waits for it', async () => {
    const own = open({
      workerUrl: thread(READY, onModel(`${ANSWER}; setTimeout(() => { throw new Error('late') })`)),
    })
    expect(found(await own.solve(workshop(true))).objective).toBe(1)
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(found(await own.solve(workshop(true))).objective).toBe(1)
  })

  it('fails the solve when it cannot start', async () => {
    const own = open({ workerUrl: thread(`throw new Error('no such file')`) })
    const failure = { status: 'failed', reason: "The solver's thread broke: no such file" }
    expect(await own.solve(workshop(true))).toEqual(failure)
    expect(await own.solve(workshop(true))).toEqual(failure)
  })

  it('is not believed for another model', async () => {
    const stale = `parentPort.postMessage({ id: id - 1, solution: { status: 'failed', reason: 'stale' } })`
    const own = open({ workerUrl: thread(READY, onModel(`${stale}; ${ANSWER}`)) })
    expect(found(await own.solve(workshop(true))).objective).toBe(1)
    expect(found(await own.solve(workshop(true))).objective).toBe(2)
  })

  it('ends with the solver, and all that waits fails', async () => {
    const own = open({})
    const running = [own.solve(marketSplit(6, 60, EXACT)), own.solve(workshop(true))]
    await new Promise((resolve) => setTimeout(resolve, 200))
    await own.close()
    const closed = { status: 'failed', reason: 'The solver is closed.' }
    expect(await Promise.all([...running, own.solve(workshop(true))])).toEqual([closed, closed, closed])
    await own.close()
  })

  it('holds the process open while it solves and no longer, and runs under tsx', async () => {
    const root = join(import.meta.dirname, '..', '..')
    const program = `
      import { HighsSolver } from './src/adapters/optimiser/highs-solver.js'
      import { ModelBuilder } from './src/domain/planning/linear-model.js'
      const model = new ModelBuilder()
      model.column(-1, 0, 5.5, true)
      const solution = await new HighsSolver().solve(model.build({ relativeGap: 0, absoluteGap: 0 }))
      console.log(solution.objective)`
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '--eval', program],
      { cwd: root, timeout: 8_000 },
    )
    expect(stdout).toBe('-5\n')
  }, 10_000)
})

/** A thread to put in the place of HiGHS. */
function thread(...lines: string[]): URL {
  const source = [`import { parentPort } from 'node:worker_threads'`, ...lines].join('\n')
  return new URL(`data:text/javascript,${encodeURIComponent(source)}`)
}
const READY = `let count = 0; parentPort.postMessage('ready')`
const ANSWER = `count += 1
  parentPort.postMessage({ id, solution: { status: 'optimal', values: [], objective: count, bound: count } })`
function onModel(act: string): string {
  return `parentPort.on('message', ({ id, model }) => { ${act} })`
}

function dot(left: readonly number[], right: readonly number[]): number {
  return left.reduce((sum, value, index) => sum + value * right[index]!, 0)
}

function everyPoint(dimensions: number, most: number): number[][] {
  if (dimensions === 0) return [[]]
  return everyPoint(dimensions - 1, most).flatMap((point) =>
    Array.from({ length: most + 1 }, (_, value) => [...point, value]),
  )
}
