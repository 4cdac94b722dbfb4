import { InvariantError } from './errors.js'

/**
 * The one text of plain values, for a hash over them: JSON without spaces, names of objects sorted by their code units,
 * numbers in their shortest form (RFC 8785), bigints as texts of their digits, undefined members left out. What is no
 * number is written as the text of its name, so that inputs that were refused have a text as well. Throws InvariantError
 * for functions and symbols, which are no values.
 */
export function canonicalText(value: unknown): string {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) ? JSON.stringify(value) : `"${value}"`
    case 'bigint':
      return `"${value}"`
    case 'string':
    case 'boolean':
      return JSON.stringify(value)
    case 'undefined':
      return 'null'
    case 'object':
      return value === null ? 'null' : Array.isArray(value) ? textOfArray(value) : textOfObject(value)
    case 'function':
    case 'symbol':
      throw new InvariantError(`Only plain values have a canonical text, got a ${typeof value}.`)
  }
}

function textOfArray(values: readonly unknown[]): string {
  return `[${values.map(canonicalText).join(',')}]`
}

function textOfObject(value: object): string {
  const members = Object.entries(value)
    .filter(([, one]) => one !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, one]) => `${JSON.stringify(name)}:${canonicalText(one)}`).join(',')}}`
}
