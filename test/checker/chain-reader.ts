import {
  createPublicClient,
  http,
  isAddressEqual,
  zeroAddress,
  type Address,
  type Hash,
  type PublicClient,
  type TransactionReceipt,
} from 'viem'
import { type CheckedWorld, readCall } from './account-call.js'
import { tokenAbi } from './chain-abi.js'
import type { Holdings, SentTransaction } from './chain-record.js'

/** Both ends included. */
export interface BlockRange {
  readonly fromBlock: bigint
  readonly toBlock: bigint
}

const blocksAtOnce = 40n

export function clientOf(world: CheckedWorld, key: string): PublicClient {
  const chain = world.chains.find((one) => one.key === key)
  if (!chain) throw new Error(`The world has no chain ${key}.`)
  return createPublicClient({ transport: http(chain.rpcUrl, { retryCount: 0 }), cacheTime: 0 })
}

export function tokensOf(world: CheckedWorld, chain: string): Address[] {
  return world.tokens.filter((token) => token.chain === chain).map(({ address }) => address)
}

/** Balances of the account at a block, or now. */
export async function holdingsAt(
  world: CheckedWorld,
  chain: string,
  account: Address,
  blockNumber?: bigint,
): Promise<Holdings> {
  const client = clientOf(world, chain)
  const at = blockNumber === undefined ? {} : { blockNumber }
  const balances = tokensOf(world, chain).map(async (address) => {
    const call = { address, abi: tokenAbi, functionName: 'balanceOf', args: [account], ...at } as const
    return [address.toLowerCase() as Address, await client.readContract(call)] as const
  })
  const coin = client.getBalance({ address: account, ...at }).then((wei) => [zeroAddress as Address, wei] as const)
  return new Map(await Promise.all([...balances, coin]))
}

/** A node refuses a range that begins above its newest block, which is where one without new blocks begins. */
export function newLogs<T>(range: BlockRange, ask: (within: BlockRange) => Promise<T[]>): Promise<T[]> {
  return range.fromBlock > range.toBlock ? Promise.resolve([]) : ask(range)
}

/** Every transaction of the account in these blocks, in order: each block is read as a whole. */
export async function sentBetween(
  world: CheckedWorld,
  chain: string,
  account: Address,
  { fromBlock, toBlock }: BlockRange,
): Promise<SentTransaction[]> {
  const client = clientOf(world, chain)
  const sent: SentTransaction[] = []
  for (let first = fromBlock; first <= toBlock; first += blocksAtOnce) {
    const numbers = Array.from({ length: Number(blocksAtOnce) }, (_, index) => first + BigInt(index))
    const blocks = await Promise.all(
      numbers
        .filter((blockNumber) => blockNumber <= toBlock)
        .map((blockNumber) => client.getBlock({ blockNumber, includeTransactions: true })),
    )
    for (const { number, hash: blockHash, timestamp, transactions } of blocks) {
      const own = transactions.filter((transaction) => isAddressEqual(transaction.from, account))
      const receipts = await Promise.all(own.map(({ hash }) => receiptIn(client, hash, blockHash)))
      for (const [index, transaction] of own.entries()) {
        const { status, gasUsed, effectiveGasPrice } = receipts[index]!
        const call = readCall(world, chain, transaction)
        const isSuccess = status === 'success'
        const gasPaid = gasUsed * effectiveGasPrice
        const buysCoin = call.type === 'spend' && call.bought.endsWith(`:${zeroAddress}`)
        sent.push({
          hash: transaction.hash,
          nonce: transaction.nonce,
          block: number,
          blockHash,
          minedAt: Number(timestamp),
          isSuccess,
          value: transaction.value,
          gasPaid,
          coinMoved: !isSuccess
            ? 0n
            : buysCoin
              ? await coinMoved(client, account, number, gasPaid)
              : isAddressEqual(transaction.to ?? zeroAddress, account)
                ? 0n
                : -transaction.value,
          call,
        })
      }
    }
  }
  return sent
}

async function receiptIn(client: PublicClient, hash: Hash, blockHash: Hash): Promise<TransactionReceipt> {
  const receipt = await client.getTransactionReceipt({ hash })
  if (receipt.blockHash !== blockHash)
    throw new Error(`Block ${blockHash} was replaced while it was read. Check again when the chain has settled.`)
  return receipt
}

/** Coin that came or went in a block besides gas; undefined where the node has forgotten the states around it. */
async function coinMoved(
  client: PublicClient,
  address: Address,
  block: bigint,
  gasPaid: bigint,
): Promise<bigint | undefined> {
  try {
    const [before, after] = await Promise.all([
      client.getBalance({ address, blockNumber: block - 1n }),
      client.getBalance({ address, blockNumber: block }),
    ])
    return after - before + gasPaid
  } catch {
    return undefined
  }
}
