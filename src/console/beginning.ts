import { fetchFirstPage } from './frame/pages.js'
import { readSettings, type Session, type Settings, takeKeyFromAddress } from './session.js'

/** With what the console begins: somebody who brought a token along, or nobody yet. */
export interface Beginning {
  readonly settings: Settings
  readonly session: Session | undefined
  /** Why a login that was under way came to nothing. */
  readonly failure: string | undefined
}

/** Reads the address once, before anything is shown. Throws where the daemon does not say how to log in. */
export async function beginning(): Promise<Beginning> {
  const session = takeKeyFromAddress()
  fetchFirstPage()
  const settings = await readSettings()
  if (session !== undefined || settings.login === null) return { settings, session, failure: undefined }
  // Only who logs in that way needs the code for it.
  const address = new URL(window.location.href)
  if (!address.searchParams.has('state')) return { settings, session: undefined, failure: undefined }
  const { finishLogin } = await import('./oidc.js')
  try {
    return { settings, session: await finishLogin(settings.login), failure: undefined }
  } catch (error) {
    return { settings, session: undefined, failure: error instanceof Error ? error.message : String(error) }
  }
}
