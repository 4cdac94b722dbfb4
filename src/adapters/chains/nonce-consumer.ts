import { numberToHex, type PublicClient } from 'viem'
import { type Address, type ChainKey, type Hex, sameAddress } from '../../domain/assets.js'
import { ChainError } from '../../ports/chain.js'
import type { QuorumReader } from './quorum-reader.js'

/**
 * Hash of the canonical transaction that consumed a nonce, by quorum: the first block after which the account's count is
 * above it, searched back from the head. Undefined where the nonce is not consumed, and where the endpoints do not keep
 * states of so long ago. Rejects with ChainError when they agree on nothing.
 */
export async function nonceConsumer(
  reader: QuorumReader,
  chain: ChainKey,
  account: Address,
  nonce: number,
): Promise<Hex | undefined> {
  const { head, endpoints } = await reader.view(chain)
  const isConsumedAt = (number: bigint) =>
    reader.at(chain, { ...head, number }, endpoints, {
      what: `whether nonce ${nonce} of ${account} is consumed`,
      isJudged: false,
      ask: async (client) => (await client.getTransactionCount({ address: account, blockNumber: number })) > nonce,
    })
  if (!(await isConsumedAt(head.number))) return undefined
  try {
    // `before` is a block after which it was not consumed, `after` one after which it was.
    let after = head.number
    let before = after
    for (let step = 1n; before === after; step *= 2n) {
      const tried = after > step ? after - step : 0n
      if (!(await isConsumedAt(tried))) before = tried
      else if (tried === 0n) return undefined
      else after = before = tried
    }
    while (after - before > 1n) {
      const middle = (before + after) / 2n
      if (await isConsumedAt(middle)) after = middle
      else before = middle
    }
    const hash = await reader.at(chain, { ...head, number: after }, endpoints, {
      what: `the transaction of nonce ${nonce} of ${account}`,
      isJudged: false,
      ask: (client) => transactionIn(client, after, account, nonce),
    })
    return hash
  } catch (error) {
    if (error instanceof ChainError) return undefined
    throw error
  }
}

async function transactionIn(client: PublicClient, number: bigint, account: Address, nonce: number): Promise<Hex> {
  const block = await client.request({ method: 'eth_getBlockByNumber', params: [numberToHex(number), true] })
  const found = block?.transactions.find(
    (one) => typeof one === 'object' && sameAddress(one.from, account) && BigInt(one.nonce) === BigInt(nonce),
  )
  if (typeof found !== 'object') throw new Error('it does not show the transaction')
  return found.hash
}
