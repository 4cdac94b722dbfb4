import { Button } from '@mantine/core'
import { useState } from 'react'
import { usePortfolio } from '../api/queries.js'
import { authorText } from '../parts/author.js'
import { LEVELS } from '../parts/badges.js'
import { Ago, Moment } from '../parts/moment.js'
import { scopeText } from '../parts/scope-text.js'
import { Notice } from '../parts/states.js'
import { useChosenPortfolio } from './portfolio.js'
import { ResumeDialog } from './resume-dialog.js'

/** Over every page while the portfolio does not run: what holds it, since when, why, and the way out. */
export function PausedNotice() {
  const { id } = useChosenPortfolio()
  const { data } = usePortfolio(id)
  const [isResuming, setResuming] = useState(false)
  const state = data?.operatingState
  return (
    <>
      {state && state.state !== 'running' && (
        <Notice
          tone={LEVELS[state.state].tone}
          title={`${LEVELS[state.state].label}: ${scopeText(state.scope)}`}
          action={
            <Button variant="default" size="xs" onClick={() => setResuming(true)}>
              Resume
            </Button>
          }
        >
          {LEVELS[state.state].meaning} By {authorText(state)} since <Moment at={state.since} />: {state.reason}
          {state.expiresAt !== null && (
            <>
              {' '}
              It ends by itself <Ago at={state.expiresAt} />.
            </>
          )}
        </Notice>
      )}
      {isResuming && state && <ResumeDialog scope={state.scope} onClose={() => setResuming(false)} />}
    </>
  )
}
