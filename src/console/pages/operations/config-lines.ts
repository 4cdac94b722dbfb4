/** One value of the configuration and where it stands. */
export interface ConfigLine {
  /** `portfolios[0].targets.eth.weight` */
  readonly path: string
  readonly value: string
}

/** Every value of a configuration, depth first, in its own order. Empty lists and objects are values as well. */
export function configLines(value: unknown, path = ''): ConfigLine[] {
  if (Array.isArray(value) && value.length > 0)
    return value.flatMap((one, index) => configLines(one, `${path}[${index}]`))
  if (isObject(value) && Object.keys(value).length > 0)
    return Object.entries(value).flatMap(([name, one]) => configLines(one, path === '' ? name : `${path}.${name}`))
  return [{ path, value: typeof value === 'string' ? value : JSON.stringify(value) }]
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** How many values a section has; one that is an empty list or object as a whole has none. */
export function countText(section: readonly ConfigLine[]): string {
  const [only, ...others] = section
  if (others.length > 0) return `${section.length} values`
  return only?.value === '[]' || only?.value === '{}' ? 'none' : 'one value'
}

/** The lines that have every word of the search in path or value, whatever the letter case. */
export function searchLines(lines: readonly ConfigLine[], search: string): ConfigLine[] {
  const wanted = search.toLowerCase().split(/\s+/).filter(Boolean)
  return lines.filter(({ path, value }) => {
    const text = `${path} ${value}`.toLowerCase()
    return wanted.every((word) => text.includes(word))
  })
}

/** Lines by the first name of their path, in order. */
export function bySection(lines: readonly ConfigLine[]): { readonly name: string; readonly lines: ConfigLine[] }[] {
  const sections = new Map<string, ConfigLine[]>()
  for (const line of lines) {
    const name = /^[^.[]*/.exec(line.path)![0]
    const section = sections.get(name)
    if (section) section.push(line)
    else sections.set(name, [line])
  }
  return [...sections].map(([name, own]) => ({ name, lines: own }))
}
