import type { Positions } from '../../api/answers.js'
import { CardTable, type Column } from '../../parts/card-table.js'
import { Amount } from '../../parts/exact.js'
import { Panel } from '../../parts/page.js'

type Derivative = Positions['derivatives'][number]

const KINDS: Readonly<Record<Derivative['kind'], string>> = {
  spot: 'spot',
  staked: 'staked',
  pool: 'share of a pool',
  derivative: 'derivative',
}

const COLUMNS: readonly Column<Derivative>[] = [
  { name: 'Position', of: ({ position }) => position },
  { name: 'Kind', of: ({ kind }) => KINDS[kind] },
  { name: 'Amount', isFigure: true, of: ({ amount }) => <Amount value={amount} /> },
  {
    name: 'Moves with',
    of: ({ underlying }) =>
      underlying.map(({ asset, unitsPerUnit }) => (
        <div key={asset}>
          <Amount value={unitsPerUnit} symbol={asset} /> for each
        </div>
      )),
  },
]

/** What lies in no wallet: it moves with prices, and is in no cell. */
export function Derivatives({ positions: { derivatives } }: { readonly positions: Positions }) {
  if (derivatives.length === 0) return null
  return (
    <Panel title="Held elsewhere">
      <CardTable label="Held elsewhere" columns={COLUMNS} rows={derivatives} keyOf={({ position }) => position} />
    </Panel>
  )
}
