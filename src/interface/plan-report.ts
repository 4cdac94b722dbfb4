import type { Proposal } from '../application/propose-plan.js'
import { type Cost, totalOf } from '../domain/planning/cost.js'
import type { Portfolio } from '../domain/policy/portfolio.js'
import { formatAmount } from '../domain/units/amount.js'
import { basisPointsOf, type Ratio, ratioToNumber } from '../domain/units/ratio.js'
import { type Usd, usdToNumber } from '../domain/units/usd.js'
import { costWire, driftWire, planWire } from './http/wire.js'

const dollars = (value: Usd) =>
  usdToNumber(value).toLocaleString('en-US', { style: 'currency', currency: 'USD', maximumFractionDigits: 0 })
const cents = (value: Usd) => usdToNumber(value).toLocaleString('en-US', { style: 'currency', currency: 'USD' })
const percent = (value: Ratio) => `${(ratioToNumber(value) * 100).toFixed(2)} %`

/** What one portfolio holds, how far it is from target and what would be done, for a person. */
export function planReport(portfolio: Portfolio, { valuation, drift, decision, plan, planReasons }: Proposal): string {
  const lines = [
    `Portfolio ${portfolio.id} (${portfolio.mode}), account ${portfolio.accountAlias} ${portfolio.account}`,
  ]
  lines.push(
    `NAV ${dollars(drift.nav)}${valuation.isComplete ? '' : ' of the assets whose value is known'}, portfolio drift ${percent(drift.portfolio)}`,
    '',
  )
  lines.push(row(['asset', 'value', 'weight', 'target', 'drift', 'band', '']))
  for (const one of drift.assets)
    lines.push(
      row([
        one.asset,
        dollars(one.value),
        percent(one.weight),
        percent(one.target),
        `${basisPointsOf(one.drift)} bps`,
        `±${basisPointsOf(one.band)} bps`,
        one.isInBand ? '' : 'outside',
      ]),
    )
  for (const value of valuation.assets)
    if (value.status === 'known')
      for (const position of value.positions)
        if (position.amount.units > 0n)
          lines.push(`  ${position.chain.padEnd(10)} ${formatAmount(position.amount)} (${dollars(position.value)})`)
  lines.push(
    '',
    `Decision: ${decision.act ? 'act' : 'do nothing'} (${decision.code})`,
    ...decision.reasons.map((reason) => `  ${reason}`),
  )
  if (!plan) return [...lines, ...planReasons.map((reason) => `  no plan: ${reason}`)].join('\n')
  lines.push('', 'Plan:')
  for (const leg of plan.legs) {
    const { chain } = leg.sell.token
    const where = leg.kind === 'swap' ? chain : `${chain} → ${leg.expectedOut.token.chain}`
    lines.push(
      `  ${leg.id}  ${leg.kind} on ${where} through ${leg.venue} (${leg.tool})${leg.dependsOn ? `, after ${leg.dependsOn}` : ''}`,
    )
    lines.push(
      `     ${formatAmount(leg.sell)} for ${formatAmount(leg.expectedOut)}, at least ${formatAmount(leg.minimumOut)}`,
    )
    lines.push(`     costs ${costLine(leg.cost)}`)
    for (const other of leg.alternatives)
      lines.push(
        `     not ${other.venue} ${other.tool}: ${other.cost === undefined ? '' : `${cents(other.cost)} `}${other.refusal ?? ''}`.trimEnd(),
      )
  }
  lines.push(`  total ${costLine(plan.cost)}; portfolio drift afterwards ${percent(plan.expectedDrift)}`)
  for (const { asset, value, reason } of plan.unmet)
    lines.push(`  ${asset} stays ${dollars(value)} short of target: ${reason}`)
  return lines.join('\n')
}

/** The same for machines. */
export function planJson(portfolio: Portfolio, proposal: Proposal): object {
  const { valuation, drift, decision, plan, planReasons } = proposal
  return {
    portfolio: portfolio.id,
    mode: portfolio.mode,
    account: portfolio.account,
    ...driftWire(drift, valuation),
    decision,
    plan: plan ? planWire(plan) : null,
    planReasons,
    ...(plan && { cost: costWire(plan.cost) }),
  }
}

function costLine(cost: Cost): string {
  return `${cents(totalOf(cost))} (slippage ${cents(cost.slippage)}, fees ${cents(cost.fees)}, gas ${cents(cost.gas)}, bridge ${cents(cost.bridge)})`
}

function row(cells: readonly string[]): string {
  return cells
    .map((cell, index) => (index === 0 ? cell.padEnd(8) : cell.padStart(index === 1 ? 14 : 10)))
    .join(' ')
    .trimEnd()
}
