import { decodeFunctionData, isAddressEqual, zeroAddress, type Address, type Hex } from 'viem'
import type { World } from '../../sandbox/world.js'
import { diamondAbi, holderAbi, settlerAbi, tokenAbi } from './chain-abi.js'

export type CheckedWorld = Pick<World, 'chains' | 'tokens' | 'bridges' | 'routers'>

/** What a call of the account does with money, read from its calldata alone. */
export type AccountCall =
  | { readonly type: 'approval'; readonly token: Address; readonly spender: Address; readonly units: bigint }
  | Spend
  /** A transfer of nothing to itself, which only consumes the nonce. */
  | { readonly type: 'cancel' }
  /** Nothing the daemon has a reason to send. */
  | { readonly type: 'unknown'; readonly why: string }

/** The one transaction of a step that gives tokens away. */
export interface Spend {
  readonly type: 'spend'
  readonly kind: 'swap' | 'bridge'
  /** The vendor's name for the quote it carries out: LI.FI's transaction id, 0x's zid. */
  readonly quoteId: Hex
  readonly sold: Address
  readonly units: bigint
  /** `<chain id>:<token>`. */
  readonly bought: string
  readonly receiver: Address
}

/** 0x's stand-in for a chain's coin; everything else here says zero. */
const zeroexNative = '0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE'

const unknown = (why: string): AccountCall => ({ type: 'unknown', why })

/** What a transaction of the account does. */
interface Sent {
  readonly from: Address
  readonly to: Address | null
  readonly value: bigint
  readonly input: Hex
}

export function readCall(world: CheckedWorld, chainKey: string, { from, to, value, input }: Sent): AccountCall {
  const chain = world.chains.find(({ key }) => key === chainKey)
  if (!chain || to === null) return unknown('it creates a contract')
  if (isAddressEqual(from, to) && value === 0n && input === '0x') return { type: 'cancel' }
  return readContractCall(world, chain, to, input)
}

function readContractCall(
  world: CheckedWorld,
  { key: chainKey, chainId }: CheckedWorld['chains'][number],
  to: Address,
  data: Hex,
): AccountCall {
  if (world.tokens.some((token) => token.chain === chainKey && isAddressEqual(token.address, to)))
    return readApproval(to, data)
  const router = world.routers.find((one) => one.chain === chainKey && isAddressEqual(one.address, to))
  try {
    if (router?.kind === 'lifi-diamond') return readDiamond(chainId, data)
    if (router?.kind === 'allowance-holder') return readHolder(chainId, data)
  } catch (error) {
    return unknown(
      `its calldata cannot be read: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`,
    )
  }
  return unknown(`${to} is neither a token nor a contract of an aggregator`)
}

function readApproval(token: Address, data: Hex): AccountCall {
  try {
    const call = decodeFunctionData({ abi: tokenAbi, data })
    if (call.functionName !== 'approve') return unknown(`it calls ${call.functionName} of a token`)
    const [spender, units] = call.args
    return { type: 'approval', token, spender, units }
  } catch {
    return unknown('it calls something else than approve of a token')
  }
}

function readDiamond(chainId: number, data: Hex): AccountCall {
  const call = decodeFunctionData({ abi: diamondAbi, data })
  if (call.functionName === 'startBridgeTokensViaAcrossV3') {
    const [bridge, across] = call.args
    return {
      type: 'spend',
      kind: 'bridge',
      quoteId: bridge.transactionId,
      sold: bridge.sendingAssetId,
      units: bridge.minAmount,
      bought: `${bridge.destinationChainId}:${across.receivingAssetId.toLowerCase()}`,
      receiver: bridge.receiver,
    }
  }
  if (call.functionName === 'swapAndStartBridgeTokensViaAcrossV3') {
    const [bridge, swaps, across] = call.args
    return {
      type: 'spend',
      kind: 'bridge',
      quoteId: bridge.transactionId,
      sold: swaps[0]?.sendingAssetId ?? zeroAddress,
      units: swaps.reduce((sum, { fromAmount }) => sum + fromAmount, 0n),
      bought: `${bridge.destinationChainId}:${across.receivingAssetId.toLowerCase()}`,
      receiver: bridge.receiver,
    }
  }
  const [quoteId, , , receiver, , one] = call.args
  const swaps = 'callTo' in one ? [one] : one
  const [first] = swaps
  if (!first) return unknown('it swaps nothing')
  return {
    type: 'spend',
    kind: 'swap',
    quoteId,
    sold: first.sendingAssetId,
    units: swaps.reduce((sum, { fromAmount }) => sum + fromAmount, 0n),
    bought: `${chainId}:${first.receivingAssetId.toLowerCase()}`,
    receiver,
  }
}

function readHolder(chainId: number, data: Hex): AccountCall {
  const [, token, amount, , inner] = decodeFunctionData({ abi: holderAbi, data }).args
  const [{ recipient, buyToken }, , zid] = decodeFunctionData({ abi: settlerAbi, data: inner }).args
  const bought = isAddressEqual(buyToken, zeroexNative) ? zeroAddress : buyToken
  return {
    type: 'spend',
    kind: 'swap',
    quoteId: zid,
    sold: token,
    units: amount,
    bought: `${chainId}:${bought.toLowerCase()}`,
    receiver: recipient,
  }
}
