import { decodeAbiParameters } from 'viem'
import { type Address, type Hex, sameAddress } from '../../domain/assets.js'

/** The first argument of every bridge function of LI.FI's contract, whichever bridge it is for. */
const bridgeData = [
  {
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
  },
] as const

export interface ExpectedCrossing {
  readonly receiver: Address
  readonly destinationChainId: number
  /** Sold token and base units; compared when the call bridges without swapping first. */
  readonly token: Address
  readonly units: bigint
}

/**
 * How the calldata of a bridge differs from the crossing we asked for, or undefined when its general part agrees. What a
 * particular bridge is told beside it is not read.
 */
export function bridgeDataFault(data: Hex, expected: ExpectedCrossing): string | undefined {
  let decoded
  try {
    ;[decoded] = decodeAbiParameters(bridgeData, `0x${data.slice(10)}`)
  } catch {
    return 'the calldata is no bridge call of the LI.FI contract'
  }
  const { receiver, destinationChainId, sendingAssetId, minAmount, hasSourceSwaps, hasDestinationCall } = decoded
  if (!sameAddress(receiver, expected.receiver)) return `the calldata pays ${receiver}, expected ${expected.receiver}`
  if (destinationChainId !== BigInt(expected.destinationChainId))
    return `the calldata bridges to chain id ${destinationChainId}, expected ${expected.destinationChainId}`
  if (hasDestinationCall) return 'the calldata makes a call on the destination chain, none was asked for'
  if (!hasSourceSwaps && (!sameAddress(sendingAssetId, expected.token) || minAmount !== expected.units))
    return `the calldata bridges ${minAmount} of ${sendingAssetId}, expected ${expected.units} of ${expected.token}`
  return undefined
}
