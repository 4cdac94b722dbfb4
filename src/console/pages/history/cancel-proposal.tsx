import { Button } from '@mantine/core'
import { useState } from 'react'
import type { Proposal } from '../../api/answers.js'
import { useMay, useMe } from '../../api/context.js'
import { useProposals } from '../../api/queries.js'
import { AnswerDialog } from '../../parts/answer-dialog.js'
import { VOIDED_BY } from '../../parts/answering.js'
import { Ago } from '../../parts/moment.js'
import { Notice } from '../../parts/states.js'

/** Where a cancel takes two people: what one of them wants, for another one to approve. */
export function CancelProposals({ intentId }: { readonly intentId: string }) {
  const { data } = useProposals()
  const open = data?.proposals.filter(
    ({ kind, state, content }) => kind === 'cancel' && state === 'open' && content['intent'] === intentId,
  )
  return open?.map((one) => <CancelProposal key={one.id} proposal={one} />)
}

function CancelProposal({ proposal }: { readonly proposal: Proposal }) {
  const { proposedBy, reason, expiresAt } = proposal
  const { subject } = useMe()
  const mayAnswer = useMay('plan:approve')
  const [asking, setAsking] = useState<'approve' | 'reject'>()
  const isOwn = subject === proposedBy
  return (
    <>
      <Notice
        tone="warn"
        title={`${proposedBy} wants it cancelled`}
        action={
          mayAnswer && (
            <Button.Group>
              <Button variant="default" onClick={() => setAsking('reject')}>
                Reject…
              </Button>
              {!isOwn && <Button onClick={() => setAsking('approve')}>Approve…</Button>}
            </Button.Group>
          )
        }
      >
        <p>{reason}</p>
        <p>
          {isOwn ? 'Somebody else has to approve it; it' : 'It takes another person, and'} lapses <Ago at={expiresAt} />
          . {VOIDED_BY.cancel}
          {!mayAnswer && ' Answering takes the scope plan:approve.'}
        </p>
      </Notice>
      {asking !== undefined && <AnswerDialog proposal={proposal} word={asking} onClose={() => setAsking(undefined)} />}
    </>
  )
}
