import {
  decodeFunctionData,
  decodeFunctionResult,
  encodeFunctionResult,
  keccak256,
  multicall3Abi,
  numberToHex,
  toFunctionSelector,
  type Hex,
} from 'viem'
import type { RpcLie } from './rpc-faults.js'

export interface RpcRequest {
  id: unknown
  method: string
  params: unknown[]
}

/** Asks the node behind the provider. */
export type AskNode = (method: string, params: unknown[]) => Promise<unknown>

const balanceSelectors: readonly string[] = [
  toFunctionSelector('balanceOf(address)'),
  toFunctionSelector('getEthBalance(address)'),
]

/** What the provider says in place of `result`. Answers that the lie is not about stay as they are. */
export async function lieAbout(
  what: RpcLie,
  { method, params }: RpcRequest,
  result: unknown,
  ask: AskNode,
): Promise<unknown> {
  switch (what) {
    case 'balances':
      if (method === 'eth_getBalance') return double(result as Hex)
      return method === 'eth_call' ? doubleBalances(params[0] as { data?: Hex; input?: Hex }, result as Hex) : result
    case 'receipt': {
      const receipt = result as { status: Hex } | null
      if (method !== 'eth_getTransactionReceipt' || !receipt) return result
      return { ...receipt, status: receipt.status === '0x1' ? '0x0' : '0x1' }
    }
    case 'nonce': {
      if (method !== 'eth_getTransactionCount') return result
      const count = BigInt(result as Hex)
      return numberToHex(count > 0n ? count - 1n : 0n)
    }
    case 'chain-id':
      return method === 'eth_chainId' ? numberToHex(BigInt(result as Hex) + 1n) : result
    case 'finalized-above': {
      if (!isFinalized(method, params)) return result
      const latest = (await ask('eth_getBlockByNumber', ['latest', false])) as { number: Hex }
      return { ...(result as object), number: numberToHex(BigInt(latest.number) + 5n) }
    }
    case 'finalized-back': {
      if (!isFinalized(method, params)) return result
      const height = BigInt((result as { number: Hex }).number)
      return ask('eth_getBlockByNumber', [numberToHex(height > 10n ? height - 10n : 0n), false])
    }
    case 'hash': {
      const block = result as { number: Hex; hash: Hex; parentHash: Hex } | null
      if (method !== 'eth_getBlockByNumber' || !block) return result
      return { ...block, hash: keccak256(block.hash), parentHash: keccak256(block.parentHash) }
    }
  }
}

function isFinalized(method: string, params: unknown[]): boolean {
  return method === 'eth_getBlockByNumber' && params[0] === 'finalized'
}

function double(amount: Hex): Hex {
  return numberToHex(2n * BigInt(amount))
}

function doubleWord(word: Hex): Hex {
  return word.length === 66 ? numberToHex(2n * BigInt(word), { size: 32 }) : word
}

/** Of a plain call, and of every call in a multicall. */
function doubleBalances({ data, input }: { data?: Hex; input?: Hex }, result: Hex): Hex {
  const asked = data ?? input ?? '0x'
  if (balanceSelectors.includes(asked.slice(0, 10))) return doubleWord(result)
  try {
    const { functionName, args } = decodeFunctionData({ abi: multicall3Abi, data: asked })
    if (functionName !== 'aggregate3') return result
    const answers = decodeFunctionResult({ abi: multicall3Abi, functionName, data: result })
    const changed = answers.map((answer, index) =>
      balanceSelectors.includes(args[0][index]?.callData.slice(0, 10) ?? '')
        ? { ...answer, returnData: doubleWord(answer.returnData) }
        : answer,
    )
    return encodeFunctionResult({ abi: multicall3Abi, functionName, result: changed })
  } catch {
    return result
  }
}
