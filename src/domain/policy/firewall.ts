import { type Address, type AssetKey, type ChainKey, type Hex, isNative, sameAddress, type Token } from '../assets.js'
import type { Refusal, RefusalCode } from '../errors.js'
import type { Call, QuoteRequest } from '../planning/quote.js'
import { formatAmount, type TokenAmount } from '../units/amount.js'
import { mulDiv } from '../units/ratio.js'
import type { AllowedContracts } from './limits.js'

/** What calldata says it does, read from its bytes alone and re-encoded to the same bytes (C-05). */
export interface CallClaim {
  readonly selector: Hex
  /** Name of the function, for people. */
  readonly name: string
  /** Everything that is taken from us. */
  readonly sells: { readonly token: Address; readonly units: bigint }
  /**
   * Undefined minimum: the calldata guarantees nothing. Undefined token: a bridge whose calldata does not name what comes
   * out, because it carries one asset only.
   */
  readonly buys: { readonly token: Address | undefined; readonly minimumUnits: bigint | undefined }
  /** Everybody the calldata pays out to, refunds included. Each must be us. */
  readonly receivers: readonly { readonly role: string; readonly address: Address }[]
  readonly bridge:
    | {
        /** As the calldata has it, in the venue's words. */
        readonly name: string
        readonly destinationChainId: number
        readonly hasDestinationCall: boolean
        /** Token that goes over the bridge, on this side. */
        readonly carries: Address
        /**
         * Least that is to come out, in base units of the token there, or of the carried one where the calldata does not
         * name what comes out; zero where the calldata guarantees nothing.
         */
        readonly minimumOut: bigint
        /** Until when the other side may pay out, in seconds since 1970; a refund is due afterwards. */
        readonly fillDeadline: number | undefined
      }
    | undefined
  /** Until when the call may be mined, in seconds since 1970; empty where the calldata has none. */
  readonly deadlines: readonly number[]
  /** Calls that the contract is told to make in turn. None may go to a token contract, but for wrapping coin. */
  readonly nested: readonly { readonly to: Address; readonly selector: Hex; readonly allows: Address | undefined }[]
  /** Contracts that the sold token is lent to for the length of the call. Their code counts like the target's. */
  readonly delegates: readonly { readonly to: Address; readonly selector: Hex }[]
}

/** Calldata may be mined for at most this long (D-12). */
export const MAX_DEADLINE_SECONDS = 1_200
/** A bridge may keep us waiting for at most this long before it owes a refund. */
export const MAX_FILL_SECONDS = 86_400

/** `deposit()` and `withdraw(uint256)`. */
const WRAPPING: readonly Hex[] = ['0xd0e30db0', '0x2e1a7d4d']

export interface ClaimCheck {
  readonly claim: CallClaim
  readonly call: Call
  readonly request: QuoteRequest
  /** The bridge that the quote named; undefined for a swap. */
  readonly bridge: string | undefined
  readonly destinationChainId: number
  /** The least we accept, by our own prices or by what people approved; no quote enters it. */
  readonly least: TokenAmount
  /** Whose demand that is, with its verb. */
  readonly leastBy: string
  /** Every token of ours, native coins included. */
  readonly tokens: readonly Token[]
  readonly allowed: AllowedContracts
  /** Milliseconds since 1970. */
  readonly now: number
}

/**
 * Whether a call does what the leg needs and nothing else, by its calldata (C-05). The first failure refuses: contract
 * behind the contract, sale, receivers, bridge, bought token, minimum, deadlines, calls inside.
 */
export function checkClaim(check: ClaimCheck): Refusal | undefined {
  return (
    checkDelegates(check) ??
    checkSale(check) ??
    checkReceivers(check) ??
    checkBridge(check) ??
    checkBought(check) ??
    checkMinimum(check) ??
    checkDeadlines(check) ??
    checkNested(check)
  )
}

/** With a registry it is asked on the chain, right before the offer is taken. */
function checkDelegates({ claim, call, allowed }: ClaimCheck): Refusal | undefined {
  if (allowed.settlerRegistry !== undefined) return undefined
  const stranger = claim.delegates.find(({ to }) => !includes(allowed.settlers ?? [], to))
  return (
    stranger &&
    refuse(
      'TARGET_NOT_ALLOWED',
      `${claim.name} on ${call.chain} hands the sold token to ${stranger.to}, which its allow-list does not name.`,
    )
  )
}

