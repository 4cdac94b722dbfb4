import { useChains } from '../../api/queries.js'
import { StateBadge } from '../../parts/badges.js'
import { CardTable, type Column } from '../../parts/card-table.js'
import { Hex, Unknown } from '../../parts/exact.js'
import { Ago } from '../../parts/moment.js'
import { durationText } from '../../parts/moments.js'
import { Fact, Facts, Panel } from '../../parts/page.js'
import shared from '../../parts/shared.module.css'
import { Await, Empty, Notice } from '../../parts/states.js'
import type { Chain, Endpoint } from './api.js'

export function ChainsTab() {
  const read = useChains()
  return (
    <Await read={read}>
      {({ chains }) =>
        chains.length === 0 ? (
          <Empty title="No chain is configured" />
        ) : (
          chains.map((one) => <ChainPanel key={one.chain} chain={one} />)
        )
      }
    </Await>
  )
}

function ChainPanel({ chain }: { readonly chain: Chain }) {
  const { head, finalized, endpoints, quorum, isAgreed, reason, lookedAt } = chain
  const healthy = endpoints.filter(({ isHealthy }) => isHealthy).length
  return (
    <Panel
      title={chain.chain}
      actions={
        <StateBadge tone={isAgreed === null ? 'quiet' : isAgreed ? 'good' : 'bad'}>
          {isAgreed === null ? 'not asked yet' : isAgreed ? 'agreed' : 'no quorum'}
        </StateBadge>
      }
    >
      {reason !== null && (
        <Notice tone="warn" title="The endpoints do not agree">
          {reason}
        </Notice>
      )}
      <Facts>
        <Fact name="Chain id">{chain.chainId}</Fact>
        <Fact name="Have to agree">
          {quorum} of {endpoints.length}, {healthy} healthy
        </Fact>
        <Fact name="Head">
          <Block block={head} />
        </Fact>
        <Fact name="Final">
          <Block block={finalized} />
        </Fact>
        <Fact name="Looked at">{lookedAt === null ? <Unknown>not yet</Unknown> : <Ago at={lookedAt} />}</Fact>
      </Facts>
      <div className={shared.sub}>
        <CardTable
          label={`Endpoints of ${chain.chain}`}
          columns={COLUMNS}
          rows={endpoints}
          keyOf={({ name, host }) => `${name} ${host}`}
        />
      </div>
    </Panel>
  )
}

function Block({ block }: { readonly block: Chain['head'] }) {
  if (!block) return <Unknown />
  return (
    <>
      {block.number} <span className={shared.quiet}>made</span> <Ago at={block.time} />{' '}
      <Hex value={block.hash} label="hash of the block" />
    </>
  )
}

const COLUMNS: readonly Column<Endpoint>[] = [
  {
    name: 'Endpoint',
    of: ({ name, host }) => (
      <>
        {name} {host !== name && <span className={shared.quiet}>{host}</span>}
      </>
    ),
  },
  {
    name: 'Health',
    of: ({ isHealthy, isAgreeing }) => (
      <>
        <StateBadge tone={isHealthy ? 'good' : 'bad'}>{isHealthy ? 'healthy' : 'not healthy'}</StateBadge>{' '}
        {!isAgreeing && <StateBadge tone="warn">not agreeing</StateBadge>}
      </>
    ),
  },
  { name: 'Head', isFigure: true, of: ({ head }) => head ?? <Unknown /> },
  {
    name: 'Behind',
    isFigure: true,
    of: ({ lagSeconds }) => (lagSeconds === null ? <Unknown /> : durationText(Math.max(0, lagSeconds))),
  },
  {
    name: 'Why',
    of: ({ reason, quarantinedUntil }) => (
      <>
        {reason ?? <Unknown>nothing to say</Unknown>}
        {quarantinedUntil !== null && (
          <span className={shared.quiet}>
            {' '}
            set aside, back <Ago at={quarantinedUntil} />
          </span>
        )}
      </>
    ),
  },
]
