import { useState } from 'react'
import { useRead } from '../../api/queries.js'
import { StateBadge } from '../../parts/badges.js'
import { CallPanel } from '../../parts/call-panel.js'
import { Amount, Hex } from '../../parts/exact.js'
import { IdLink } from '../../parts/id-link.js'
import { intentPath, stepHref } from '../../parts/links.js'
import shared from '../../parts/shared.module.css'
import { Await } from '../../parts/states.js'
import { INTENTS } from '../../parts/words.js'
import type { Cycle, Intent, IntentDetail, PlannedLeg } from './api.js'
import classes from './plan.module.css'

/** The transactions of a leg, with what their calldata says. */
export function LegCalls({ cycle, leg }: { readonly cycle: Cycle | undefined; readonly leg: PlannedLeg }) {
  if (!cycle) return null
  const intents = cycle.intents.filter(({ legId }) => legId === leg.id)
  return (
    <>
      <h3 className={shared.sub}>Transactions</h3>
      {intents.length === 0 ? (
        <p className={shared.quiet}>
          {cycle.outcome === null
            ? 'There is no calldata yet: a firm offer is asked for, decoded and judged when the leg begins, and none is taken that brings less than the least above.'
            : 'There is no calldata: nothing of it was carried out.'}
        </p>
      ) : (
        intents.map((intent) => <Call key={intent.id} intent={intent} cycleId={cycle.id} />)
      )}
    </>
  )
}

function Call({ intent, cycleId }: { readonly intent: Intent; readonly cycleId: string }) {
  const { id, kind, chain, nonce, state, to, call } = intent
  const [isOpen, setOpen] = useState(false)
  const { label, tone, meaning } = INTENTS[state]
  return (
    <div className={classes.call}>
      <div className={classes.callHead}>
        <StateBadge tone={tone} title={meaning}>
          {label}
        </StateBadge>
        <span>
          {kind} on {chain}, nonce {nonce}
        </span>
        <IdLink id={id} href={stepHref(cycleId, id)} label="Transaction" />
      </div>
      <Said call={call} to={to} />
      <details className={shared.details} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>All of its calldata</summary>
        {isOpen && <WholeCall id={id} />}
      </details>
    </div>
  )
}

/** The call in a line, as the daemon's own code reads it from the bytes. */
function Said({ call: { means, function: name, reason }, to }: Pick<Intent, 'call' | 'to'>) {
  if (!means) return <p className={shared.quiet}>{reason ?? `It calls ${name ?? 'a function that is not known'}.`}</p>
  const { spender, takes, brings, receivers, bridge } = means
  return (
    <p className={classes.said}>
      {spender !== null ? (
        <>
          Lets <Hex value={spender} label="spender" /> take at most <CallAmount of={takes} />
        </>
      ) : (
        <>
          <Hex value={to} label="contract" /> takes <CallAmount of={takes} />
          {brings && (
            <>
              {' '}
              and brings at least <CallAmount of={brings} />
            </>
          )}
        </>
      )}
      {bridge && (
        <>
          {' '}
          over {bridge.name} to {bridge.destinationChain ?? `chain ${bridge.destinationChainId}`}
        </>
      )}
      {receivers.some(({ isOurs }) => !isOurs) && (
        <>
          {' '}
          <StateBadge tone="bad">to somebody else</StateBadge>
        </>
      )}
      .
    </p>
  )
}

function CallAmount({ of }: { readonly of: NonNullable<Intent['call']['means']>['takes'] }) {
  if (!of) return <>nothing</>
  if (of.units === null) return <>an amount that it does not guarantee</>
  if (of.amount !== null) return <Amount value={of.amount} symbol={of.symbol} />
  return (
    <>
      {of.units} base units of <Hex value={of.token} label="token" />
    </>
  )
}

function WholeCall({ id }: { readonly id: string }) {
  const read = useRead<IntentDetail>(intentPath(id))
  return <Await read={read}>{({ call, data }) => <CallPanel call={call} data={data} />}</Await>
}
