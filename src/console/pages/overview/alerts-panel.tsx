import type { Portfolio } from '../../api/answers.js'
import {
  useBreakers,
  useChains,
  usePositions,
  usePrices,
  useProposals,
  useStates,
  useTransfers,
} from '../../api/queries.js'
import { Panel } from '../../parts/page.js'
import shared from '../../parts/shared.module.css'
import { Loading, ProblemNotice } from '../../parts/states.js'
import { alertsOf } from './alerts.js'
import classes from './overview.module.css'

/** What a person ought to look at. While something could not be asked for, silence is not taken for quiet. */
export function Alerts({ portfolio }: { readonly portfolio: Portfolio }) {
  const [states, breakers, transfers, prices, chains, proposals, positions] = [
    useStates(),
    useBreakers(),
    useTransfers(portfolio.id),
    usePrices(),
    useChains(),
    useProposals(),
    usePositions(portfolio.id),
  ]
  const reads = [states, breakers, transfers, prices, chains, proposals, positions]
  const failed = reads.find(({ error }) => error)
  const alerts = alertsOf({
    portfolio,
    states: states.data,
    breakers: breakers.data,
    transfers: transfers.data,
    prices: prices.data,
    chains: chains.data,
    proposals: proposals.data,
    positions: positions.data,
  })
  return (
    <Panel title="To look at">
      {failed && <ProblemNotice error={failed.error} onRetry={() => void failed.refetch()} />}
      {alerts.length > 0 && (
        <ul className={classes.alerts}>
          {alerts.map(({ key, tone, title, detail, href }) => (
            <li key={key} data-tone={tone}>
              {href === undefined ? <strong>{title}</strong> : <a href={href}>{title}</a>}
              <div>{detail}</div>
            </li>
          ))}
        </ul>
      )}
      {alerts.length === 0 && !failed && <Quiet isKnown={reads.every(({ data }) => data !== undefined)} />}
    </Panel>
  )
}

function Quiet({ isKnown }: { readonly isKnown: boolean }) {
  if (!isKnown) return <Loading />
  return <p className={shared.quiet}>Nothing: nothing is stopped or late, every price and chain is known.</p>
}
