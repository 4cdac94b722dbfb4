import type { DecodedCall } from '../api/cycles.js'
import { StateBadge } from './badges.js'
import { CardTable, type Column } from './card-table.js'
import { Amount, Hex, Unknown } from './exact.js'
import { CopyButton } from './id-link.js'
import { Fact, Facts, Panel } from './page.js'
import shared from './shared.module.css'
import { Notice } from './states.js'

type Argument = DecodedCall['arguments'][number]
type Means = NonNullable<DecodedCall['means']>

/** What the calldata says, first in the words of the firewall, then argument by argument, then as bytes. */
export function CallPanel({ call, data }: { readonly call: DecodedCall; readonly data: string }) {
  return (
    <Panel
      title="What it says"
      actions={
        call.function !== null && (
          <span>
            <code>{call.function}</code>{' '}
            {call.contract !== null && <span className={shared.quiet}>{call.contract}</span>}
          </span>
        )
      }
    >
      {call.reason !== null && (
        <Notice
          tone="warn"
          title={call.status === 'undecoded' ? 'These bytes were not understood' : 'It contradicts itself'}
        >
          {call.reason}
        </Notice>
      )}
      {call.means && <Meaning means={call.means} />}
      {call.arguments.length > 0 && (
        <details className={shared.details}>
          <summary>{call.arguments.length} arguments</summary>
          <Arguments of={call.function ?? 'the call'} list={call.arguments} />
          {call.inner.map((inner) => (
            <div key={inner.at}>
              <h3 className={shared.sub}>
                <code>{inner.function}</code> at <code>{inner.at}</code>
              </h3>
              <Arguments of={inner.function} list={inner.arguments} />
            </div>
          ))}
        </details>
      )}
      <details className={shared.details}>
        <summary>Calldata, {Math.max(0, (data.length - 2) / 2)} bytes</summary>
        <div className={shared.raw}>{data}</div>
        <CopyButton text={data} label="the calldata" />
      </details>
    </Panel>
  )
}

function Meaning({ means }: { readonly means: Means }) {
  const { spender, takes, brings, receivers, bridge, calls } = means
  return (
    <Facts>
      {spender !== null && (
        <Fact name="Lets take">
          <Hex value={spender} label="spender" />
        </Fact>
      )}
      {takes && (
        <Fact name={spender === null ? 'Takes' : 'At most'}>
          <Units of={takes} />
        </Fact>
      )}
      {brings && (
        <Fact name="Brings at least">
          <Units of={brings} />
        </Fact>
      )}
      {bridge && (
        <Fact name="Crosses">
          {bridge.name} to {bridge.destinationChain ?? `chain ${bridge.destinationChainId}`}
        </Fact>
      )}
      {receivers.map(({ role, address, isOurs }) => (
        <Fact key={role + address} name={`Receiver: ${role}`}>
          <Hex value={address} label="receiver" />{' '}
          <StateBadge tone={isOurs ? 'good' : 'bad'}>{isOurs ? 'ours' : 'not ours'}</StateBadge>
        </Fact>
      ))}
      {calls.length > 0 && (
        <Fact name="Has called">
          {calls.map((one) => (
            <Hex key={one} value={one} label="contract" />
          ))}
        </Fact>
      )}
    </Facts>
  )
}

function Units({ of: { token, symbol, amount, units } }: { readonly of: NonNullable<Means['takes']> }) {
  if (units === null) return <Unknown>none is guaranteed</Unknown>
  if (amount !== null) return <Amount value={amount} symbol={symbol} />
  return (
    <>
      {units} base units of <Hex value={token} label="token" />
    </>
  )
}

function Arguments({ of, list }: { readonly of: string; readonly list: readonly Argument[] }) {
  return <CardTable label={`Arguments of ${of}`} columns={COLUMNS} rows={list} keyOf={({ name }) => name} />
}

const COLUMNS: readonly Column<Argument>[] = [
  { name: 'Argument', of: ({ name }) => <code>{name}</code> },
  { name: 'Type', of: ({ type }) => <span className={shared.quiet}>{type}</span> },
  {
    name: 'Value',
    of: ({ value, isCut }) => (
      <>
        <code>{value}</code> {isCut && <span className={shared.quiet}>cut</span>}
      </>
    ),
  },
]
