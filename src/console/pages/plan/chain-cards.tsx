import { amountFigure } from '../../parts/figures.js'
import type { Held } from './holdings.js'
import classes from './graph.module.css'
import { LegCard, type ShownGroup } from './leg-card.js'
import type { End } from './levels.js'

interface ChainCardsProps {
  readonly groups: readonly ShownGroup[]
  /** How the cards stand. */
  readonly chains: readonly string[]
  readonly heldAt: (end: End) => Held | undefined
  readonly onOpen: (leg: string) => void
}

/** The picture where there is no room for one: a card for each chain, with what lies there now and after, and its legs. */
export function ChainCards({ groups, chains, heldAt, onOpen }: ChainCardsProps) {
  const ends = groups.flatMap(({ group: { sell, expectedOut } }) => [sell, expectedOut])
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
            .filter(({ group }) => group.sell.chain === chain)
            .map((shown) => (
              <LegCard key={shown.group.id} shown={shown} onOpen={() => onOpen(shown.group.id)} />
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
