import { InvariantError } from '../../domain/errors.js'

/** Text that is HTML or SVG already. */
export class Markup {
  constructor(readonly text: string) {}
}

export type MarkupPart = string | number | Markup | readonly Markup[] | undefined

/**
 * HTML or SVG in which every part that is no markup is text and is escaped, in content and in quoted attributes alike;
 * what is undefined is nothing. Numbers are coordinates and are written to a hundredth. Throws InvariantError for one that
 * is none: what may be unknown is formatted before.
 */
export function markup(strings: TemplateStringsArray, ...parts: readonly MarkupPart[]): Markup {
  return new Markup(strings.reduce((text, one, place) => text + one + render(parts[place]), ''))
}

function render(part: MarkupPart): string {
  if (part === undefined) return ''
  if (typeof part === 'string') return escaped(part)
  if (typeof part === 'number') {
    if (!Number.isFinite(part)) throw new InvariantError(`A coordinate of a plot is a finite number, got ${part}.`)
    return String(Math.round(part * 100) / 100)
  }
  if (part instanceof Markup) return part.text
  return part.map(({ text }) => text).join('')
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Control characters have no place in a document, however they came into a text, and become �. */
function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!).replace(/[^\P{Cc}\t\n]/gu, '\u{FFFD}')
}
