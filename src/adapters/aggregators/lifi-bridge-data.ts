import { decodeAbiParameters } from 'viem'
import { type Address, type Hex, sameAddress } from '../../domain/assets.js'

/** The first argument of every bridge function of LI.FI's contract, whichever bridge it is for. */
const bridgeData = {
  type: 'tuple',
  components: [
    { name: 'transactionId', type: 'bytes32' },
    { name: 'bridge', type: 'string' },
    { name: 'integrator', type: 'string' },
    { name: 'referrer', type: 'address' },
    { name: 'sendingAssetId', type: 'address' },
    { name: 'receiver', type: 'address' },
    { name: 'minAmount', type: 'uint256' },
    { name: 'destinationChainId', type: 'uint256' },
    { name: 'hasSourceSwaps', type: 'bool' },
    { name: 'hasDestinationCall', type: 'bool' },
  ],
} as const

/** The second argument of those that do something with the sold token before they bridge. */
const swapData = {
  type: 'tuple[]',
  components: [
    { name: 'callTo', type: 'address' },
    { name: 'approveTo', type: 'address' },
    { name: 'sendingAssetId', type: 'address' },
    { name: 'receivingAssetId', type: 'address' },
    { name: 'fromAmount', type: 'uint256' },
    { name: 'callData', type: 'bytes' },
    { name: 'requiresDeposit', type: 'bool' },
  ],
} as const

export interface ExpectedCrossing {
  readonly receiver: Address
  readonly destinationChainId: number
  /** Sold token and base units; compared when the call bridges without swapping first. */
  readonly token: Address
  readonly units: bigint
  /**
   * Tokens that swaps before the bridge may sell and buy. LI.FI calls it a swap, too, when its fee is taken off or a coin
   * is unwrapped: then the asset stays the same.
   */
  readonly swapsBetween: 'any' | readonly Address[]
}

/**
 * How the calldata of a bridge differs from the crossing we asked for, or undefined when its general part agrees. What a
 * particular bridge is told beside it is not read.
 */
export function bridgeDataFault(data: Hex, expected: ExpectedCrossing): string | undefined {
  const decoded = decoding(() => decodeAbiParameters([bridgeData], `0x${data.slice(10)}`)[0])
  if (!decoded) return 'the calldata is no bridge call of the LI.FI contract'
  const { receiver, destinationChainId, sendingAssetId, minAmount, hasSourceSwaps, hasDestinationCall } = decoded
  if (!sameAddress(receiver, expected.receiver)) return `the calldata pays ${receiver}, expected ${expected.receiver}`
  if (destinationChainId !== BigInt(expected.destinationChainId))
    return `the calldata bridges to chain id ${destinationChainId}, expected ${expected.destinationChainId}`
  if (hasDestinationCall) return 'the calldata makes a call on the destination chain, none was asked for'
  if (hasSourceSwaps) return swapsFault(data, sendingAssetId, expected)
  if (!sameAddress(sendingAssetId, expected.token) || minAmount !== expected.units)
    return `the calldata bridges ${minAmount} of ${sendingAssetId}, expected ${expected.units} of ${expected.token}`
  return undefined
}

function swapsFault(data: Hex, bridged: Address, { swapsBetween }: ExpectedCrossing): string | undefined {
  if (swapsBetween === 'any') return undefined
  const swaps = decoding(() => decodeAbiParameters([bridgeData, swapData], `0x${data.slice(10)}`)[1])
  if (!swaps) return 'the calldata swaps before it bridges, in a way that cannot be read'
  const touched = [
    bridged,
    ...swaps.flatMap(({ sendingAssetId, receivingAssetId }) => [sendingAssetId, receivingAssetId]),
  ]
  const other = touched.find((token) => !swapsBetween.some((one) => sameAddress(one, token)))
  return other && `the calldata swaps with ${other} before it bridges, a crossing of one asset was asked for`
}

/** Undefined when the bytes are nothing of the kind. */
function decoding<T>(decode: () => T): T | undefined {
  try {
    return decode()
  } catch {
    return undefined
  }
}
