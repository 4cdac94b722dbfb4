import { StateBadge } from '../../parts/badges.js'
import { amountFigure, usdFigure } from '../../parts/figures.js'
import { toolText } from '../../parts/tool-text.js'
import type { Words } from '../../parts/words.js'
import classes from './graph.module.css'
import type { GroupFigures, LegGroup } from './slices.js'
import { KINDS, legTitle } from './words.js'

/** A leg, or the slices of one, with how it stands and what it moves and costs. */
export interface ShownGroup {
  readonly group: LegGroup
  /** Undefined for what nobody carries out. */
  readonly words: Words | undefined
  readonly figures: GroupFigures
}

interface LegCardProps {
  readonly shown: ShownGroup
  readonly onOpen: () => void
}

/** A leg, or the slices of one, with what it moves; a press shows it in the list. */
export function LegCard({ shown: { group, words, figures }, onOpen }: LegCardProps) {
  const { legs, first, last, sell, expectedOut } = group
  const { sold, bought, costUsd } = figures
  const { kind, venue, tool } = legs[0]!
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
      <span className={classes.via} title={`planned over ${toolText(tool)} by ${venue}`}>
        {costWords(figures)} {usdFigure(costUsd).readable}
        {legs.length > 1 && ` in ${legs.length} slices`}
      </span>
    </button>
  )
}

function costWords({ isAmountPlanned, isCostPlanned }: GroupFigures): string {
  if (isCostPlanned) return 'planned cost'
  return isAmountPlanned ? 'planned; cost' : 'cost'
}
