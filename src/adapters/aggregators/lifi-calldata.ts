import type { AbiParameter, DecodeAbiParametersReturnType } from 'viem'
import { type Address, type Hex, NATIVE, sameAddress } from '../../domain/assets.js'
import type { Refusal } from '../../domain/errors.js'
import type { CallClaim } from '../../domain/policy/firewall.js'
import { mulDiv } from '../../domain/units/ratio.js'
import { argumentsOf, bySelector, notCanonical, readArguments, refuse, selectorOf } from './calldata.js'
import { acrossV3Abi, acrossV4Abi, celerCircleAbi, splitSwapAbi, stargateAbi, swapAbi } from './lifi-abi.js'

/**
 * How LI.FI's names of the bridges begin whose functions are read here. A name is what a bridge's caps and evidence go by,
 * so that no bridge may be called by another's.
 */
const FAMILIES = ['across', 'stargate', 'celer'] as const

type SwapData = DecodeAbiParametersReturnType<(typeof splitSwapAbi)[0]['inputs']>[5][number]
type BridgeData = DecodeAbiParametersReturnType<(typeof acrossV3Abi)[0]['inputs']>[0]
/** The last argument of a bridge's functions. */
type Specific<Abi extends readonly [{ readonly inputs: readonly [AbiParameter, AbiParameter] }, ...unknown[]]> =
  DecodeAbiParametersReturnType<Abi[0]['inputs']>[1]

const swaps = bySelector(swapAbi)
const splitSwaps = bySelector(splitSwapAbi)
const acrossV3 = bySelector(acrossV3Abi)
const acrossV4 = bySelector(acrossV4Abi)
const stargate = bySelector(stargateAbi)
const celerCircle = bySelector(celerCircleAbi)

/**
 * What a call to LI.FI's contract says it does (C-05): the generic swaps, and the bridges whose receiver, refund and
 * destination stand in the calldata. Everything else is refused by its selector.
 */
export function decodeLifiCall(data: Hex): CallClaim | Refusal {
  const selector = selectorOf(data)
  const encoded = argumentsOf(data)
  const swap = swaps.get(selector)
  if (swap) {
    const read = readArguments(swap.inputs, encoded)
    return read ? swapClaim(selector, swap.name, read[3], read[4], [read[5]]) : notCanonical(swap.name)
  }
  const split = splitSwaps.get(selector)
  if (split) {
    const read = readArguments(split.inputs, encoded)
    return read ? swapClaim(selector, split.name, read[3], read[4], read[5]) : notCanonical(split.name)
  }
  return (
    crossingClaim(acrossV3.get(selector), selector, encoded, 'across', acrossV3Terms) ??
    crossingClaim(acrossV4.get(selector), selector, encoded, 'across', acrossV4Terms) ??
    crossingClaim(stargate.get(selector), selector, encoded, 'stargate', stargateTerms) ??
    crossingClaim(celerCircle.get(selector), selector, encoded, 'celer', celerCircleTerms) ??
    refuse(
      'SELECTOR_NOT_ALLOWED',
      `LI.FI wants the function ${selector}, whose receiver and destination cannot be read from its calldata. Leave its bridge or exchange out.`,
    )
  )
}

function swapClaim(
  selector: Hex,
  name: string,
  receiver: Address,
  minimumUnits: bigint,
  parts: readonly SwapData[],
): CallClaim | Refusal {
  const sells = soldBy(name, parts, name.includes('Single'))
  if ('code' in sells) return sells
  const bought = parts.at(-1)?.receivingAssetId ?? NATIVE
  if (name.endsWith('ToNative') !== (bought === NATIVE) || name.includes('V3Native') !== (sells.token === NATIVE))
    return refuse('CALLDATA_MISMATCH', `The swaps in the calldata of ${name} are of another kind than the function.`)
  return {
    selector,
    name,
    sells,
    buys: { token: bought, minimumUnits },
    receivers: [{ role: 'receiver', address: receiver }],
    bridge: undefined,
    deadlines: [],
    nested: nestedOf(parts),
    delegates: [],
  }
}

/**
 * What swaps take from the caller: tokens where a part asks for a deposit, coin where the first part sells it. A part that
 * gets what it sells back is a fee, which is taken from what was deposited already.
 */
function soldBy(name: string, parts: readonly SwapData[], isSingle: boolean): CallClaim['sells'] | Refusal {
  const [first] = parts
  if (!first) return refuse('CALLDATA_MISMATCH', `The calldata of ${name} swaps nothing.`)
  const token = first.sendingAssetId
  if (token === NATIVE) {
    const stray = parts.find((part) => part.requiresDeposit && part.sendingAssetId !== NATIVE)
    if (stray) return takesAlso(name, stray.sendingAssetId)
    const sold = parts
      .filter((part) => part.sendingAssetId === NATIVE && part.receivingAssetId !== NATIVE)
      .reduce((sum, part) => sum + part.fromAmount, 0n)
    return { token, units: sold > first.fromAmount ? sold : first.fromAmount }
  }
  const deposits = isSingle ? parts : parts.filter(({ requiresDeposit }) => requiresDeposit)
  const stray = deposits.find((part) => !sameAddress(part.sendingAssetId, token))
  if (stray) return takesAlso(name, stray.sendingAssetId)
  return { token, units: deposits.reduce((sum, { fromAmount }) => sum + fromAmount, 0n) }
}

