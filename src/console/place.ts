export const PAGES = ['overview', 'money', 'plan', 'history', 'operations'] as const
export type PageName = (typeof PAGES)[number]

/** Where in the console somebody is: `#/history/<cycle>?…`. */
export interface RoutePlace {
  readonly page: PageName
  /** What follows the page, decoded: `['<cycle>']`. */
  readonly rest: readonly string[]
  readonly query: URLSearchParams
}

export function placeOf(hash: string): RoutePlace {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?')
  const [first = '', ...rest] = path.split('/').filter((part) => part !== '')
  const page = PAGES.find((one) => one === first) ?? 'overview'
  return { page, rest: rest.map(decoded), query: new URLSearchParams(query) }
}

/** For `href`: `hrefOf('history', cycle.id)`. */
export function hrefOf(page: PageName, ...rest: readonly string[]): string {
  return `#/${[page, ...rest.map(encodeURIComponent)].join('/')}`
}

/** Whoever edits an address by hand may write what cannot be decoded. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
