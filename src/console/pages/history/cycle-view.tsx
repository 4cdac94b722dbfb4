import type { Cycle } from '../../api/cycles.js'
import { useRead } from '../../api/queries.js'
import { StateBadge } from '../../parts/badges.js'
import { CardTable, type Column } from '../../parts/card-table.js'
import { fromUnits, sum } from '../../parts/decimals.js'
import { Price, Share, Unknown, Usd } from '../../parts/exact.js'
import { Moment } from '../../parts/moment.js'
import { Fact, Facts, Panel } from '../../parts/page.js'
import { progressText, skippedTexts } from '../../parts/progress.js'
import shared from '../../parts/shared.module.css'
import { Notice } from '../../parts/states.js'
import { actText, DECISIONS, outcomeWords } from '../../parts/words.js'
import { AssetsPanel } from './assets-panel.js'
import classes from './history.module.css'
import { LegsPanel } from './legs-panel.js'
import { RecordPage } from './record-page.js'
import { elapsedText } from './trail.js'

/** One cycle from its decision down to its transactions. */
export function CycleView({ id }: { readonly id: string }) {
  const read = useRead<Cycle>(`/v1/cycles/${encodeURIComponent(id)}`)
  return (
    <RecordPage
      kind="Cycle"
      id={id}
      read={read}
      leadOf={({ portfolio, mode }) => `${portfolio}, ${mode === 'live' ? 'live' : 'dry run'}`}
    >
      {(cycle) => (
        <>
          <Summary cycle={cycle} />
          <WhyPanel cycle={cycle} />
          <LegsPanel cycle={cycle} />
          <AssetsPanel cycle={cycle} />
          <MarketPanel cycle={cycle} />
        </>
      )}
    </RecordPage>
  )
}

function Summary({ cycle }: { readonly cycle: Cycle }) {
  const { outcome, startedAt, endedAt, navUsd, drift, plan, legs, progress } = cycle
  const { label, tone, meaning } = outcomeWords(outcome)
  const realised = legs.flatMap(({ realisedCost }) => realisedCost?.totalUsd ?? [])
  return (
    <Panel title="In short">
      <Facts>
        <Fact name="Outcome">
          <StateBadge tone={tone} title={meaning}>
            {label}
          </StateBadge>
        </Fact>
        <Fact name="Started">
          <Moment at={startedAt} />
        </Fact>
        <Fact name={endedAt === null ? 'Still' : 'Took'}>
          {endedAt === null ? 'running' : elapsedText(startedAt, endedAt).slice(1)}
        </Fact>
        <Fact name="NAV">
          <Usd value={navUsd} />
        </Fact>
        <Fact name="Drift before">
          <Share value={drift} />
        </Fact>
        {plan && (
          <>
            <Fact name="Drift expected after">
              <Share value={plan.expectedDrift} />
            </Fact>
            <Fact name="Expected cost">
              <Usd value={plan.cost.totalUsd} />
            </Fact>
          </>
        )}
        {realised.length > 0 && (
          <Fact name="Realised cost">
            <Usd value={sum(realised)} />{' '}
            <span className={shared.quiet}>of {progressText(progress, outcome !== null)}</span>
          </Fact>
        )}
      </Facts>
      {progress.skipped.length > 0 && (
        <Notice
          tone="warn"
          title={outcome === null ? 'Not all of the plan is to be done' : 'Not all of the plan was done'}
        >
          {skippedTexts(progress).map((text) => (
            <p key={text}>{text}</p>
          ))}
        </Notice>
      )}
      {!cycle.isComplete && (
        <Notice tone="warn" title="Not everything was known">
          {cycle.excluded.map(({ asset, reason }) => (
            <p key={asset}>
              {asset}: {reason}
            </p>
          ))}
        </Notice>
      )}
    </Panel>
  )
}

function WhyPanel({ cycle: { decision, outcome, planReasons, plan } }: { readonly cycle: Cycle }) {
  const { act, code, policy, reasons, shadow } = decision
  return (
    <Panel
      title={`Why ${actText(act, outcome)}`}
      actions={<StateBadge tone={act ? 'busy' : 'quiet'}>{DECISIONS[code]}</StateBadge>}
    >
      <Reasons reasons={reasons} />
      {planReasons.length > 0 && (
        <>
          <h3 className={shared.sub}>{plan ? 'About its plan' : 'Why there is no plan'}</h3>
          <Reasons reasons={planReasons} />
        </>
      )}
      {plan && plan.unmet.length > 0 && (
        <>
          <h3 className={shared.sub}>What the plan leaves</h3>
          <ul className={classes.reasons}>
            {plan.unmet.map(({ asset, valueUsd, reason }) => (
              <li key={asset}>
                {asset}, <Usd value={valueUsd} />: {reason}
              </li>
            ))}
          </ul>
        </>
      )}
      {(policy !== null || shadow) && (
        <p className={`${shared.quiet} ${shared.sub}`}>
          {policy !== null && `Judged by ${policy}. `}
          {shadow && `The shadow policy${shadow.policy === null ? '' : ` ${shadow.policy}`} would have `}
          {shadow && (shadow.act ? 'acted' : 'done nothing')}
          {shadow && `: ${DECISIONS[shadow.code]}.`}
        </p>
      )}
    </Panel>
  )
}

function Reasons({ reasons }: { readonly reasons: readonly string[] }) {
  if (reasons.length === 0) return <Unknown>No reason was written down.</Unknown>
  return (
    <ul className={classes.reasons}>
      {reasons.map((one) => (
        <li key={one}>{one}</li>
      ))}
    </ul>
  )
}

interface Price {
  readonly asset: string
  readonly usd: string
}

const PRICE_COLUMNS: readonly Column<Price>[] = [
  { name: 'Asset', of: ({ asset }) => asset },
  { name: 'Price', isFigure: true, of: ({ usd }) => <Price value={usd} /> },
]

interface GasPrice {
  readonly chain: string
  readonly wei: string
}

const GAS_COLUMNS: readonly Column<GasPrice>[] = [
  { name: 'Chain', of: ({ chain }) => chain },
  { name: 'Gas price', isFigure: true, of: ({ wei }) => `${fromUnits(wei, 9)} gwei` },
]

function MarketPanel({ cycle }: { readonly cycle: Cycle }) {
  const prices = Object.entries(cycle.prices).map(([asset, usd]) => ({ asset, usd }))
  const gas = Object.entries(cycle.gasPricesWei).map(([chain, wei]) => ({ chain, wei }))
  return (
    <Panel title="Prices and gas then">
      <details className={shared.details}>
        <summary>
          {prices.length} prices, gas of {gas.length} chains
        </summary>
        <CardTable label="Prices at the decision" columns={PRICE_COLUMNS} rows={prices} keyOf={({ asset }) => asset} />
        <CardTable label="Gas prices at the decision" columns={GAS_COLUMNS} rows={gas} keyOf={({ chain }) => chain} />
      </details>
    </Panel>
  )
}
