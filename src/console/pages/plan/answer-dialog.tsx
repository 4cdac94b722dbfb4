import { Button, Textarea } from '@mantine/core'
import { useState } from 'react'
import { useAct } from '../../api/acts.js'
import type { Proposal } from '../../api/answers.js'
import { Dialog } from '../../parts/confirm-act.js'
import { ProblemNotice } from '../../parts/states.js'
import { refusalWords } from './answering.js'
import classes from './plan.module.css'
import { shortHex } from '../../parts/figures.js'

interface AnswerDialogProps {
  readonly proposal: Proposal
  readonly word: 'approve' | 'reject'
  readonly onClose: () => void
}

const KINDS: Readonly<Record<Proposal['kind'], string>> = {
  plan: 'the plan',
  resume: 'the resume',
  cancel: 'the cancel',
}

const CONSEQUENCES: Readonly<Record<Proposal['kind'], readonly [approved: string, rejected: string]>> = {
  plan: [
    'Its legs begin as soon as enough people have approved, after balances and prices were looked at once more.',
    'None of its legs begins. The next cycle may propose another plan.',
  ],
  resume: ['It is done at once.', 'It stays held.'],
  cancel: ['It is ordered at once.', 'The transaction goes on.'],
}

/** Asks once more, and gives the word for the digest of exactly what was looked at when the dialog opened. */
export function AnswerDialog({ proposal, word, onClose }: AnswerDialogProps) {
  const [{ id, kind, digest, needs, approvedBy }] = useState(proposal)
  const [reason, setReason] = useState('')
  const act = useAct<unknown>()
  const isApproval = word === 'approve'
  const isReady = isApproval || reason.trim() !== ''
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
        className={classes.dialog}
        onSubmit={(event) => {
          event.preventDefault()
          if (isReady && !isOver && !act.isPending) give()
        }}
      >
        <p>
          {isApproval && others > 0
            ? `It takes ${others === 1 ? 'one more person' : `${others} more people`} after you.`
            : CONSEQUENCES[kind][isApproval ? 0 : 1]}
        </p>
        <p>
          Your word is for the digest <code title={digest}>{shortHex(digest)}</code> and for nothing else.
        </p>
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
        <div className={classes.buttons}>
          <Button variant="default" onClick={onClose}>
            Back
          </Button>
          <Button
            type="submit"
            color={isApproval ? 'blue' : 'red'}
            loading={act.isPending}
            disabled={!isReady || isOver}
          >
            {isApproval ? 'Approve' : 'Reject'}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
