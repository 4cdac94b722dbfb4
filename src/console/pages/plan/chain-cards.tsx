import { amountFigure } from '../../parts/figures.js'
import type { LegState } from './api.js'
import type { Held } from './holdings.js'
import classes from './graph.module.css'
import { LegCard } from './leg-card.js'
import type { End } from './levels.js'
import type { LegGroup } from './slices.js'

interface ChainCardsProps {
  readonly groups: readonly LegGroup[]
  /** How the cards stand. */
  readonly chains: readonly string[]
  readonly stateOf: (group: LegGroup) => LegState | undefined
  readonly heldAt: (end: End) => Held | undefined
  readonly onOpen: (leg: string) => void
}

/** The picture where there is no room for one: a card for each chain, with what lies there now and after, and its legs. */
export function ChainCards({ groups, chains, stateOf, heldAt, onOpen }: ChainCardsProps) {
  const ends = groups.flatMap(({ sell, expectedOut }) => [sell, expectedOut])
  const shown = [...new Set([...chains, ...ends.map(({ chain }) => chain)])].filter((chain) =>
    ends.some((end) => end.chain === chain),
  )
  return (
    <div className={classes.cards}>
      {shown.map((chain) => (
        <section key={chain} className={classes.lane} aria-label={`Plan on ${chain}`}>
          <h3 className={classes.laneName}>{chain}</h3>
          <dl className={classes.holdings}>
            {tokensOf(ends, chain).map((end) => (
              <HeldLine key={end.address} end={end} held={heldAt(end)} />
            ))}
          </dl>
          {groups
            .filter(({ sell }) => sell.chain === chain)
            .map((group) => (
              <LegCard key={group.id} group={group} state={stateOf(group)} onOpen={() => onOpen(group.id)} />
            ))}
        </section>
      ))}
    </div>
  )
}

function HeldLine({ end, held }: { readonly end: End; readonly held: Held | undefined }) {
  return (
    <div>
      <dt>{end.symbol}</dt>
      <dd>
        {held
          ? `${amountFigure(held.before).readable} → ${amountFigure(held.after).readable}`
          : 'what lies there is unknown'}
      </dd>
    </div>
  )
}

function tokensOf(ends: readonly End[], chain: string): readonly End[] {
  const here = ends.filter((end) => end.chain === chain)
  const key = ({ address }: End) => address.toLowerCase()
  return here.filter((end, index) => here.findIndex((one) => key(one) === key(end)) === index)
}
