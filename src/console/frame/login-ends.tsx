import { Button } from '@mantine/core'
import { useState } from 'react'
import { useNow } from '../parts/moment.js'
import { durationText } from '../parts/moments.js'
import { Notice, ProblemNotice } from '../parts/states.js'
import type { Session, Settings } from '../session.js'

/** So long before its end a login is said to end. */
const NOTICE_MS = 120_000

/** Says in time that a login ends, with the way to the provider, who mostly lets a person straight back in. */
export function LoginEnds({ session, settings }: { readonly session: Session; readonly settings: Settings }) {
  const now = useNow()
  const [error, setError] = useState<unknown>()
  const { login } = settings
  if (session.expiresAt === undefined || login === null) return null
  const left = session.expiresAt - now
  if (left > NOTICE_MS) return null
  const again = async () => {
    const { beginLogin } = await import('../oidc.js')
    await beginLogin(login)
  }
  return (
    <Notice
      tone="warn"
      title={left > 0 ? `Your login ends in ${durationText(left / 1000)}` : 'Your login has ended'}
      action={
        <Button size="xs" onClick={() => void again().catch(setError)}>
          Log in again
        </Button>
      }
    >
      You come back to this page.
      {error !== undefined && <ProblemNotice error={error} />}
    </Notice>
  )
}
