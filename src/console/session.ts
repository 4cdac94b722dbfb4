/** Somebody's token. It is held in memory alone: a reload asks again. */
export interface Session {
  readonly token: string
  /** How it came; people who came by the provider can be sent there again. */
  readonly from: 'pasted' | 'address' | 'provider'
  /** Milliseconds since 1970; undefined where only the daemon knows. */
  readonly expiresAt: number | undefined
}

/** What the daemon tells everybody about logging in. */
export interface Settings {
  readonly login: {
    readonly issuer: string
    readonly clientId: string
    readonly audience: string
    readonly scopes: readonly string[]
  } | null
}

export type ProviderLogin = NonNullable<Settings['login']>

export async function readSettings(): Promise<Settings> {
  const response = await fetch('/console/settings.json', { cache: 'no-store', credentials: 'omit' })
  if (!response.ok) throw new Error(`The daemon answered ${response.status} to what the console has to know first.`)
  return (await response.json()) as Settings
}

/** A key in the address, `#key=…`, is taken out of it at once: neither history nor a copied address keeps it. */
export function takeKeyFromAddress(): Session | undefined {
  const token = new URLSearchParams(window.location.hash.slice(1)).get('key')
  if (token === null || token === '') return undefined
  window.history.replaceState(null, '', window.location.pathname)
  return { token, from: 'address', expiresAt: undefined }
}
