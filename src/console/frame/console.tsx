import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { type ReactNode, useEffect, useState } from 'react'
import { ApiClient } from '../api/client.js'
import { ConsoleContext } from '../api/context.js'
import { LiveStream } from '../api/live.js'
import type { Me } from '../api/answers.js'
import { asProblem } from '../api/problem.js'
import { type EventType, isStaleBy } from '../api/stale.js'
import { Loading, ProblemNotice } from '../parts/states.js'
import type { Session, Settings } from '../session.js'
import classes from './frame.module.css'
import { Frame } from './frame.js'
import { Portfolios } from './portfolios.js'

interface ConsoleProps {
  readonly session: Session
  readonly settings: Settings
  readonly onLeave: (why: string | undefined) => void
}

/** Events come in bunches; what they make stale is asked for once for all that came within this time. */
const BUNCH_MS = 400

/** Everything behind the login, for one caller. */
export function Console({ session, settings, onLeave }: ConsoleProps) {
  const [{ client, queries }] = useState(() => ({
    client: new ApiClient(session.token, () => onLeave('The daemon does not take the token, or not any more.')),
    queries: new QueryClient({ defaultOptions: { queries: { retry: false, staleTime: 1_000 } } }),
  }))
  const [live] = useState(() => new LiveStream(client, staleness(queries)))
  const [me, setMe] = useState<Me>()
  const [error, setError] = useState<unknown>()
  const [attempt, setAttempt] = useState(0)

  useEffect(() => {
    const ending = new AbortController()
    client
      .read<Me>('/v1/me', ending.signal)
      .then(setMe)
      .catch((failure: unknown) => {
        if (!ending.signal.aborted) setError(failure)
      })
    return () => ending.abort()
  }, [client, attempt])

  useEffect(() => {
    if (!me) return undefined
    live.open()
    return () => live.close()
  }, [live, me])

  if (!me) {
    const retry = () => {
      setError(undefined)
      setAttempt(attempt + 1)
    }
    return (
      <main className={classes.login}>
        <h1>Evenkeel</h1>
        {error === undefined ? (
          <Loading>Asking who you are</Loading>
        ) : (
          <Refused error={error} onRetry={retry} onLeave={onLeave} />
        )}
      </main>
    )
  }
  return (
    <QueryClientProvider client={queries}>
      <ConsoleContext value={{ client, live, me }}>
        <Portfolios>
          <Frame session={session} settings={settings} onLeave={onLeave} />
        </Portfolios>
      </ConsoleContext>
    </QueryClientProvider>
  )
}

function Refused({
  error,
  onRetry,
  onLeave,
}: {
  readonly error: unknown
  readonly onRetry: () => void
  readonly onLeave: (why: undefined) => void
}): ReactNode {
  return (
    <>
      <ProblemNotice error={error} onRetry={onRetry} />
      {asProblem(error).status === 403 && <p>The console needs the scope status:read.</p>}
      <button type="button" className={classes.plain} onClick={() => onLeave(undefined)}>
        Log in as somebody else
      </button>
    </>
  )
}

/** Makes what an event changed be asked for anew; all of it after a gap. */
function staleness(queries: QueryClient): (type: EventType) => void {
  const types = new Set<EventType>()
  let timer: number | undefined
  return (type) => {
    types.add(type)
    timer ??= window.setTimeout(() => {
      timer = undefined
      const bunch = [...types]
      types.clear()
      void queries.invalidateQueries({
        predicate: ({ queryKey: [path] }) => bunch.some((one) => isStaleBy(one, String(path))),
      })
    }, BUNCH_MS)
  }
}
