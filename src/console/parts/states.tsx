import { Button, Loader } from '@mantine/core'
import type { UseInfiniteQueryResult, UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { type ApiProblem, asProblem } from '../api/problem.js'
import type { Tone } from './badges.js'
import classes from './parts.module.css'

/** Something that has to be said in a box: `bad` and `warn` are read out at once. */
export function Notice({
  tone,
  title,
  children,
  action,
}: {
  readonly tone: Tone
  readonly title: ReactNode
  readonly children?: ReactNode
  readonly action?: ReactNode
}) {
  const isUrgent = tone === 'bad' || tone === 'warn'
  return (
    <div className={classes.notice} data-tone={tone} role={isUrgent ? 'alert' : 'status'}>
      <div className={classes.noticeText}>
        <strong>{title}</strong>
        {children !== undefined && <div>{children}</div>}
      </div>
      {action}
    </div>
  )
}

export function Loading({ children = 'Loading' }: { readonly children?: ReactNode }) {
  return (
    <output className={classes.state}>
      <Loader size="sm" aria-hidden="true" />
      <span>{children}…</span>
    </output>
  )
}

/** There is nothing to show, and why that is as it should be. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <div className={classes.empty}>
      <strong>{title}</strong>
      {children !== undefined && <div className={classes.quiet}>{children}</div>}
    </div>
  )
}

/** What the daemon, or the way to it, said. */
export function ProblemNotice({ error, onRetry }: { readonly error: unknown; readonly onRetry?: () => void }) {
  const { title, detail, errors, instance, retryAfter, status } = asProblem(error)
  return (
    <Notice
      tone="bad"
      title={status > 0 ? `${title} (${status})` : title}
      action={
        onRetry && (
          <Button variant="default" size="xs" onClick={onRetry}>
            Try again
          </Button>
        )
      }
    >
      <p className={classes.problem}>{detail}</p>
      {errors.length > 1 && (
        <ul>
          {errors.map((one) => (
            <li key={one.pointer + one.detail}>
              <code>{one.pointer}</code> {one.detail}
            </li>
          ))}
        </ul>
      )}
      {retryAfter !== undefined && <p className={classes.problem}>Worth trying again in {retryAfter} s.</p>}
      {instance !== undefined && <p className={classes.quiet}>Request {instance}</p>}
    </Notice>
  )
}

type Asked<T> = Pick<UseQueryResult<T, ApiProblem>, 'data' | 'error' | 'refetch'>

/** Shows what was asked for, or that it is on its way, or why it does not come. What came earlier stays beside an error. */
export function Await<T>({ read, children }: { readonly read: Asked<T>; readonly children: (value: T) => ReactNode }) {
  const { data, error, refetch } = read
  return (
    <>
      {error && <ProblemNotice error={error} onRetry={() => void refetch()} />}
      {error && data !== undefined && <p className={classes.quiet}>Below is what was known before.</p>}
      {data !== undefined ? children(data) : !error && <Loading />}
    </>
  )
}

/** The button under a list that has more. */
export function More({
  pages,
}: {
  readonly pages: Pick<
    UseInfiniteQueryResult<unknown, ApiProblem>,
    'hasNextPage' | 'fetchNextPage' | 'isFetchingNextPage'
  >
}) {
  if (!pages.hasNextPage) return null
  return (
    <Button variant="default" loading={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
      Show more
    </Button>
  )
}
