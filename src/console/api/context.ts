import { createContext, useContext, useSyncExternalStore } from 'react'
import type { AccessScope, Me } from './answers.js'
import type { ApiClient } from './client.js'
import type { LiveStatus, LiveStream } from './live.js'

/** What every page may use once somebody is logged in. */
export interface Console {
  readonly client: ApiClient
  readonly live: LiveStream
  readonly me: Me
}

export const ConsoleContext = createContext<Console | undefined>(undefined)

function useConsole(): Console {
  const found = useContext(ConsoleContext)
  if (!found) throw new Error('Nobody is logged in here.')
  return found
}

export const useClient = (): ApiClient => useConsole().client
export const useMe = (): Me => useConsole().me

/** Whether the caller has a scope: what they may not do is shown as such, not hidden. */
export function useMay(scope: AccessScope): boolean {
  return useMe().scopes.includes(scope)
}

export function useLiveStatus(): LiveStatus {
  const { live } = useConsole()
  return useSyncExternalStore(live.subscribe, live.status)
}
