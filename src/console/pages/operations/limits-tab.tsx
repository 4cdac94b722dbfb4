import { useRead } from '../../api/queries.js'
import { useChosenPortfolio } from '../../frame/portfolio.js'
import { Share, Usd } from '../../parts/exact.js'
import { amountFigure, shareFigure } from '../../parts/figures.js'
import { Fact, Facts, Panel } from '../../parts/page.js'
import shared from '../../parts/shared.module.css'
import { Await, Empty, Notice } from '../../parts/states.js'
import type { Limits, PortfolioLimits } from './api.js'
import classes from './operations.module.css'
import { type CapLine, capLines, tightest, useOf } from './use-of-cap.js'

export function LimitsTab() {
  const { id } = useChosenPortfolio()
  const read = useRead<Limits>('/v1/limits')
  return (
    <Await read={read}>
      {({ portfolios }) => {
        const limits = portfolios.find(({ portfolio }) => portfolio === id)
        return limits ? <PortfolioCaps limits={limits} /> : <Empty title={`${id} has no limits`} />
      }}
    </Await>
  )
}

function PortfolioCaps({ limits }: { readonly limits: PortfolioLimits }) {
  const lines = capLines(limits)
  const tight = tightest(lines)
  const late = limits.bridges.filter((one) => one.late > 0)
  return (
    <>
      {tight.length > 0 && (
        <Notice
          tone={tight.some(({ cap }) => useOf(cap).level === 'reached') ? 'bad' : 'warn'}
          title={`${tight.length} of ${lines.length} caps ${tight.length === 1 ? 'is' : 'are'} reached or nearly so`}
        >
          {tight.map(({ name }) => name).join(', ')}
        </Notice>
      )}
      {late.length > 0 && (
        <Notice tone="warn" title="Transfers are late">
          {late.map(({ bridge, late: count }) => `${bridge}: ${count}`).join(', ')}
        </Notice>
      )}
      {[...new Set(lines.map(({ group }) => group))].map((group) => (
        <Panel key={group} title={group}>
          <ul className={classes.caps}>
            {lines
              .filter((line) => line.group === group)
              .map((line) => (
                <Cap key={line.name} line={line} />
              ))}
          </ul>
        </Panel>
      ))}
      <Panel title="Rules for each plan">
        <Facts>
          <Fact name="NAV they are measured by">
            <Usd value={limits.navUsd} />
          </Fact>
          <Fact name="Largest leg">
            <Usd value={limits.maxLegUsd} />
          </Fact>
          <Fact name="Largest leg, of NAV">
            <Share value={limits.legShare} />
          </Fact>
          <Fact name="Over bridges at once, of NAV">
            <Share value={limits.maxBridgeShare} />
          </Fact>
          <Fact name="Gas of a leg, of it">
            <Share value={limits.gasPerLeg} />
          </Fact>
          <Fact name="Drift has to fall by">
            <Share value={limits.driftFall} />
          </Fact>
          <Fact name="Balances may move by">
            <Share value={limits.balanceMove} />
          </Fact>
          <Fact name="A trade of a day may be undone">{limits.mayReverse ? 'yes' : 'no'}</Fact>
        </Facts>
      </Panel>
    </>
  )
}

const LEVELS = { free: '', near: 'nearly reached', reached: 'reached' } as const

function Cap({ line: { name, cap } }: { readonly line: CapLine }) {
  const { share, level } = useOf(cap)
  return (
    <li>
      <div className={classes.capHead}>
        <strong>{name}</strong>
        <span className={shared.quiet}>
          {share === null ? 'nothing to use' : shareFigure(share.toFixed(6), { places: 1 }).readable}{' '}
          {LEVELS[level] !== '' && <strong>{LEVELS[level]}</strong>}
        </span>
      </div>
      <div className={classes.track} aria-hidden="true">
        <div
          className={classes.fill}
          data-level={level}
          style={{ width: `${Math.min(1, share ?? (level === 'reached' ? 1 : 0)) * 100}%` }}
        />
      </div>
      <div className={shared.quiet}>
        {'used' in cap ? (
          `${amountFigure(String(cap.used)).readable} of ${amountFigure(String(cap.cap)).readable}`
        ) : (
          <>
            <Usd value={cap.usedUsd} /> of <Usd value={cap.capUsd} />, <Share value={cap.cap} /> of NAV
          </>
        )}
      </div>
    </li>
  )
}
