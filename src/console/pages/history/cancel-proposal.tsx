import { Button } from '@mantine/core'
import { useState } from 'react'
import type { Proposal } from '../../api/answers.js'
import { useMay, useMe } from '../../api/context.js'
import { useProposals } from '../../api/queries.js'
import { ConfirmAct } from '../../parts/confirm-act.js'
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
  const { id, digest, proposedBy, reason, expiresAt } = proposal
  const { subject } = useMe()
  const mayAnswer = useMay('plan:approve')
  const [asking, setAsking] = useState<'approve' | 'reject'>()
  const path = `/v1/proposals/cancel/${encodeURIComponent(id)}`
  const close = () => setAsking(undefined)
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
                Turn down…
              </Button>
              {!isOwn && <Button onClick={() => setAsking('approve')}>Approve…</Button>}
            </Button.Group>
          )
        }
      >
        <p>{reason}</p>
        <p>
          {isOwn ? 'Somebody else has to approve it; it' : 'It takes another person, and'} ends <Ago at={expiresAt} />.
          {!mayAnswer && ' Answering takes the scope plan:approve.'}
        </p>
      </Notice>
      {asking === 'approve' && (
        <ConfirmAct<unknown>
          title="Approve the cancel?"
          deed={() => ({ path: `${path}/approve`, body: { digest } })}
          reason="none"
          confirm="Approve"
          onClose={close}
        >
          <p>The cancel of {proposedBy} is ordered at once.</p>
        </ConfirmAct>
      )}
      {asking === 'reject' && (
        <ConfirmAct<unknown>
          title="Turn the cancel down?"
          deed={(why) => ({ path: `${path}/reject`, body: { digest, reason: why } })}
          reason="required"
          confirm="Turn it down"
          onClose={close}
        >
          <p>The transaction goes on.</p>
        </ConfirmAct>
      )}
    </>
  )
}