function takesAlso(name: string, token: Address): Refusal {
  return refuse('CALLDATA_MISMATCH', `The calldata of ${name} takes ${token} beside the token it begins with.`)
}

function nestedOf(parts: readonly SwapData[]): CallClaim['nested'] {
  return parts.map(({ callTo, approveTo, callData }) => ({
    to: callTo,
    selector: selectorOf(callData),
    allows: approveTo,
  }))
}

/** What one bridge is told beside the part that all bridges share. */
interface CrossingTerms {
  /** Undefined where the calldata does not name what comes out. */
  readonly buys: Address | undefined
  readonly receivers: CallClaim['receivers']
  readonly minimumOut: bigint
  readonly fillDeadline?: number
}

type Terms<S> = (specific: S, bridge: BridgeData) => CrossingTerms | Refusal

function crossingClaim<S>(
  signature: { readonly name: string; readonly inputs: readonly { readonly type: string }[] } | undefined,
  selector: Hex,
  encoded: Hex,
  family: (typeof FAMILIES)[number],
  termsOf: Terms<S>,
): CallClaim | Refusal | undefined {
  if (!signature) return undefined
  const { name, inputs } = signature
  const read = readArguments(inputs, encoded) as readonly unknown[] | undefined
  if (!read) return notCanonical(name)
  const bridge = read[0] as BridgeData
  const parts = inputs.length === 3 ? (read[1] as readonly SwapData[]) : undefined
  if (bridge.hasSourceSwaps !== (parts !== undefined))
    return refuse('CALLDATA_MISMATCH', `The calldata of ${name} says the opposite about swaps before the bridge.`)
  if (parts && parts.at(-1)?.receivingAssetId !== bridge.sendingAssetId)
    return refuse('CALLDATA_MISMATCH', `The swaps in the calldata of ${name} do not end in the token it bridges.`)
  const other = FAMILIES.find((one) => one !== family && bridge.bridge.toLowerCase().startsWith(one))
  if (other !== undefined)
    return refuse('CALLDATA_MISMATCH', `${name} goes over ${family}, its calldata calls it ${bridge.bridge}.`)
  const terms = termsOf(read.at(-1) as S, bridge)
  if ('code' in terms) return terms
  const sells = parts ? soldBy(name, parts, false) : { token: bridge.sendingAssetId, units: bridge.minAmount }
  if ('code' in sells) return sells
  return {
    selector,
    name,
    sells,
    buys: { token: terms.buys, minimumUnits: bridge.minAmount },
    receivers: [{ role: 'receiver', address: bridge.receiver }, ...terms.receivers],
    bridge: {
      name: bridge.bridge,
      destinationChainId: Number(bridge.destinationChainId),
      hasDestinationCall: bridge.hasDestinationCall,
      carries: bridge.sendingAssetId,
      minimumOut: terms.minimumOut,
      fillDeadline: terms.fillDeadline,
    },
    deadlines: [],
    nested: nestedOf(parts ?? []),
    delegates: [],
  }
}

/** After a swap the contract works out what is to arrive from what the swap brought, by a share of 1e18. */
const acrossV3Terms: Terms<Specific<typeof acrossV3Abi>> = (across, bridge) => {
  const { receiverAddress, refundAddress, message, receivingAssetId, outputAmountPercent, outputAmount } = across
  if (message !== '0x') return messageFound('Across')
  return {
    buys: receivingAssetId,
    receivers: [
      { role: 'receiver on the destination', address: receiverAddress },
      { role: 'refund address', address: refundAddress },
    ],
    minimumOut: bridge.hasSourceSwaps
      ? mulDiv(bridge.minAmount, outputAmountPercent, 10n ** 18n, 'down')
      : outputAmount,
    fillDeadline: across.fillDeadline,
  }
}

/** The same with addresses in 32 bytes and a share of 1e30, which also covers a difference in decimals. */
const acrossV4Terms: Terms<Specific<typeof acrossV4Abi>> = (across, bridge) => {
  const { message, outputAmountMultiplier, outputAmount } = across
  if (message !== '0x') return messageFound('Across')
  const receiver = addressIn(across.receiverAddress)
  const refund = addressIn(across.refundAddress)
  const bought = addressIn(across.receivingAssetId)
  const sold = addressIn(across.sendingAssetId)
  if (!receiver || !refund || !bought || !sold) return notAnAddress('Across')
  // Coin goes over the bridge as its wrapper, which the bridge itself insists on.
  if (bridge.sendingAssetId !== NATIVE && !sameAddress(sold, bridge.sendingAssetId))
    return refuse(
      'CALLDATA_MISMATCH',
      `Across is told to carry ${sold}, the bridge part says ${bridge.sendingAssetId}.`,
    )
  return {
    buys: bought,
    receivers: [
      { role: 'receiver on the destination', address: receiver },
      { role: 'refund address', address: refund },
    ],
    minimumOut: bridge.hasSourceSwaps
      ? mulDiv(bridge.minAmount, outputAmountMultiplier, 10n ** 30n, 'down')
      : outputAmount,
    fillDeadline: across.fillDeadline,
  }
}

