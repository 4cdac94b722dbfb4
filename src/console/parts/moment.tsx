import { useSyncExternalStore } from 'react'
import { agoText, momentTexts } from './moments.js'
import classes from './parts.module.css'

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone

/** Everything that counts seconds counts them by one clock. */
const listeners = new Set<() => void>()
let second = Math.floor(Date.now() / 1000)
let ticking: number | undefined

function listen(listener: () => void): () => void {
  listeners.add(listener)
  ticking ??= window.setInterval(() => {
    second = Math.floor(Date.now() / 1000)
    for (const one of listeners) one()
  }, 1000)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    window.clearInterval(ticking)
    ticking = undefined
  }
}

/** Milliseconds since 1970, new each second. */
export function useNow(): number {
  return useSyncExternalStore(listen, () => second) * 1000
}

/** The same, new each minute: what depends on the day alone need not be made anew each second. */
function useMinute(): number {
  return useSyncExternalStore(listen, () => Math.floor(second / 60)) * 60_000
}

/** A time in UTC, and in the zone of whoever reads. ISO 8601 text. */
export function Moment({ at }: { readonly at: string }) {
  const { utc, local, full } = momentTexts(Date.parse(at), useMinute(), zone)
  return (
    <time dateTime={at} title={full} className={classes.moment}>
      {utc}
      {local !== undefined && <span className={classes.quiet}> · {local} here</span>}
    </time>
  )
}

/** How long ago it was, or how long it is until then, counted on. */
export function Ago({ at }: { readonly at: string }) {
  const now = useNow()
  const time = Date.parse(at)
  return (
    <time dateTime={at} title={momentTexts(time, now, zone).full} className={classes.moment}>
      {agoText(time, now)}
    </time>
  )
}
