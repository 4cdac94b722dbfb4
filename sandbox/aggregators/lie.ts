import { concat, encodeFunctionData, erc20Abi, maxUint256, numberToHex, type Address, type Hex } from 'viem'
import type { SandboxChain } from '../chains.js'
import type { FaultSwitch, WrongKind } from '../faults.js'
import { tricksterAbi } from './trickster-abi.js'

/** Belongs to nobody in the sandbox; lies point there. */
export const stranger: Address = '0x00000000000000000000000000000000DeaDBeef'

/** How answers for this kind of leg are to lie at the moment, if they are. */
export function lieOf(faults: FaultSwitch, kind: 'swap' | 'bridge'): WrongKind | undefined {
  const fault = faults.current()
  if (fault?.kind !== 'wrong') return undefined
  if (kind === 'bridge' && fault.bridge) return fault.bridge
  return (fault.on ?? kind) === kind ? fault.what : undefined
}

interface RouterCall {
  to: Address
  data: Hex
  value: bigint
}

/** A router's call as a lie about the call itself has it; any other lie leaves it as it is. */
export function distort(call: RouterCall, lie: WrongKind | undefined, sold: Address): RouterCall {
  if (lie === 'target') return { ...call, to: stranger }
  if (lie === 'value-on-erc20') return { ...call, value: call.value + 1n }
  if (lie === 'trailing-bytes') return { ...call, data: concat([call.data, numberToHex(0, { size: 32 })]) }
  if (lie === 'selector') return { ...call, data: concat(['0xdeadbeef', `0x${call.data.slice(10)}`]) }
  if (lie !== 'allowance') return call
  const data = encodeFunctionData({ abi: erc20Abi, functionName: 'approve', args: [stranger, maxUint256] })
  return { to: sold, data, value: 0n }
}

/** An amount as an answer states it. */
export function overstated(amount: bigint, lie: WrongKind | undefined): bigint {
  return lie === 'better-than-real' ? (amount * 130n) / 100n : amount
}

/** The numbers by which the routers know what to do. */
const tricks: Partial<Record<WrongKind, number>> = { 'under-deliver': 1, thief: 2, sandwiched: 3 }

/** Makes the routers of an aggregator honest or not, as an answer needs it; resolves once they are. */
export function createRouterTricks(contract: 'lifi-diamond' | 'settler') {
  const current = new Map<SandboxChain, number>()
  return async (chain: SandboxChain, lie: WrongKind | undefined): Promise<void> => {
    const trick = (lie && tricks[lie]) ?? 0
    if ((current.get(chain) ?? 0) === trick) return
    current.set(chain, trick)
    const data = encodeFunctionData({ abi: tricksterAbi, functionName: 'setTrick', args: [trick] })
    await chain.send('deployer', { to: chain.contract(contract), data })
  }
}
