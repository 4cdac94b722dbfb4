import {
  type AbiFunction,
  type AbiParameter,
  type DecodeAbiParametersReturnType,
  decodeAbiParameters,
  encodeAbiParameters,
  toFunctionSelector,
} from 'viem'
import type { Hex } from '../../domain/assets.js'
import type { Refusal, RefusalCode } from '../../domain/errors.js'

/** The first four bytes, in lower case. */
export function selectorOf(data: Hex): Hex {
  return data.slice(0, 10).toLowerCase() as Hex
}

/**
 * Reads arguments by their exact types. Undefined when the bytes are anything but the one canonical encoding of the values
 * read: more bytes than needed, dirt in the padding, another order of the parts, text that is no UTF-8.
 */
export function readArguments<const P extends readonly AbiParameter[]>(
  parameters: P,
  encoded: Hex,
): DecodeAbiParametersReturnType<P> | undefined {
  try {
    const values = decodeAbiParameters(parameters, encoded)
    return encodeAbiParameters(parameters, values as never) === encoded ? values : undefined
  } catch {
    return undefined
  }
}

/** The arguments of a call, without its selector. */
export function argumentsOf(data: Hex): Hex {
  return `0x${data.slice(10).toLowerCase()}`
}

/** Selectors of functions, worked out once. */
export function bySelector<F extends AbiFunction>(abi: readonly F[]): ReadonlyMap<Hex, F> {
  return new Map(abi.map((one) => [toFunctionSelector(one), one]))
}

/** Seconds since 1970 as a number. What is too large to be exact is far in the future all the same. */
export function secondsOf(deadline: bigint): number {
  return Number(deadline)
}

export function refuse(code: RefusalCode, detail: string): Refusal {
  return { code, detail }
}

export function notCanonical(name: string): Refusal {
  return refuse(
    'CALLDATA_NOT_CANONICAL',
    `The calldata of ${name} is not the canonical encoding of what it says. Do not sign it.`,
  )
}
