import { Button } from '@mantine/core'
import { useId, useState } from 'react'
import type { Proposal } from '../../api/answers.js'
import { useMe } from '../../api/context.js'
import { AnswerDialog } from '../../parts/answer-dialog.js'
import { isOpen, obstaclesTo, VOIDED_BY } from '../../parts/answering.js'
import { StateBadge } from '../../parts/badges.js'
import type { DigestCheck } from '../../parts/canonical.js'
import { Digest } from '../../parts/digest.js'
import { Ago, Moment, useNow } from '../../parts/moment.js'
import { Fact, Facts, Panel } from '../../parts/page.js'
import shared from '../../parts/shared.module.css'
import { Notice } from '../../parts/states.js'
import { useDigest } from '../../parts/use-digest.js'
import type { Plan } from './api.js'
import classes from './plan.module.css'
import { ProposedWords } from './proposed-words.js'
import { differencesOf, proposedPlan } from './proposed.js'
import { PROPOSALS } from './words.js'

interface ApprovalProps {
  readonly proposal: Proposal
  /** What is drawn beside it; undefined where nothing is. */
  readonly plan: Plan | undefined
}

/** What waits, or waited, for the word of others: what would be done, its digest, and who said what. */
export function Approval({ proposal, plan }: ApprovalProps) {
  const now = useNow()
  const check = useDigest(proposal)
  const isWaiting = isOpen(proposal, now)
  const { label, tone } = PROPOSALS[proposal.state === 'open' && !isWaiting ? 'expired' : proposal.state]
  const proposed = proposedPlan(proposal.content)
  const differences = proposed && plan ? differencesOf(proposed, plan) : []
  return (
    <Panel title="Approval" actions={<StateBadge tone={tone}>{label}</StateBadge>}>
      <Standing proposal={proposal} isWaiting={isWaiting} />
      <p className={classes.why}>{proposal.reason}</p>
      <h3 className={shared.sub}>{isWaiting ? 'What will be done' : 'What it was about'}</h3>
      <ProposedWords proposal={proposal} proposed={proposed} />
      <h3 className={shared.sub}>Digest</h3>
      <Digest digest={proposal.digest} check={check} />
      {isWaiting && <p className={classes.why}>{VOIDED_BY[proposal.kind]}</p>}
      {differences.length > 0 && (
        <Notice tone="bad" title="The picture is not of what is proposed">
          {differences.map((one) => (
            <p key={one}>{one}</p>
          ))}
        </Notice>
      )}
      {isWaiting && <Words proposal={proposal} check={check} differences={differences} />}
    </Panel>
  )
}

function Standing({ proposal, isWaiting }: { readonly proposal: Proposal; readonly isWaiting: boolean }) {
  const { proposedBy, proposedAt, expiresAt, approvedBy, needs } = proposal
  return (
    <Facts>
      <Fact name="Asked for by">{proposedBy === 'daemon' ? 'the daemon itself' : proposedBy}</Fact>
      <Fact name="At">
        <Moment at={proposedAt} />
      </Fact>
      <Fact name="Approved by">
        {approvedBy.length === 0 ? 'nobody yet' : approvedBy.join(', ')}{' '}
        <span className={shared.quiet}>
          {approvedBy.length} of {needs}
        </span>
      </Fact>
      <Fact name={isWaiting ? 'Lapses' : 'Could be answered until'}>
        {isWaiting ? <Ago at={expiresAt} /> : <Moment at={expiresAt} />}
      </Fact>
    </Facts>
  )
}

function Words({
  proposal,
  check,
  differences,
}: {
  readonly proposal: Proposal
  readonly check: DigestCheck
  readonly differences: readonly string[]
}) {
  const known = { proposal, me: useMe(), check, differences, now: useNow() }
  const [word, setWord] = useState<'approve' | 'reject'>()
  const [against, againstReject] = [obstaclesTo('approve', known), obstaclesTo('reject', known)]
  const saidId = useId()
  const said = [...new Set([...against, ...againstReject])]
  return (
    <>
      {said.length > 0 && (
        <ul className={classes.obstacles} id={saidId}>
          {said.map((one) => (
            <li key={one}>{one}</li>
          ))}
        </ul>
      )}
      <div className={classes.buttons}>
        <Button
          disabled={against.length > 0}
          aria-describedby={said.length > 0 ? saidId : undefined}
          onClick={() => setWord('approve')}
        >
          Approve…
        </Button>
        <Button
          variant="default"
          disabled={againstReject.length > 0}
          aria-describedby={said.length > 0 ? saidId : undefined}
          onClick={() => setWord('reject')}
        >
          Reject…
        </Button>
      </div>
      {word !== undefined && check.status !== 'reckoning' && (
        <AnswerDialog proposal={proposal} word={word} onClose={() => setWord(undefined)} />
      )}
    </>
  )
}
