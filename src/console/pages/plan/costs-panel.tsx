import { StateBadge } from '../../parts/badges.js'
import { sum } from '../../parts/decimals.js'
import { Unknown, Usd } from '../../parts/exact.js'
import { usdFigure } from '../../parts/figures.js'
import { Panel } from '../../parts/page.js'
import { progressText, skippedTexts } from '../../parts/progress.js'
import shared from '../../parts/shared.module.css'
import type { Cycle, Plan } from './api.js'
import { type Compared, comparedWith, costParts, overLeast, savedAgainst } from './comparison.js'
import classes from './plan.module.css'

/** What the plan costs by component, beside what else could have been done. */
export function CostsPanel({ plan, cycle }: { readonly plan: Plan; readonly cycle?: Cycle }) {
  return (
    <Panel title="What it costs">
      <div className={classes.columns}>
        <Components plan={plan} cycle={cycle} />
        <Beside plan={plan} />
      </div>
    </Panel>
  )
}

function Components({ plan: { cost }, cycle }: { readonly plan: Plan; readonly cycle: Cycle | undefined }) {
  const parts = costParts(cost)
  const progress = cycle?.progress
  const realised = (cycle?.legs ?? []).flatMap(({ realisedCost }) => realisedCost ?? [])
  const known = realised.length > 0
  return (
    <div>
      <h3 className={classes.subFirst}>By component</h3>
      <div className={classes.stack} aria-hidden="true">
        {parts.map(({ key, share }) => (
          <span key={key} data-part={key} style={{ flexGrow: share }} />
        ))}
      </div>
      <table className={classes.parts}>
        <thead>
          <tr>
            <th scope="col">Component</th>
            <th scope="col">Expected</th>
            {known && <th scope="col">Realised</th>}
          </tr>
        </thead>
        <tbody>
          {parts.map(({ name, key, usd }) => (
            <tr key={key}>
              <th scope="row">
                <span className={classes.swatch} data-part={key} aria-hidden="true" />
                {name}
              </th>
              <td>
                <Usd value={usd} />
              </td>
              {known && (
                <td>
                  <Usd value={sum(realised.map((one) => one[key]))} />
                </td>
              )}
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">Total</th>
            <td>
              <Usd value={cost.totalUsd} />
            </td>
            {known && (
              <td>
                <Usd value={sum(realised.map(({ totalUsd }) => totalUsd))} />
              </td>
            )}
          </tr>
        </tfoot>
      </table>
      {known && cycle && progress && (
        <p className={shared.quiet}>Realised is of {progressText(progress, cycle.outcome !== null)}.</p>
      )}
      {progress &&
        skippedTexts(progress).map((text) => (
          <p key={text} className={shared.quiet}>
            {text}
          </p>
        ))}
    </div>
  )
}

function Beside({ plan }: { readonly plan: Plan }) {
  const compared = comparedWith(plan)
  return (
    <div>
      <h3 className={classes.subFirst}>Beside what else could have been done</h3>
      <ul className={classes.bars}>
        {compared.map((one) => (
          <Bar key={one.name} compared={one} />
        ))}
      </ul>
      <Saved compared={compared} />
      <Bound plan={plan} />
    </div>
  )
}

function Bar({ compared: { name, meaning, costUsd, unmetUsd, isThis, length } }: { readonly compared: Compared }) {
  return (
    <li>
      <div className={classes.barHead}>
        <span>
          {isThis ? <strong>{name}</strong> : name} <span className={shared.quiet}>{meaning}</span>
        </span>
        <span>{costUsd === null ? <Unknown>has no way</Unknown> : <Usd value={costUsd} />}</span>
      </div>
      <div className={classes.track} aria-hidden="true">
        <div className={classes.fill} data-this={isThis} style={{ width: `${length * 100}%` }} />
      </div>
      <div className={shared.quiet}>
        leaves <Usd value={unmetUsd} /> undone of what was to be traded, sales and purchases together
      </div>
    </li>
  )
}

function Saved({ compared }: { readonly compared: readonly Compared[] }) {
  const saved = savedAgainst(compared)
  if (!saved) return null
  const cost = Number(saved.costUsd)
  const unmet = Number(saved.unmetUsd)
  return (
    <p className={classes.said}>
      Against the best single route it costs {figure(saved.costUsd)} {cost >= 0 ? 'less' : 'more'} and leaves{' '}
      {figure(saved.unmetUsd)} {unmet >= 0 ? 'less' : 'more'} undone, sales and purchases together.
    </p>
  )
}

const figure = (usd: string) => usdFigure(usd.replace('-', '')).readable

function Bound({ plan: { lowerBoundUsd, noBoundReason, gap } }: { readonly plan: Plan }) {
  if (lowerBoundUsd === null || gap === null)
    return <p className={shared.quiet}>No bound on how much better a plan could be. {noBoundReason}</p>
  const { figure: over, relation, isNear } = overLeast(gap)
  return (
    <p className={classes.said}>
      Weighed together with what it leaves undone it is <StateBadge tone={isNear ? 'good' : 'quiet'}>{over}</StateBadge>{' '}
      {relation} that any plan for these levels could reach on these quotes: <Usd value={lowerBoundUsd} />
    </p>
  )
}
