import { Button } from '@mantine/core'
import { useState } from 'react'
import type { Portfolio, Proposal } from '../../api/answers.js'
import { useMay, useMe } from '../../api/context.js'
import { useProposals, useStates } from '../../api/queries.js'
import { ResumeDialog } from '../../frame/resume-dialog.js'
import { AnswerDialog } from '../../parts/answer-dialog.js'
import { VOIDED_BY } from '../../parts/answering.js'
import { authorText } from '../../parts/author.js'
import { LEVELS, OperatingBadge } from '../../parts/badges.js'
import { Ago, Moment } from '../../parts/moment.js'
import { Panel } from '../../parts/page.js'
import { scopeText } from '../../parts/scope-text.js'
import { Await, Notice } from '../../parts/states.js'
import shared from '../../parts/shared.module.css'
import classes from './overview.module.css'

/** What is held and by what, and who waits for another person to let it go. */
export function Standing({ portfolio }: { readonly portfolio: Portfolio }) {
  const states = useStates()
  const proposals = useProposals()
  const [resuming, setResuming] = useState<string>()
  const waiting = proposals.data?.proposals.filter(({ kind, state }) => kind === 'resume' && state === 'open') ?? []
  const { state } = portfolio.operatingState
  return (
    <Panel title="Operating state">
      <p>
        <OperatingBadge state={state} /> {LEVELS[state].meaning}
      </p>
      <Await read={states}>
        {({ scopes, leader }) => (
          <>
            {leader === null && <Notice tone="warn" title="No replica leads: nothing begins" />}
            <ul className={classes.held}>
              {scopes.map(({ scope, state: level, reason, since, by, byKind, expiresAt }) => (
                <li key={scope}>
                  <div className={classes.heldHead}>
                    <strong>{scopeText(scope)}</strong>
                    <OperatingBadge state={level} />
                    <Button size="compact-sm" variant="default" onClick={() => setResuming(scope)}>
                      Resume<span className={shared.hidden}> {scopeText(scope)}</span>
                    </Button>
                  </div>
                  <div>{reason}</div>
                  <div className={shared.quiet}>
                    By {authorText({ by, byKind })}, <Moment at={since} />
                    {expiresAt !== null && (
                      <>
                        ; ends <Ago at={expiresAt} />
                      </>
                    )}
                  </div>
                </li>
              ))}
            </ul>
          </>
        )}
      </Await>
      {waiting.map((proposal) => (
        <ResumeWaiting key={proposal.id} proposal={proposal} />
      ))}
      {resuming !== undefined && <ResumeDialog scope={resuming} onClose={() => setResuming(undefined)} />}
    </Panel>
  )
}

/** A resume that somebody proposed: another person approves exactly this, or turns it down. */
function ResumeWaiting({ proposal }: { readonly proposal: Proposal }) {
  const { proposedBy, reason, expiresAt, content } = proposal
  const { subject } = useMe()
  const mayApprove = useMay('resume:approve')
  const mayReject = useMay('pause')
  const [word, setWord] = useState<'approve' | 'reject'>()
  const isOwn = proposedBy === subject
  const scope = String(content['scope'])
  return (
    <div className={classes.waiting}>
      <strong>
        {proposedBy} proposes to resume {scopeText(scope)}
      </strong>
      <div>{reason}</div>
      <div className={shared.quiet}>
        It lapses <Ago at={expiresAt} />. {VOIDED_BY.resume}
        {isOwn && ' You asked for it yourself: somebody else has to approve it.'}
        {!isOwn && !mayApprove && ' Approving takes the scope resume:approve.'}
      </div>
      <div className={classes.buttons}>
        <Button size="xs" disabled={!mayApprove || isOwn} onClick={() => setWord('approve')}>
          Approve
        </Button>
        <Button size="xs" variant="default" disabled={!mayReject} onClick={() => setWord('reject')}>
          Reject
        </Button>
      </div>
      {word !== undefined && <AnswerDialog proposal={proposal} word={word} onClose={() => setWord(undefined)} />}
    </div>
  )
}
