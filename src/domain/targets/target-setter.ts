import { type ParametersOf, type ParameterTerms, readParameters } from './parameters.js'
import type { TargetInput } from './target-input.js'
import type { TargetRefusal } from './target-refusal.js'

/** Weights as a setter wants them, before limits and smoothing. */
export interface WantedTargets {
  readonly status: 'set'
  /** In the order of the assets; not negative, with a sum of one to rounding. */
  readonly weights: readonly number[]
  /** Sentences with the numbers the weights rest on. */
  readonly reasons: readonly string[]
  /** Share of NAV at risk, of setters that steer it. */
  readonly exposure?: number
  /** Waiting would break what the setter promises: smoothing does not hold these weights back. */
  readonly isProtective?: boolean
}

export type TargetResult = WantedTargets | TargetRefusal

/** One way to set targets, with its parameters still to be given. */
export interface TargetSetter {
  readonly name: string
  /** One sentence for whoever has to choose. */
  readonly about: string
  readonly parameters: ParameterTerms
  /** Parameters are as somebody wrote them and are checked here; the input is one that `checkInput` let pass. */
  readonly want: (input: TargetInput, given: Readonly<Record<string, unknown>>) => TargetResult
}

interface Definition<Terms extends ParameterTerms> extends Omit<TargetSetter, 'parameters' | 'want'> {
  readonly parameters: Terms
  readonly want: (input: TargetInput, parameters: ParametersOf<Terms>) => TargetResult
}

/** A setter out of a function of typed parameters: refuses parameters that do not fit `parameters`. */
export function targetSetter<const Terms extends ParameterTerms>(definition: Definition<Terms>): TargetSetter {
  const { name, parameters, want } = definition
  return {
    ...definition,
    want: (input, given) => {
      const read = readParameters(name, parameters, given, input.assets)
      return read.status === 'refused' ? read : want(input, read.values)
    },
  }
}