/** LayerZero's numbers of the chains that Stargate reaches, by chain id. */
const ENDPOINTS: Readonly<Record<string, number>> = {
  1: 30101,
  10: 30111,
  56: 30102,
  137: 30109,
  5000: 30181,
  8453: 30184,
  42161: 30110,
  43114: 30106,
  59144: 30183,
  534352: 30214,
}

/**
 * Stargate's numbers of the tokens it pools, by address. The contract sends from the pool of the number, whatever token was
 * paid in: of another one it may hold enough to send as many base units of it, which are worth nothing, and keep ours.
 */
const POOLS: ReadonlyMap<string, number> = new Map(
  (
    [
      [NATIVE, 13],
      // USDC
      ['0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48', 1], // Ethereum
      ['0x0b2C639c533813f4Aa9D7837CAf62653d097Ff85', 1], // OP Mainnet
      ['0x8AC76a51cc950d9822D68b83fE1Ad97B32Cd580d', 1], // BNB Smart Chain
      ['0x3c499c542cEF5E3811e1192ce70d8cC03d5c3359', 1], // Polygon
      ['0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913', 1], // Base
      ['0xaf88d065e77c8cC2239327C5EDb3A432268e5831', 1], // Arbitrum One
      ['0xB97EF9Ef8734C71904D8002F8b6Bc66Dd9c48a6E', 1], // Avalanche
      // USDT
      ['0xdAC17F958D2ee523a2206206994597C13D831ec7', 2], // Ethereum
      ['0x94b008aA00579c1307B0EF2c499aD98a8ce58e58', 2], // OP Mainnet
      ['0x55d398326f99059fF775485246999027B3197955', 2], // BNB Smart Chain
      ['0xc2132D05D31c914a87C6611C10748AEb04B58e8F', 2], // Polygon
      ['0xFd086bC7CD5C481DCC9C85ebE478A1C0b69FCbb9', 2], // Arbitrum One
      ['0x9702230A8Ea53601f5cD2dc00fDBc13d4dF4A8c7', 2], // Avalanche
    ] as const
  ).map(([address, pool]) => [address.toLowerCase(), pool]),
)

/** The contract compares neither the chain, the token nor the amount of the bridge's own terms with the general part. */
const stargateTerms: Terms<Specific<typeof stargateAbi>> = (specific, bridge) => {
  const { assetId, sendParams, fee, refundAddress } = specific
  if (assetId !== POOLS.get(bridge.sendingAssetId.toLowerCase()))
    return refuse(
      'CALLDATA_MISMATCH',
      `Stargate is told to send from pool ${assetId}, which is not known as that of ${bridge.sendingAssetId}.`,
    )
  if (sendParams.dstEid !== ENDPOINTS[String(bridge.destinationChainId)])
    return refuse(
      'DESTINATION_MISMATCH',
      `Stargate is told endpoint ${sendParams.dstEid}, which is not known as that of chain id ${bridge.destinationChainId}.`,
    )
  if (sendParams.composeMsg !== '0x' || sendParams.extraOptions !== '0x') return messageFound('Stargate')
  if (sendParams.amountLD !== bridge.minAmount || fee.lzTokenFee !== 0n)
    return refuse(
      'CALLDATA_MISMATCH',
      `Stargate is told to send ${sendParams.amountLD} with a fee of ${fee.lzTokenFee} in its token, the bridge part says ${bridge.minAmount}.`,
    )
  const receiver = addressIn(sendParams.to)
  if (!receiver) return notAnAddress('Stargate')
  return {
    buys: undefined,
    receivers: [
      { role: 'receiver on the destination', address: receiver },
      { role: 'refund address', address: refundAddress },
    ],
    minimumOut: sendParams.minAmountLD,
  }
}

/** Burns and mints USDC for the general receiver. A highest fee of zero bounds none: then nothing is guaranteed. */
const celerCircleTerms: Terms<Specific<typeof celerCircleAbi>> = ({ maxFee }, bridge) => {
  const bounded = bridge.minAmount > maxFee ? bridge.minAmount - maxFee : 0n
  return { buys: undefined, receivers: [], minimumOut: maxFee === 0n ? 0n : bounded }
}

/** An address in 32 bytes; undefined when the rest is not zero. */
function addressIn(word: Hex): Address | undefined {
  return /^0x0{24}[0-9a-f]{40}$/.test(word) ? `0x${word.slice(26)}` : undefined
}

function messageFound(bridge: string): Refusal {
  return refuse(
    'DESTINATION_MISMATCH',
    `${bridge} is told to do more on the destination than pay out, none of it was asked for.`,
  )
}

function notAnAddress(bridge: string): Refusal {
  return refuse('RECEIVER_MISMATCH', `${bridge} is told an address that is none.`)
}
