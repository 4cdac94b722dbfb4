import highsModule, { type Highs, type ModelData } from 'highs'
import { descendByPairs } from '../../domain/rebalancing/pair-descent.js'
import type { Matrix } from '../../domain/statistics/matrix.js'
import type { QuadraticProgram, QuadraticSolver } from '../../domain/rebalancing/quadratic-program.js'

/** The types of `highs` are those of its CommonJS build, where its one export is a property; here it is the module itself. */
const loadHighs = highsModule as unknown as typeof highsModule.default

/** A small program takes a few steps; one that takes so many has gone astray. */
const MOST_STEPS = 10_000

/**
 * Solves programs of a few assets in this thread, so that a policy decides without waiting: those that descending by pairs
 * gets to the end of, which are nearly all and take microseconds, like that; the others by HiGHS, in less than a
 * millisecond. The same program always gives the same answer, whatever was solved before; undefined where there is no
 * optimum, and for a program that is none: sizes that differ, numbers that are none, bounds without anything between them.
 */
export async function loadQuadraticSolver(): Promise<QuadraticSolver> {
  const solveByHighs = await loadHighsQuadratic()
  return (program) => descendByPairs(program) ?? solveByHighs(program)
}

/** HiGHS alone. One model is kept and filled anew for each program, which halves the time. */
export async function loadHighsQuadratic(): Promise<QuadraticSolver> {
  const highs = await loadHighs()
  const model = highs.createModel()
  model.options.set({ output_flag: false, random_seed: 0, qp_iteration_limit: MOST_STEPS })
  return (program) => (isSound(program) ? solve(highs, model, program) : undefined)
}

function solve(
  { constants, errors }: Highs,
  model: ReturnType<Highs['createModel']>,
  program: QuadraticProgram,
): readonly number[] | undefined {
  try {
    model.clearModel()
    model.passModel(modelOf(constants, program))
    model.run()
    if (model.getModelStatus() !== constants.modelStatus.optimal) return undefined
    return [...model.getSolution().colValue]
  } catch (error) {
    if (error instanceof errors.HighsError) return undefined
    throw error
  }
}

function modelOf({ objectiveSense }: Highs['constants'], program: QuadraticProgram): ModelData {
  const { linear, lower, upper, rows, quadratic } = program
  const size = linear.length
  const places = linear.map((_, column) => column)
  return {
    numCols: size,
    numRows: rows.length,
    sense: objectiveSense.minimize,
    colCost: linear,
    colLower: lower,
    colUpper: upper,
    rowLower: rows.map((row) => row.lower),
    rowUpper: rows.map((row) => row.upper),
    matrix: {
      format: 'csr',
      numRows: rows.length,
      numCols: size,
      starts: [0, ...rows.map((_, row) => (row + 1) * size)],
      indices: rows.flatMap(() => places),
      values: rows.flatMap(({ coefficients }) => coefficients),
    },
    hessian: { format: 'triangular', dimension: size, ...lowerTriangle(quadratic) },
  }
}

function isSound({ linear, lower, upper, rows, quadratic }: QuadraticProgram): boolean {
  const size = linear.length
  const isList = (values: readonly number[]) => values.length === size && values.every(Number.isFinite)
  return (
    size > 0 &&
    [linear, lower, upper].every(isList) &&
    lower.every((least, column) => least <= upper[column]!) &&
    quadratic.length === size &&
    quadratic.every(isList) &&
    rows.every((row) => isList(row.coefficients) && Number.isFinite(row.lower + row.upper) && row.lower <= row.upper)
  )
}

/** Columns of the half below the diagonal. */
function lowerTriangle(matrix: Matrix): { starts: number[]; indices: number[]; values: number[] } {
  const starts = [0]
  const indices: number[] = []
  const values: number[] = []
  for (let column = 0; column < matrix.length; column++) {
    for (let row = column; row < matrix.length; row++) {
      indices.push(row)
      values.push(matrix[row]![column]!)
    }
    starts.push(values.length)
  }
  return { starts, indices, values }
}
