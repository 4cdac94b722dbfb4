import type { LinearModel, Solution } from '../domain/planning/linear-model.js'

/** Solves linear and mixed-integer programs. */
export abstract class Solver {
  /**
   * Never rejects: whatever goes wrong is a `failed` solution with the reason. The same model gives the same solution,
   * bit for bit, unless its time limit cut the search off.
   */
  abstract solve(model: LinearModel): Promise<Solution>
}
