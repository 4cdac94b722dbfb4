import type { Proposal } from '../application/propose-plan.js'
import type { Portfolio } from '../domain/policy/portfolio.js'
import type { Decision } from '../domain/policy/trigger.js'
import { basisPointsOf } from '../domain/units/ratio.js'
import { flowPicture } from './flow-picture.js'
import { costWire } from './http/figures.js'
import { decisionWire, marketWire, planWire, snapshotWire } from './http/plan-wire.js'
import { driftWire } from './http/wire.js'
import { costTable, evidenceLines, legTable } from './plan-tables.js'
import { dollars, left, percent, right, roughly, table, wrapped } from './text-table.js'

/** What one portfolio holds, how far it is from target and what would be done, for a person at a terminal. */
export function planReport(portfolio: Portfolio, proposal: Proposal): string {
  const { decision, drift, market, notes, plan, planReasons } = proposal
  const lines = [
    ...holdings(portfolio, proposal),
    '',
    ...(notes.length > 0 ? ['To know:', ...notes.flatMap((note) => wrapped(note, 2)), ''] : []),
    `Decision: ${decision.act ? 'act' : 'do nothing'} (${decision.code}${decision.policy ? `, by ${decision.policy}` : ''})`,
    ...decision.reasons.filter((reason) => !notes.includes(reason)).flatMap((reason) => wrapped(reason, 2)),
    ...(decision.shadow ? shadowLines(decision.shadow) : []),
  ]
  if (!plan) return [...lines, ...planReasons.flatMap((reason) => wrapped(`no plan: ${reason}`, 2))].join('\n')
  return [
    ...lines,
    '',
    `Plan ${plan.id}:`,
    ...legTable(plan, market),
    '',
    'Flow:',
    ...flowPicture(plan),
    '',
    'Cost:',
    ...costTable(plan, drift.nav),
    '',
    'Evidence:',
    ...evidenceLines(plan),
  ].join('\n')
}

function shadowLines({ act, code, policy, reasons }: NonNullable<Decision['shadow']>): string[] {
  const verdict = `In its shadow, ${policy ?? 'nothing'} would ${act ? 'act' : 'do nothing'} (${code}).`
  return [verdict, ...reasons.slice(0, 1).flatMap((reason) => wrapped(reason, 2))]
}

function holdings(portfolio: Portfolio, { valuation, drift, decision }: Proposal): string[] {
  const lines = [
    `Portfolio ${portfolio.id} (${portfolio.mode}), account ${portfolio.accountAlias} ${portfolio.account}`,
    `NAV ${dollars(drift.nav)}${valuation.isComplete ? '' : ' of the assets whose value is known'}, portfolio drift ${percent(drift.portfolio)}`,
    '',
  ]
  const columns = ['value', 'weight', 'target', 'drift', 'band', 'brought to'].map(right)
  const rows = drift.assets.map((one) => {
    const level = decision.levels.find(({ asset }) => asset === one.asset)
    return [
      one.asset,
      dollars(one.value),
      percent(one.weight),
      percent(one.target),
      `${basisPointsOf(one.drift)} bps`,
      `±${basisPointsOf(one.band)} bps`,
      level === undefined
        ? ''
        : level.lower === level.upper
          ? percent(level.lower)
          : `${percent(level.lower)} – ${percent(level.upper)}`,
      one.isInBand ? '' : 'outside',
    ]
  })
  lines.push(...table([left('asset'), ...columns, left('')], rows))
  const positions = valuation.assets.flatMap((value) =>
    value.status === 'known' ? value.positions.filter(({ amount }) => amount.units > 0n) : [],
  )
  if (positions.length === 0) return lines
  const held = positions.map(({ chain, amount, value }) => [chain, roughly(amount), dollars(value)])
  return [...lines, '', ...table([left('held on'), right('amount'), right('value')], held)]
}

/** The same for machines, and with it all that was seen: the blocks of the chains, prices and their sources, gas. */
export function planJson(portfolio: Portfolio, proposal: Proposal): object {
  const { snapshot, valuation, drift, decision, market, notes, plan, planReasons } = proposal
  return {
    portfolio: portfolio.id,
    mode: portfolio.mode,
    account: portfolio.account,
    snapshot: snapshotWire(snapshot),
    ...marketWire(market),
    ...driftWire(drift, valuation),
    notes,
    decision: decisionWire(decision),
    plan: plan ? planWire(plan) : null,
    planReasons,
    ...(plan && { cost: costWire(plan.cost) }),
  }
}