function checkSale({ claim: { name, sells }, request: { sell } }: ClaimCheck): Refusal | undefined {
  if (sameAddress(sells.token, sell.token.address) && sells.units === sell.units) return undefined
  return refuse(
    'CALLDATA_MISMATCH',
    `The calldata of ${name} sells ${sells.units} base units of ${sells.token}, the leg sells ${sell.units} of ${sell.token.address}.`,
  )
}

function checkReceivers({ claim: { name, receivers }, request: { account } }: ClaimCheck): Refusal | undefined {
  const stranger = receivers.find(({ address }) => !sameAddress(address, account))
  return (
    stranger &&
    refuse(
      'RECEIVER_MISMATCH',
      `The ${stranger.role} in the calldata of ${name} is ${stranger.address}, expected ${account}.`,
    )
  )
}

function checkBridge({ claim, request, bridge, destinationChainId, tokens }: ClaimCheck): Refusal | undefined {
  const { name, bridge: crossing } = claim
  if ((request.kind === 'bridge') !== (crossing !== undefined))
    return refuse('CALLDATA_MISMATCH', `${name} is no call of a ${request.kind}, which the leg is.`)
  if (!crossing) return undefined
  if (crossing.destinationChainId !== destinationChainId)
    return refuse(
      'DESTINATION_MISMATCH',
      `The calldata of ${name} bridges to chain id ${crossing.destinationChainId}, expected ${destinationChainId}.`,
    )
  if (crossing.hasDestinationCall)
    return refuse(
      'DESTINATION_MISMATCH',
      `The calldata of ${name} makes a call on the destination chain, none was asked for.`,
    )
  if (bridge !== undefined && crossing.name !== bridge)
    return refuse('CALLDATA_MISMATCH', `The calldata of ${name} goes over ${crossing.name}, the quote over ${bridge}.`)
  if (!assetsAt(tokens, request.sell.token.chain, crossing.carries).includes(request.buy.asset))
    return refuse(
      'CALLDATA_MISMATCH',
      `The calldata of ${name} carries ${crossing.carries}, which is no token of ${request.buy.asset} on ${request.sell.token.chain}.`,
    )
  return undefined
}

function checkBought({ claim: { name, buys, bridge }, request: { buy }, tokens }: ClaimCheck): Refusal | undefined {
  if (buys.token === undefined && bridge) return undefined
  // A bridge pays native coin out where its wrapper is named.
  const isWrapper = bridge && isNative(buy) && buys.token && assetsAt(tokens, buy.chain, buys.token).includes(buy.asset)
  if (isWrapper || (buys.token && sameAddress(buys.token, buy.address))) return undefined
  return refuse('CALLDATA_MISMATCH', `The calldata of ${name} buys ${buys.token}, the leg buys ${buy.address}.`)
}

function checkMinimum({ claim, least, leastBy, tokens, request }: ClaimCheck): Refusal | undefined {
  const { name, buys, bridge } = claim
  const carried =
    bridge && buys.token === undefined ? tokenAt(tokens, request.sell.token.chain, bridge.carries) : undefined
  const told = bridge ? bridge.minimumOut : buys.minimumUnits
  const minimum =
    told !== undefined && carried
      ? mulDiv(told, 10n ** BigInt(least.token.decimals), 10n ** BigInt(carried.decimals), 'down')
      : told
  if (minimum !== undefined && minimum >= least.units) return undefined
  return refuse(
    'MIN_OUT_TOO_LOW',
    `The calldata of ${name} guarantees ${minimum ?? 'no'} base units, ${leastBy} ${formatAmount(least)} (${least.units}).`,
  )
}

function checkDeadlines({ claim: { name, deadlines, bridge }, now }: ClaimCheck): Refusal | undefined {
  const seconds = Math.floor(now / 1_000)
  const bounded = [
    ...deadlines.map((at) => ({ at, most: MAX_DEADLINE_SECONDS })),
    ...(bridge?.fillDeadline === undefined ? [] : [{ at: bridge.fillDeadline, most: MAX_FILL_SECONDS }]),
  ]
  const past = bounded.find(({ at }) => at <= seconds)
  if (past) return refuse('QUOTE_STALE', `A deadline in the calldata of ${name}, ${past.at}, passed before ${seconds}.`)
  const far = bounded.find(({ at, most }) => at > seconds + most)
  return (
    far &&
    refuse(
      'DEADLINE_TOO_FAR',
      `A deadline in the calldata of ${name} is ${far.at - seconds} s ahead, at most ${far.most} s are accepted.`,
    )
  )
}

