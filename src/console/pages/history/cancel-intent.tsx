import { Button } from '@mantine/core'
import { useState } from 'react'
import { useMay, useMe } from '../../api/context.js'
import { ConfirmAct } from '../../parts/confirm-act.js'
import { Moment } from '../../parts/moment.js'
import { Notice } from '../../parts/states.js'
import type { CancelOrdered, IntentDetail } from '../../api/cycles.js'
import shared from '../../parts/shared.module.css'
import { intentPath } from '../../parts/links.js'
import { cancelTitle, isCancellable, isTooLate } from '../../parts/words.js'

export function CancelButton({ intent }: { readonly intent: IntentDetail }) {
  const mayCancel = useMay('tx:cancel')
  const takesTwo = useMe().approvals.resume === 2
  const [isAsking, setAsking] = useState(false)
  if (!isCancellable(intent) || intent.cancelOrder) return null
  if (!mayCancel) {
    return <span className={shared.quiet}>Cancelling it takes the scope tx:cancel.</span>
  }
  return (
    <>
      <Button color="red" variant="light" onClick={() => setAsking(true)}>
        Cancel it…
      </Button>
      {isAsking && (
        <ConfirmAct<CancelOrdered>
          title="Cancel this transaction?"
          deed={(reason) => ({
            path: `${intentPath(intent.id)}/cancel`,
            body: { reason },
            lookedAt: intentPath(intent.id),
          })}
          reason="required"
          confirm={takesTwo ? 'Propose the cancel' : 'Cancel the transaction'}
          color="red"
          onClose={() => setAsking(false)}
        >
          <p>
            {intent.state === 'reserved'
              ? 'Nothing is signed for it: its nonce is given back.'
              : 'It is signed: a transfer of nothing to ourselves takes its nonce where it still can. If the step is in a block by then, it stands.'}
          </p>
          <p>
            Its leg ends, and the next cycle plans anew.
            {takesTwo && ' It takes two people here: somebody else has to approve it within 15 minutes.'}
          </p>
        </ConfirmAct>
      )}
    </>
  )
}

export function CancelNotice({ intent: { cancelOrder, state } }: { readonly intent: IntentDetail }) {
  if (!cancelOrder) return null
  return (
    <Notice tone={isTooLate(state) ? 'quiet' : 'warn'} title={cancelTitle(cancelOrder.by, state)}>
      {cancelOrder.reason} <Moment at={cancelOrder.orderedAt} />
    </Notice>
  )
}
