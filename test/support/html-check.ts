const VOID = new Set(['meta', 'br', 'hr', 'img', 'link', 'input'])

/** Tags that are not closed, or closed and not open, in a document without comments; empty where all is well. */
export function unbalancedTags(html: string): string[] {
  const open: string[] = []
  const wrong: string[] = []
  const body = html.replace(/<style>[\s\S]*?<\/style>/g, '')
  for (const [, end, name, rest] of body.matchAll(/<(\/?)([a-zA-Z][\w-]*)((?:"[^"]*"|[^">])*)>/g)) {
    if (VOID.has(name!) || rest!.endsWith('/')) continue
    if (end === '') open.push(name!)
    else if (open.at(-1) === name) open.pop()
    else wrong.push(`</${name}>`)
  }
  return [...open.map((name) => `<${name}>`), ...wrong]
}

/** What no reader may see: values that were computed of nothing, or that are no text. */
export function strayValues(text: string): string[] {
  return text.match(/NaN|Infinity|undefined|\bnull\b|\[object|∞/g) ?? []
}