/**
 * The contract may be told to call exchanges, never a token of ours, ourselves or itself: what it could do there with the
 * allowances it has is how such contracts were robbed. Wrapping and unwrapping native coin is no such call.
 */
function checkNested({ claim: { name, nested }, call, request, tokens }: ClaimCheck): Refusal | undefined {
  const ours = tokens.filter((token) => token.chain === call.chain)
  const coin = ours.find(isNative)
  const isForbidden = (address: Address, selector: Hex) => {
    if (sameAddress(address, request.account) || sameAddress(address, call.to)) return true
    const token = ours.find((one) => !isNative(one) && sameAddress(one.address, address))
    return token !== undefined && !(token.asset === coin?.asset && WRAPPING.includes(selector))
  }
  const bad = nested.find(
    ({ to, selector, allows }) => isForbidden(to, selector) || (allows !== undefined && isForbidden(allows, selector)),
  )
  return (
    bad &&
    refuse(
      'TARGET_NOT_ALLOWED',
      `The calldata of ${name} makes the contract call ${bad.selector} of ${bad.to}, which no trade needs.`,
    )
  )
}

/** When the first deadline of a claim passes, in milliseconds since 1970; undefined when it has none. */
export function expiryOf({ deadlines }: CallClaim): number | undefined {
  return deadlines.length === 0 ? undefined : Math.min(...deadlines) * 1_000
}

const APPROVE: Hex = '0x095ea7b3'
const ENDLESS = 2n ** 256n - 1n

/** An ERC-20 `approve`, read from its exact bytes; undefined when the call is anything else. */
export function readApproval(call: Call): { readonly spender: Address; readonly units: bigint } | undefined {
  const match = /^0x095ea7b30{24}([0-9a-f]{40})([0-9a-f]{64})$/.exec(call.data.toLowerCase())
  return match ? { spender: `0x${match[1]}`, units: BigInt(`0x${match[2]}`) } : undefined
}

/**
 * Whether an allowance may be given for a sale (C-06): exactly the amount sold, from zero, to a spender on the list, for
 * the sold token. A call that sets the allowance to zero may always be made. `current` is the allowance that stands.
 */
export function checkApproval(
  call: Call,
  {
    sale,
    current,
    spenders,
  }: { readonly sale: TokenAmount; readonly current: bigint; readonly spenders: readonly Address[] },
): Refusal | undefined {
  const approval = readApproval(call)
  const { token } = sale
  if (!approval)
    return refuse(
      'ALLOWANCE_NOT_EXACT',
      `Expected ${APPROVE}, an approval of exactly ${sale.units}, came ${call.data.slice(0, 10)}.`,
    )
  if (call.chain !== token.chain || isNative(token) || !sameAddress(call.to, token.address) || call.value !== 0n)
    return refuse(
      'ALLOWANCE_NOT_EXACT',
      `An allowance is given for the sold ${token.symbol} on ${token.chain} and without coin; this call goes to ${call.to} on ${call.chain} with ${call.value} wei.`,
    )
  if (approval.units === 0n) return undefined
  if (!includes(spenders, approval.spender))
    return refuse(
      'SPENDER_NOT_ALLOWED',
      `${approval.spender} would get an allowance on ${call.chain}, which the allow-list of spenders does not name.`,
    )
  if (approval.units === ENDLESS || approval.units !== sale.units)
    return refuse(
      'ALLOWANCE_NOT_EXACT',
      `The allowance would be ${approval.units} base units of ${token.symbol}, the sale is ${sale.units}.`,
    )
  if (current !== 0n)
    return refuse(
      'ALLOWANCE_NOT_EXACT',
      `${approval.spender} holds an allowance of ${current} base units of ${token.symbol} already; set it to zero first.`,
    )
  return undefined
}

function tokenAt(tokens: readonly Token[], chain: ChainKey, address: Address): Token | undefined {
  return tokens.find((one) => one.chain === chain && sameAddress(one.address, address))
}

/** Assets that a token of ours at this address on this chain stands for: one, or none. */
function assetsAt(tokens: readonly Token[], chain: ChainKey, address: Address): AssetKey[] {
  return [tokenAt(tokens, chain, address)].flatMap((token) => token?.asset ?? [])
}

function includes(addresses: readonly Address[], address: Address): boolean {
  return addresses.some((one) => sameAddress(one, address))
}

function refuse(code: RefusalCode, detail: string): Refusal {
  return { code, detail }
}
