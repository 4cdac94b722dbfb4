import { parentPort } from 'node:worker_threads'
import loadHighs from 'highs'

// The thread behind HighsSolver: plain JavaScript, because a worker is started from a file as it is. Says `ready` once,
// and then answers each `{ id, model }` with `{ id, solution }`. What is no refusal of the solver's but a fault of its
// runtime is not caught: it ends the thread, for the memory of a broken runtime cannot be trusted.
const highs = await loadHighs()
const { constants, errors, infinity } = highs
const { modelStatus, solutionStatus, variableType } = constants

function solve({ columns, rows, limits }) {
  const isMixedInteger = columns.isInteger.includes(true)
  const numCols = columns.cost.length
  const numRows = rows.lower.length
  const source = {
    numCols,
    numRows,
    sense: constants.objectiveSense.minimize,
    colCost: columns.cost,
    colLower: columns.lower,
    colUpper: columns.upper,
    rowLower: rows.lower,
    rowUpper: rows.upper,
    matrix: { format: 'csr', numRows, numCols, starts: rows.starts, indices: rows.columns, values: rows.values },
    integrality: columns.isInteger.map((whole) => (whole ? variableType.integer : variableType.continuous)),
  }
  // It uses one thread whatever it is asked for.
  const options = {
    output_flag: false,
    random_seed: 0,
    // Told to use the simplex method, HiGHS would leave whole numbers out of account.
    solver: isMixedInteger ? 'choose' : 'simplex',
    mip_rel_gap: limits.relativeGap,
    mip_abs_gap: limits.absoluteGap,
    ...(limits.seconds !== undefined && { time_limit: limits.seconds }),
    ...(limits.nodes !== undefined && { mip_max_nodes: limits.nodes }),
  }
  const run = (of, read) =>
    highs.withModel(of, (model) => {
      model.options.set(options)
      model.run()
      return read(model)
    })
  const solution = run(source, (model) => solutionOf(model, isMixedInteger))
  if (solution.status !== 'unbounded-or-infeasible') return solution
  // Without costs nothing is unbounded.
  const withoutCosts = run({ ...source, colCost: columns.cost.map(() => 0) }, (model) =>
    solutionOf(model, isMixedInteger),
  )
  if (withoutCosts.status === 'infeasible') return withoutCosts
  return { status: 'failed', reason: 'HiGHS found no least cost: the model is unbounded, or else infeasible.' }
}

function solutionOf(model, isMixedInteger) {
  const status = model.getModelStatus()
  switch (status) {
    case modelStatus.optimal:
      return foundIn(model, 'optimal', isMixedInteger ? model.info.get('mip_dual_bound') : infinity)
    case modelStatus.infeasible:
      return { status: 'infeasible', reason: 'No solution satisfies every row and bound.' }
    case modelStatus.unboundedOrInfeasible:
      return { status: 'unbounded-or-infeasible' }
    case modelStatus.timeLimit:
    case modelStatus.iterationLimit:
    case modelStatus.solutionLimit: // A limit on nodes, too.
      if (model.info.get('primal_solution_status') !== solutionStatus.feasible) break
      return foundIn(model, 'limit', isMixedInteger ? model.info.get('mip_dual_bound') : -infinity)
  }
  const name = Object.keys(modelStatus).find((key) => modelStatus[key] === status)
  return { status: 'failed', reason: `HiGHS ended without a solution (${name ?? status}).` }
}

function foundIn(model, status, bound) {
  const objective = model.getObjectiveValue()
  return { status, values: [...model.getSolution().colValue], objective, bound: Math.min(bound, objective) }
}

parentPort.on('message', ({ id, model }) => {
  try {
    parentPort.postMessage({ id, solution: solve(model) })
  } catch (error) {
    if (!(error instanceof errors.HighsError)) throw error
    parentPort.postMessage({ id, solution: { status: 'failed', reason: `HiGHS refused the model: ${error.message}` } })
  }
})
parentPort.postMessage('ready')
