import { Suspense, use, useEffect, useState } from 'react'
import type { Beginning } from './beginning.js'
import { Console } from './frame/console.js'
import { Login } from './frame/login.js'
import { Mishaps } from './parts/mishaps.js'
import { Loading } from './parts/states.js'
import { type Session, takeKeyFromAddress } from './session.js'

/** The console: a login, and what is behind it. */
export function App({ beginning }: { readonly beginning: Promise<Beginning> }) {
  return (
    <Mishaps>
      <Suspense fallback={<Loading />}>
        <Begun beginning={beginning} />
      </Suspense>
    </Mishaps>
  )
}

function Begun({ beginning }: { readonly beginning: Promise<Beginning> }) {
  const { settings, session: first, failure } = use(beginning)
  const [session, setSession] = useState(first)
  const [farewell, setFarewell] = useState(failure)
  const enter = (one: Session) => {
    setFarewell(undefined)
    setSession(one)
  }
  useEffect(() => {
    const take = () => {
      const brought = takeKeyFromAddress()
      if (brought) enter(brought)
    }
    window.addEventListener('hashchange', take)
    return () => window.removeEventListener('hashchange', take)
  }, [])
  const leave = (why: string | undefined) => {
    setFarewell(why)
    setSession(undefined)
  }
  return session ? (
    // Whatever one caller has read is gone with them.
    <Console key={session.token} session={session} settings={settings} onLeave={leave} />
  ) : (
    <Login settings={settings} farewell={farewell} onEnter={enter} />
  )
}
