import { type Address, sameAddress } from '../../domain/assets.js'
import type { Call } from '../../domain/planning/quote.js'
import type { Portfolio } from '../../domain/policy/portfolio.js'
import { formatDecimal } from '../../domain/units/decimal.js'
import type { CallMeaning, Calls, CallUnits } from '../../ports/calls.js'
import { tokenAt } from './execution-wire.js'

const NOTHING = { contract: null, function: null, arguments: [], inner: [], means: null }

/** What a call says, for whoever has to believe it. Every portfolio has the same tokens; one of them names them. */
export function callWire(
  calls: Calls,
  { call, account }: { call: Call; account: Address },
  portfolio: Portfolio | undefined,
) {
  const decoded = calls.read(call)
  if (decoded.status === 'undecoded')
    return { status: decoded.status, reason: decoded.reason, selector: decoded.selector ?? null, ...NOTHING }
  return {
    status: decoded.status,
    reason: decoded.objection ?? null,
    selector: decoded.selector,
    contract: decoded.contract,
    function: decoded.function,
    arguments: decoded.arguments,
    inner: decoded.inner,
    means: decoded.meaning ? meaningWire(decoded.meaning, account, portfolio) : null,
  }
}

function meaningWire(
  { spender, takes, brings, receivers, bridge, calls }: CallMeaning,
  account: Address,
  portfolio: Portfolio | undefined,
) {
  return {
    spender: spender ?? null,
    takes: takes ? unitsWire(takes, portfolio) : null,
    brings: brings ? unitsWire(brings, portfolio) : null,
    receivers: receivers.map(({ role, address }) => ({ role, address, isOurs: sameAddress(address, account) })),
    bridge: bridge
      ? {
          name: bridge.name,
          destinationChain: bridge.destination ?? null,
          destinationChainId: bridge.destinationChainId,
        }
      : null,
    calls,
  }
}

function unitsWire({ chain, token, units }: CallUnits, portfolio: Portfolio | undefined) {
  const known = portfolio && tokenAt(portfolio, chain, token)
  return {
    chain,
    token,
    symbol: known?.symbol ?? null,
    amount: known && units !== undefined ? formatDecimal(units, known.decimals) : null,
    units: units?.toString() ?? null,
  }
}
