import { parseArgs, type ParseArgsConfig } from 'node:util'

/** The command line cannot be understood; the message says what was expected. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export const text = { type: 'string' } as const
export const flag = { type: 'boolean' } as const

/** Parses what is left once the command is known; an option that is not its own is a UsageError. */
export function read<T extends NonNullable<ParseArgsConfig['options']>>(
  name: string,
  options: T,
  args: readonly string[],
) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options })
  } catch (error) {
    const [what] = (error as Error).message.split('. ')
    throw new UsageError(`${what} with ${name}. evenkeel help lists the commands.`)
  }
}

/** One command and nothing else. */
export function alone<T extends { readonly positionals: readonly string[] }>(name: string, parsed: T): T {
  const [, ...rest] = parsed.positionals
  if (rest.length > 0) throw new UsageError(`Expected one command, got ${name} and also ${rest.join(' ')}.`)
  return parsed
}

/** The value of an option that is a file. */
export function needed(command: string, option: string, value: string | undefined): string {
  if (value === undefined) throw new UsageError(`Expected --${option} FILE with ${command}.`)
  return value
}

/** The value of an option that is a word. */
export function given(command: string, option: string, value: string | undefined): string {
  if (value === undefined) throw new UsageError(`Expected --${option} with ${command}.`)
  return value
}

export function wholeNumber(
  option: string,
  given: string | undefined,
  usual: number,
  least: number,
  most: number,
): number {
  if (given === undefined) return usual
  const value = /^\d{1,9}$/.test(given) ? Number(given) : NaN
  if (!(value >= least && value <= most))
    throw new UsageError(`Expected --${option} to be a whole number from ${least} to ${most}, got ${given}.`)
  return value
}
