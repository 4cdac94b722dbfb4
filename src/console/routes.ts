import { useSyncExternalStore } from 'react'
import { hrefOf, type PageName, placeOf, type RoutePlace } from './place.js'

export { hrefOf, type PageName, type RoutePlace } from './place.js'

export function go(page: PageName, ...rest: readonly string[]): void {
  window.location.hash = hrefOf(page, ...rest)
}

export function usePlace(): RoutePlace {
  return placeOf(useSyncExternalStore(listen, () => window.location.hash))
}

function listen(listener: () => void): () => void {
  window.addEventListener('hashchange', listener)
  return () => window.removeEventListener('hashchange', listener)
}
