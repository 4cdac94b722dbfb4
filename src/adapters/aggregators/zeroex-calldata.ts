import { type DecodeAbiParametersReturnType, parseAbi } from 'viem'
import { type Address, type Hex, NATIVE, sameAddress } from '../../domain/assets.js'
import type { Refusal } from '../../domain/errors.js'
import type { Call } from '../../domain/planning/quote.js'
import type { CallClaim } from '../../domain/policy/firewall.js'
import { argumentsOf, bySelector, notCanonical, readArguments, refuse, secondsOf, selectorOf } from './calldata.js'

export const holderAbi = parseAbi([
  'function exec(address operator, address token, uint256 amount, address target, bytes data) payable returns (bytes result)',
])
export const settlerAbi = parseAbi([
  'struct AllowedSlippage { address recipient; address buyToken; uint256 minAmountOut; }',
  'function execute(AllowedSlippage slippage, bytes[] actions, bytes32 zid) payable returns (bool)',
])
export const actionAbi = parseAbi([
  'struct TokenPermissions { address token; uint256 amount; }',
  'struct PermitTransferFrom { TokenPermissions permitted; uint256 nonce; uint256 deadline; }',
  'function TRANSFER_FROM(address recipient, PermitTransferFrom permit, bytes sig)',
  'function BASIC(address sellToken, uint256 bps, address pool, uint256 offset, bytes data)',
  'function NATIVE_CHECK(uint256 deadline, uint256 msgValue)',
])

const [EXEC] = bySelector(holderAbi).keys()
const [EXECUTE] = bySelector(settlerAbi).keys()
const actions = bySelector(actionAbi)

const MANTLE_CHAIN_ID = 5000

/** The address by which 0x calls native coin. */
export function coinAddress(chainId: number): Address {
  return chainId === MANTLE_CHAIN_ID
    ? '0xdeaddeaddeaddeaddeaddeaddeaddeaddead0000'
    : '0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE'
}

/** ERC-20 `transfer`. */
const TRANSFER: Hex = '0xa9059cbb'

/**
 * What a call to 0x's AllowanceHolder says it does (C-05).
 *
 * The Settler that the sold token is lent to pays what it bought to one recipient and reverts below one minimum; both are
 * read here, and the Settler itself is held against its allow-list. That is why actions this code cannot read are
 * accepted: whatever they do with the sold amount, they cannot take more than the exact allowance, nor lower what the
 * Settler demands (Tier B). Actions that it can read must take the sold amount, once, for this trade, and call no token.
 * A call without that demand guarantees nothing, although 0x may put a minimum into its last action.
 *
 * @param coin the address that stands for native coin
 */
export function decodeZeroexCall({ data, value }: Call, coin: Address): CallClaim | Refusal {
  const selector = selectorOf(data)
  if (selector !== EXEC)
    return refuse(
      'SELECTOR_NOT_ALLOWED',
      `0x wants the function ${selector}, only exec of its AllowanceHolder is used.`,
    )
  const outer = readArguments(holderAbi[0].inputs, argumentsOf(data))
  if (!outer) return notCanonical('exec')
  const [operator, token, amount, target, inner] = outer
  if (selectorOf(inner) !== EXECUTE)
    return refuse(
      'SELECTOR_NOT_ALLOWED',
      `exec is told to call ${selectorOf(inner)}, only execute of a Settler is used.`,
    )
  if (!sameAddress(operator, target))
    return refuse('TARGET_NOT_ALLOWED', `exec lends the sold token to ${operator} and calls ${target}, expected one.`)
  const settlement = readArguments(settlerAbi[0].inputs, argumentsOf(inner))
  if (!settlement) return notCanonical('execute')
  const [slippage, encodedActions] = settlement
  // The Settler has one address for coin, and it is not this one.
  if (sameAddress(slippage.buyToken, NATIVE) && slippage.minAmountOut !== 0n)
    return refuse('CALLDATA_MISMATCH', `execute demands ${slippage.minAmountOut} of no token at all.`)
  const steps = readActions(encodedActions)
  if ('code' in steps) return steps
  const isCoin = sameAddress(token, NATIVE) || sameAddress(token, coin)
  const { funding } = steps
  if (!isCoin && !funding) return refuse('CALLDATA_MISMATCH', 'execute does not begin with taking the sold token.')
  if (isCoin && funding) return refuse('CALLDATA_MISMATCH', 'execute takes a token although native coin is sold.')
  if (funding && (!sameAddress(funding.token, token) || funding.amount !== amount))
    return refuse(
      'CALLDATA_MISMATCH',
      `exec lends ${amount} of ${token}, execute takes ${funding.amount} of ${funding.token}.`,
    )
  return {
    selector,
    name: 'exec',
    // Coin is not lent but sent.
    sells: isCoin ? { token: NATIVE, units: value } : { token, units: amount },
    buys: {
      token: sameAddress(slippage.buyToken, coin) ? NATIVE : slippage.buyToken,
      minimumUnits: slippage.minAmountOut === 0n ? undefined : slippage.minAmountOut,
    },
    receivers: [{ role: 'recipient', address: slippage.recipient }],
    bridge: undefined,
    deadlines: steps.deadlines,
    nested: steps.nested,
    delegates: [{ to: target, selector: EXECUTE! }],
  }
}

type Read<Name extends string> = DecodeAbiParametersReturnType<
  Extract<(typeof actionAbi)[number], { name: Name }>['inputs']
>

interface Steps {
  readonly funding: { readonly token: Address; readonly amount: bigint } | undefined
  readonly deadlines: readonly number[]
  readonly nested: CallClaim['nested']
}

function readActions(encoded: readonly Hex[]): Steps | Refusal {
  let funding: Steps['funding']
  const deadlines: number[] = []
  const nested: CallClaim['nested'][number][] = []
  for (const [place, bytes] of encoded.entries()) {
    const action = actions.get(selectorOf(bytes))
    const read = action && readArguments(action.inputs, argumentsOf(bytes))
    if (!action) continue
    if (!read) return notCanonical(action.name)
    if (action.name === 'TRANSFER_FROM') {
      const [, permit, signature] = read as Read<'TRANSFER_FROM'>
      if (place !== 0 || signature !== '0x')
        return refuse(
          'CALLDATA_MISMATCH',
          'execute takes a token more than once, or with a signature, which no offer of ours needs.',
        )
      funding = permit.permitted
      deadlines.push(secondsOf(permit.deadline))
    } else if (action.name === 'NATIVE_CHECK') {
      deadlines.push(secondsOf((read as Read<'NATIVE_CHECK'>)[0]))
    } else {
      const [sold, , pool, , call] = read as Read<'BASIC'>
      // The Settler's fee: it pays out of what it holds itself, before it is held to its minimum.
      const isFee = sameAddress(sold, pool) && selectorOf(call) === TRANSFER
      if (!isFee && call !== '0x') nested.push({ to: pool, selector: selectorOf(call), allows: undefined })
    }
  }
  return { funding, deadlines, nested }
}
