import { Button, NativeSelect, useMantineColorScheme } from '@mantine/core'
import { lazy, Suspense, useState } from 'react'
import { useLiveStatus, useMe } from '../api/context.js'
import { usePortfolio } from '../api/queries.js'
import { OperatingBadge, StateBadge } from '../parts/badges.js'
import { Mishaps } from '../parts/mishaps.js'
import { Moment } from '../parts/moment.js'
import { Loading, Notice } from '../parts/states.js'
import { hrefOf, type PageName, usePlace } from '../routes.js'
import type { Session, Settings } from '../session.js'
import classes from './frame.module.css'
import { LoginEnds } from './login-ends.js'
import { PAGE_ENTRIES } from './pages.js'
import { PauseDialog } from './pause-dialog.js'
import { PausedNotice } from './paused-notice.js'
import { useChosenPortfolio } from './portfolio.js'

const PAGES = {
  overview: lazy(PAGE_ENTRIES.overview.load),
  money: lazy(PAGE_ENTRIES.money.load),
  plan: lazy(PAGE_ENTRIES.plan.load),
  history: lazy(PAGE_ENTRIES.history.load),
  operations: lazy(PAGE_ENTRIES.operations.load),
} as const satisfies Record<PageName, object>

interface FrameProps {
  readonly session: Session
  readonly settings: Settings
  readonly onLeave: (why: string | undefined) => void
}

/** What stands around every page. */
export function Frame({ session, settings, onLeave }: FrameProps) {
  const { page } = usePlace()
  const { id } = useChosenPortfolio()
  const [isPausing, setPausing] = useState(false)
  const Shown = PAGES[page]
  return (
    <div className={classes.frame}>
      <a className={classes.skip} href="#content" onClick={skipToContent}>
        Skip to the content
      </a>
      <header className={classes.header}>
        <Standing />
        <div className={classes.who}>
          <LiveBadge />
          <ThemeButton />
          <WhoAmI onLeave={() => onLeave(undefined)} />
        </div>
      </header>
      <div className={classes.bar}>
        <nav aria-label="Pages" className={classes.nav}>
          {Object.entries(PAGE_ENTRIES).map(([name, { label }]) => (
            <a key={name} href={hrefOf(name as PageName)} aria-current={name === page ? 'page' : undefined}>
              {label}
            </a>
          ))}
        </nav>
        <Button className={classes.pause} color="red" onClick={() => setPausing(true)}>
          Pause
        </Button>
      </div>
      <main id="content" tabIndex={-1} className={classes.main}>
        <LoginEnds session={session} settings={settings} />
        <StreamLost />
        <PausedNotice />
        <Mishaps key={`${page} ${id}`}>
          <Suspense fallback={<Loading />}>
            <Shown />
          </Suspense>
        </Mishaps>
      </main>
      {isPausing && <PauseDialog onClose={() => setPausing(false)} />}
    </div>
  )
}

/** The address keeps saying which page it is. */
function skipToContent(event: { preventDefault(): void }): void {
  event.preventDefault()
  document.getElementById('content')?.focus()
}

/** Which portfolio it is, and whether it runs. */
function Standing() {
  const { id, ids, choose } = useChosenPortfolio()
  const { data } = usePortfolio(id)
  return (
    <div className={classes.standing}>
      <strong className={classes.brand}>Evenkeel</strong>
      {ids.length > 1 ? (
        <NativeSelect
          size="xs"
          aria-label="Portfolio"
          data={[...ids]}
          value={id}
          onChange={(event) => choose(event.currentTarget.value)}
        />
      ) : (
        <span className={classes.portfolio}>{id}</span>
      )}
      {data && <OperatingBadge state={data.operatingState.state} />}
      {data?.mode === 'dry-run' && (
        <StateBadge tone="quiet" title="Plans are made and nothing is signed.">
          Dry run
        </StateBadge>
      )}
    </div>
  )
}

function LiveBadge() {
  const { kind } = useLiveStatus()
  if (kind === 'live') return <StateBadge tone="good">Live</StateBadge>
  return <StateBadge tone={kind === 'lost' ? 'bad' : 'quiet'}>{kind === 'lost' ? 'Not live' : 'Connecting'}</StateBadge>
}

function StreamLost() {
  const status = useLiveStatus()
  if (status.kind !== 'lost') return null
  return (
    <Notice tone="warn" title="The live stream is lost">
      Since <Moment at={new Date(status.since).toISOString()} />. It is taken up again by itself; meanwhile this page
      asks every few seconds.
    </Notice>
  )
}

const THEMES = { auto: 'light', light: 'dark', dark: 'auto' } as const
const THEME_NAMES = { auto: 'auto', light: 'light', dark: 'dark' } as const

function ThemeButton() {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  return (
    <button type="button" className={classes.plain} onClick={() => setColorScheme(THEMES[colorScheme])}>
      Colours: {THEME_NAMES[colorScheme]}
    </button>
  )
}

function WhoAmI({ onLeave }: { readonly onLeave: () => void }) {
  const { subject, kind, scopes } = useMe()
  return (
    <>
      <span className={classes.me} title={`${kind}: ${scopes.join(', ')}`}>
        {subject}
      </span>
      <button type="button" className={classes.plain} onClick={onLeave}>
        Log out
      </button>
    </>
  )
}
