import { Button, Textarea } from '@mantine/core'
import { useState } from 'react'
import { useAct } from '../api/acts.js'
import type { Proposal } from '../api/answers.js'
import { Dialog } from './confirm-act.js'
import { ProblemNotice } from './states.js'
import { refusalWords, VOIDED_BY } from './answering.js'
import { Digest } from './digest.js'
import { Members } from './members.js'
import classes from './parts.module.css'
import { useDigest } from './use-digest.js'

interface AnswerDialogProps {
  readonly proposal: Proposal
  readonly word: 'approve' | 'reject'
  readonly onClose: () => void
}

const KINDS: Readonly<Record<Proposal['kind'], string>> = {
  plan: 'the plan',
  resume: 'the resume',
  cancel: 'the cancel',
  investigation: 'that it was looked into',
  inflow: 'the inflow',
}

const CONFIRM: Readonly<Record<Proposal['kind'], string>> = {
  plan: 'Approve',
  resume: 'Approve and resume',
  cancel: 'Approve the cancel',
  investigation: 'Approve the mark',
  inflow: 'Approve the inflow',
}

const CONSEQUENCES: Readonly<Record<Proposal['kind'], readonly [approved: string, rejected: string]>> = {
  plan: [
    'Its legs begin as soon as enough people have approved, after balances and prices were looked at once more.',
    'None of its legs begins. The next cycle may propose another plan.',
  ],
  resume: ['It is done at once.', 'It stays held.'],
  cancel: ['It is ordered at once.', 'The transaction goes on.'],
  investigation: [
    'It is marked at once: its bridge is not stopped any more for its being late.',
    'It is not marked: its bridge is stopped where it stays away for too long.',
  ],
  inflow: [
    'It is booked at once; it counts in NAV and weights, and is traded.',
    'It stays unattributed, and is not traded.',
  ],
}

/** Asks once more, with what is proposed and its digest, and gives the word for the digest of exactly what was looked at when the dialog opened. */
export function AnswerDialog({ proposal, word, onClose }: AnswerDialogProps) {
  const [looked] = useState(proposal)
  const { id, kind, digest, needs, approvedBy, proposedBy, content } = looked
  const check = useDigest(looked)
  const [reason, setReason] = useState('')
  const act = useAct<unknown>()
  const isApproval = word === 'approve'
  const isReady = isApproval ? check.status === 'same' : reason.trim() !== ''
  const others = needs - approvedBy.length - 1
  const give = () =>
    act.mutate(
      {
        path: `/v1/proposals/${kind}/${encodeURIComponent(id)}/${word}`,
        body: isApproval ? { digest } : { digest, reason: reason.trim() },
      },
      { onSuccess: onClose },
    )
  const refused = act.error && refusalWords(act.error)
  // What the daemon refused as it is, it refuses again.
  const isOver = act.error !== null && [403, 404, 409, 412].includes(act.error.status)
  return (
    <Dialog title={`${isApproval ? 'Approve' : 'Reject'} ${KINDS[kind]}?`} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (isReady && !isOver && !act.isPending) give()
        }}
      >
        <div className={classes.dialogBody}>
          <p>
            {isApproval && others > 0
              ? `It takes ${others === 1 ? 'one more person' : `${others} more people`} after you.`
              : CONSEQUENCES[kind][isApproval ? 0 : 1]}
          </p>
          {kind !== 'plan' && (
            <div>
              {proposedBy} proposes:
              <Members of={content} />
            </div>
          )}
          <div>
            <p>Your word is for this digest and for nothing else:</p>
            <Digest digest={digest} check={check} />
          </div>
          {isApproval && <p>{VOIDED_BY[kind]}</p>}
          {!isApproval && (
            <Textarea
              label="Reason"
              description="It goes into the audit log, for whoever looks later."
              required
              rows={2}
              maxLength={500}
              value={reason}
              onChange={(event) => setReason(event.currentTarget.value)}
            />
          )}
          {act.error && <ProblemNotice error={act.error} />}
          {refused && <p>{refused}</p>}
        </div>
        <div className={classes.dialogButtons}>
          <Button variant="default" onClick={onClose}>
            Back
          </Button>
          <Button
            type="submit"
            color={isApproval ? 'blue' : 'red'}
            loading={act.isPending}
            disabled={!isReady || isOver}
          >
            {isApproval ? CONFIRM[kind] : 'Reject'}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
