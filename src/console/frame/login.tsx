import { Button, PasswordInput } from '@mantine/core'
import { useState } from 'react'
import { Notice, ProblemNotice } from '../parts/states.js'
import type { ProviderLogin, Session, Settings } from '../session.js'
import classes from './frame.module.css'

interface LoginProps {
  readonly settings: Settings
  /** Why nobody is logged in any more. */
  readonly farewell: string | undefined
  readonly onEnter: (session: Session) => void
}

export function Login({ settings, farewell, onEnter }: LoginProps) {
  const [token, setToken] = useState('')
  return (
    <main className={classes.login}>
      <h1>Evenkeel</h1>
      {farewell !== undefined && (
        <Notice tone="warn" title="You are not logged in">
          {farewell}
        </Notice>
      )}
      {settings.login && <ByProvider login={settings.login} />}
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (token.trim() !== '') onEnter({ token: token.trim(), from: 'pasted', expiresAt: undefined })
        }}
      >
        <PasswordInput
          label={settings.login ? 'Or an API key or access token' : 'API key or operator token'}
          description="It stays in this page's memory and is stored nowhere: a reload asks for it again."
          autoComplete="off"
          value={token}
          onChange={(event) => setToken(event.currentTarget.value)}
        />
        <Button
          type="submit"
          fullWidth
          mt="md"
          variant={settings.login ? 'default' : 'filled'}
          disabled={token.trim() === ''}
        >
          Log in
        </Button>
      </form>
    </main>
  )
}

function ByProvider({ login }: { readonly login: ProviderLogin }) {
  const [error, setError] = useState<unknown>()
  const [isLeaving, setLeaving] = useState(false)
  const leave = async () => {
    setLeaving(true)
    try {
      const { beginLogin } = await import('../oidc.js')
      await beginLogin(login)
    } catch (failure) {
      setError(failure)
      setLeaving(false)
    }
  }
  return (
    <div>
      <Button fullWidth loading={isLeaving} onClick={() => void leave()}>
        Log in at {new URL(login.issuer).host}
      </Button>
      {error !== undefined && <ProblemNotice error={error} />}
    </div>
  )
}
