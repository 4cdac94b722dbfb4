import { usePrices } from '../../api/queries.js'
import { StateBadge } from '../../parts/badges.js'
import { CardTable, type Column } from '../../parts/card-table.js'
import { Price, Share, Unknown } from '../../parts/exact.js'
import { Ago } from '../../parts/moment.js'
import { Fact, Facts, Panel } from '../../parts/page.js'
import shared from '../../parts/shared.module.css'
import { Await, Empty, Notice } from '../../parts/states.js'
import type { AssetPrice } from './api.js'
import classes from './operations.module.css'

type Source = AssetPrice['sources'][number]

export function PricesTab() {
  const read = usePrices()
  return (
    <Await read={read}>
      {({ readAt, assets }) => (
        <>
          <p className={`${shared.quiet} ${classes.asked}`}>
            {readAt === null ? 'The sources were not asked yet.' : 'The sources were asked '}
            {readAt !== null && <Ago at={readAt} />}
          </p>
          {assets.length === 0 ? (
            <Empty title="No asset has a price">It needs a cycle, or a look at the prices, first.</Empty>
          ) : (
            assets.map((one) => <AssetPanel key={one.asset} price={one} />)
          )}
        </>
      )}
    </Await>
  )
}

function AssetPanel({ price }: { readonly price: AssetPrice }) {
  const { asset, isUsed, priceUsd, refusal, needs, divergence, maxDivergence, sources, peg, hold } = price
  const usable = sources.filter(({ isUsable }) => isUsable).length
  return (
    <Panel
      title={asset}
      actions={<StateBadge tone={isUsed ? 'good' : 'bad'}>{isUsed ? 'agreed' : 'no price'}</StateBadge>}
    >
      {refusal !== null && (
        <Notice tone="warn" title="There is no price">
          {refusal}
        </Notice>
      )}
      {hold && (
        <Notice tone="warn" title="It is not traded (B-09)">
          {hold.reason} <Ago at={hold.since} />
        </Notice>
      )}
      <Facts>
        <Fact name="Price">
          <Price value={priceUsd} />
        </Fact>
        <Fact name="Usable sources">
          {usable} of {sources.length}, needs {needs}
        </Fact>
        <Fact name="Apart">
          {divergence === null ? <Unknown>fewer than two</Unknown> : <Share value={divergence} />}{' '}
          <span className={shared.quiet}>
            of <Share value={maxDivergence} /> allowed
          </span>
        </Fact>
        {peg && (
          <Fact name="From its dollar">
            <Share value={peg.distance} />{' '}
            <StateBadge tone={peg.isOff ? 'warn' : 'good'}>{peg.isOff ? 'off' : 'on'}</StateBadge>{' '}
            <span className={shared.quiet}>
              warns from <Share value={peg.warnsFrom} />, stops from <Share value={peg.stopsFrom} />
            </span>
          </Fact>
        )}
      </Facts>
      <div className={shared.sub}>
        <CardTable label={`Sources of ${asset}`} columns={COLUMNS} rows={sources} keyOf={({ source }) => source} />
      </div>
    </Panel>
  )
}

const COLUMNS: readonly Column<Source>[] = [
  { name: 'Source', of: ({ source }) => source },
  { name: 'Price', isFigure: true, of: ({ priceUsd }) => <Price value={priceUsd} /> },
  { name: 'Age', isFigure: true, of: ({ time }) => (time === null ? <Unknown /> : <Ago at={time} />) },
  {
    name: 'Usable',
    of: ({ isUsable, error }) => (
      <>
        <StateBadge tone={isUsable ? 'good' : 'bad'}>{isUsable ? 'yes' : 'no'}</StateBadge> {error}
      </>
    ),
  },
]
