import { StateBadge } from '../../parts/badges.js'
import { amountFigure, usdFigure } from '../../parts/figures.js'
import { LEGS } from '../../parts/words.js'
import type { LegState } from './api.js'
import classes from './graph.module.css'
import type { LegGroup } from './slices.js'
import { KINDS, legTitle } from './words.js'

interface LegCardProps {
  readonly group: LegGroup
  readonly state: LegState | undefined
  readonly onOpen: () => void
}

/** A leg, or the slices of one, with what it moves; a press shows it in the list. */
export function LegCard({ group, state, onOpen }: LegCardProps) {
  const { legs, first, last, sold, bought, costUsd, sell, expectedOut } = group
  const { kind, venue, tool } = legs[0]!
  const words = state && LEGS[state]
  const ordinals = first === last ? String(first) : `${first}–${last}`
  const title = legTitle({ kind, sell: { ...sell, amount: sold }, expectedOut: { ...expectedOut, amount: bought } })
  return (
    <button
      type="button"
      className={classes.leg}
      data-kind={kind}
      aria-label={`Leg ${ordinals}: ${title}${words ? `. ${words.label}` : ''}. Show it in the list`}
      onClick={onOpen}
    >
      <span className={classes.legHead}>
        <strong>
          {ordinals} {KINDS[kind]}
        </strong>
        {words && <StateBadge tone={words.tone}>{words.label}</StateBadge>}
      </span>
      <span>{amountFigure(sold, sell.symbol).readable}</span>
      <span>
        → {amountFigure(bought, expectedOut.symbol).readable}
        <span className={classes.where}>{kind === 'bridge' && ` on ${expectedOut.chain}`}</span>
      </span>
      <span className={classes.via} title={`${tool} by ${venue}`}>
        costs {usdFigure(costUsd).readable}
        {legs.length > 1 && ` in ${legs.length} slices`}
      </span>
    </button>
  )
}
