import type { AbiParameter } from 'viem'
import type { CallArgument } from '../../ports/calls.js'

/** Bytes beyond a word are cut. */
const LONGEST_BYTES = 32
const LONGEST_TEXT = 100
/** Of one call. */
const MOST_ARGUMENTS = 300

/** Arguments as a flat list, each under its whole name. */
export function namedArguments(parameters: readonly AbiParameter[], values: readonly unknown[]): CallArgument[] {
  const all = parameters.flatMap((one, index) => flatten(one.name ?? String(index), one, values[index]))
  if (all.length <= MOST_ARGUMENTS) return all
  const left = all.length - MOST_ARGUMENTS
  return [...all.slice(0, MOST_ARGUMENTS), { name: '…', type: '', value: `${left} more`, isCut: true }]
}

function flatten(name: string, parameter: AbiParameter, value: unknown): CallArgument[] {
  const { type } = parameter
  const element = /^(.*)\[\d*\]$/.exec(type)?.[1]
  if (element !== undefined) {
    const items = value as readonly unknown[]
    if (items.length === 0) return [{ name, type, value: 'none', isCut: false }]
    return items.flatMap((item, index) => flatten(`${name}[${index}]`, { ...parameter, type: element }, item))
  }
  if ('components' in parameter)
    return parameter.components.flatMap((part) =>
      flatten(`${name}.${part.name ?? ''}`, part, (value as Readonly<Record<string, unknown>>)[part.name ?? '']),
    )
  return [{ name, type, ...shown(type, value) }]
}

function shown(type: string, value: unknown): Pick<CallArgument, 'value' | 'isCut'> {
  if (type === 'string') return plain(value as string)
  if (type !== 'bytes') return { value: String(value), isCut: false }
  const hex = value as string
  const bytes = (hex.length - 2) / 2
  if (bytes <= LONGEST_BYTES) return { value: hex, isCut: false }
  return { value: `${hex.slice(0, 2 + 2 * LONGEST_BYTES)}… (${bytes} bytes)`, isCut: true }
}

/** What others wrote, without anything but letters, digits, signs and spaces: nothing turns it around or hides in it. */
function plain(text: string): Pick<CallArgument, 'value' | 'isCut'> {
  const letters = Array.from(text)
  const value = letters
    .slice(0, LONGEST_TEXT)
    .join('')
    .replaceAll(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, (one) => `\\u{${one.codePointAt(0)!.toString(16)}}`)
  const isCut = letters.length > LONGEST_TEXT
  return { value: isCut ? `${value}… (${letters.length} characters)` : value, isCut }
}

/** The same for a name that stands alone. */
export function plainText(text: string): string {
  return plain(text).value
}
