import { Button } from '@mantine/core'
import { useId, useState } from 'react'
import type { Proposal } from '../../api/answers.js'
import { useMe } from '../../api/context.js'
import { StateBadge } from '../../parts/badges.js'
import { Hex } from '../../parts/exact.js'
import { CopyButton } from '../../parts/id-link.js'
import { Ago, Moment, useNow } from '../../parts/moment.js'
import { Fact, Facts, Panel } from '../../parts/page.js'
import { Notice } from '../../parts/states.js'
import { AnswerDialog } from './answer-dialog.js'
import { isOpen, obstaclesTo } from './answering.js'
import type { Plan } from './api.js'
import type { DigestCheck } from './canonical.js'
import classes from './plan.module.css'
import { differencesOf, proposedPlan } from './proposed.js'
import { ProposedWords } from './proposed-words.js'
import { useDigest } from './use-digest.js'
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
      <h3 className={classes.sub}>{isWaiting ? 'What will be done' : 'What it was about'}</h3>
      <ProposedWords proposal={proposal} proposed={proposed} />
      <h3 className={classes.sub}>Digest</h3>
      <Digest digest={proposal.digest} check={check} />
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
        <span className={classes.quiet}>
          {approvedBy.length} of {needs}
        </span>
      </Fact>
      <Fact name={isWaiting ? 'Lapses' : 'Could be answered until'}>
        {isWaiting ? <Ago at={expiresAt} /> : <Moment at={expiresAt} />}
      </Fact>
    </Facts>
  )
}

function Digest({ digest, check }: { readonly digest: string; readonly check: DigestCheck }) {
  return (
    <>
      <p className={classes.digest}>
        <code>{digest}</code> <CopyButton text={digest} label="the digest" />
      </p>
      {check.status === 'same' && (
        <p>
          <StateBadge tone="good">matches</StateBadge> This browser reckoned the same SHA-256 from what stands here.
        </p>
      )}
      {check.status === 'reckoning' && <p className={classes.quiet}>It is being reckoned here as well…</p>}
      {check.status === 'impossible' && (
        <Notice tone="warn" title="It cannot be reckoned here">
          Browsers do so for pages from https or loopback alone. Without that nothing can be approved here.
        </Notice>
      )}
      {check.status === 'other' && (
        <Notice tone="bad" title="The digest is not that of what is shown">
          What stands here has the SHA-256 <Hex value={check.digest} label="digest" />. It cannot be approved here.
        </Notice>
      )}
    </>
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
