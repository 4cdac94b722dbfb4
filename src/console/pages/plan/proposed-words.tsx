import type { Proposal } from '../../api/answers.js'
import { useConfig } from '../../api/queries.js'
import { Exact, Hex } from '../../parts/exact.js'
import { Members } from '../../parts/members.js'
import { amountFigure } from '../../parts/figures.js'
import { Tool } from '../../parts/tool.js'
import classes from './plan.module.css'
import {
  type DecimalsOf,
  decimalsIn,
  decimalTextOf,
  type ProposedAmount,
  type ProposedLeg,
  type ProposedPlan,
} from './proposed.js'

/** What the digest stands for, in words: made of the content alone, of nothing that somebody says about it. */
export function ProposedWords({
  proposal,
  proposed,
}: {
  readonly proposal: Proposal
  readonly proposed: ProposedPlan | undefined
}) {
  const config = useConfig()
  if (!proposed) return <Members of={proposal.content} />
  const decimalsOf = config.data ? decimalsIn(config.data) : () => undefined
  const { account, legs } = proposed
  return (
    <>
      <p>
        {countOf(legs, 'swap')} and {countOf(legs, 'bridge')} from the account <Hex value={account} label="account" />:
      </p>
      <ol className={classes.proposed}>
        {legs.map((leg) => (
          <li key={leg.id}>
            <LegWords leg={leg} decimalsOf={decimalsOf} />
          </li>
        ))}
      </ol>
    </>
  )
}

function countOf(legs: readonly ProposedLeg[], kind: string): string {
  const { length } = legs.filter((leg) => leg.kind === kind)
  return `${length === 0 ? 'no' : length} ${kind}${length === 1 ? '' : 's'}`
}

function LegWords({ leg, decimalsOf }: { readonly leg: ProposedLeg; readonly decimalsOf: DecimalsOf }) {
  const { kind, sell, expectedOut, minimumOut, venue, tool } = leg
  const amount = (of: ProposedAmount) => <ProposedUnits of={of} decimalsOf={decimalsOf} />
  return kind === 'bridge' ? (
    <>
      Send {amount(sell)} from {sell.chain} to {expectedOut.chain} over <Tool name={tool} /> ({venue});{' '}
      {amount(expectedOut)} are expected there, at least {amount(minimumOut)}.
    </>
  ) : (
    <>
      Sell {amount(sell)} on {sell.chain} at <Tool name={tool} /> ({venue}) for {amount(expectedOut)}, at least{' '}
      {amount(minimumOut)}.
    </>
  )
}

function ProposedUnits({ of, decimalsOf }: { readonly of: ProposedAmount; readonly decimalsOf: DecimalsOf }) {
  const text = decimalTextOf(of, decimalsOf)
  const inUnits = `${of.units} base units of ${of.token}`
  if (text === undefined) return <Exact readable={`${of.units} base units of ${of.symbol}`} exact={inUnits} />
  const { readable, exact } = amountFigure(text, of.symbol)
  return <Exact readable={readable} exact={`${exact} (${inUnits})`} />
}
