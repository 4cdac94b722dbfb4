import {
  createPublicClient,
  http,
  isAddressEqual,
  zeroAddress,
  type Address,
  type Hex,
  type PublicClient,
  type TransactionReceipt,
} from 'viem'
import { type AccountCall, type CheckedWorld, readCall } from './account-call.js'
import { escrowAbi, tokenAbi } from './chain-abi.js'

/** Where a check begins: one block per chain, and what the account had there. */
export interface Baseline {
  readonly account: Address
  readonly chains: readonly ChainBaseline[]
}

export interface ChainBaseline {
  readonly chain: string
  readonly block: bigint
  readonly nonce: number
  readonly holdings: Holdings
}

/** Base units by lower-case address, the chain's coin under the zero address. */
export type Holdings = ReadonlyMap<Address, bigint>

/** A transaction the account sent. */
export interface SentTransaction {
  readonly hash: Hex
  readonly nonce: number
  readonly isSuccess: boolean
  /** Wei that left with the call. */
  readonly value: bigint
  /** Wei paid for gas. */
  readonly gasPaid: bigint
  readonly call: AccountCall
}

export interface EscrowEvent {
  readonly bridge: string
  readonly type: 'Deposited' | 'Delivered' | 'Refunded'
  readonly transferId: Hex
  readonly hash: Hex
}

/** Everything about the account that one chain holds between the baseline and its newest block. */
export interface ChainRecord {
  readonly chain: string
  readonly baseline: ChainBaseline
  readonly lastBlock: bigint
  readonly sent: readonly SentTransaction[]
  /** Transfers of the world's tokens to (positive) and from (negative) the account. */
  readonly movements: readonly { readonly token: Address; readonly units: bigint }[]
  readonly holdings: Holdings
  readonly nextNonce: number
  readonly pendingNonce: number
  /** What is left of every allowance the account gave. */
  readonly allowances: readonly { readonly token: Address; readonly spender: Address; readonly units: bigint }[]
  /** Deposits for the account, and payouts to it or to anyone else. */
  readonly escrow: readonly EscrowEvent[]
}

/** Both ends included. */
interface BlockRange {
  readonly fromBlock: bigint
  readonly toBlock: bigint
}

const blocksAtOnce = 40n

export async function takeBaseline(world: CheckedWorld, account: Address): Promise<Baseline> {
  const chains = await Promise.all(
    world.chains.map(async ({ key }) => {
      const client = clientOf(world, key)
      const block = await client.getBlockNumber()
      const [nonce, holdings] = await Promise.all([
        client.getTransactionCount({ address: account, blockNumber: block }),
        holdingsAt(world, key, account, block),
      ])
      return { chain: key, block, nonce, holdings }
    }),
  )
  return { account, chains }
}

export async function recordChain(world: CheckedWorld, account: Address, start: ChainBaseline): Promise<ChainRecord> {
  const { chain } = start
  const client = clientOf(world, chain)
  const lastBlock = await client.getBlockNumber()
  const range = { fromBlock: start.block + 1n, toBlock: lastBlock }
  const sent = await sentBetween(world, chain, client, account, range)
  const tokens = tokensOf(world, chain)
  const [outgoing, incoming, escrow, holdings, nextNonce, pendingNonce] = await Promise.all([
    newLogs(range, (within) =>
      client.getLogs({ address: tokens, event: tokenAbi[0], args: { from: account }, ...within }),
    ),
    newLogs(range, (within) =>
      client.getLogs({ address: tokens, event: tokenAbi[0], args: { to: account }, ...within }),
    ),
    escrowEvents(world, chain, client, account, range),
    holdingsAt(world, chain, account, lastBlock),
    client.getTransactionCount({ address: account, blockNumber: lastBlock }),
    client.getTransactionCount({ address: account, blockTag: 'pending' }),
  ])
  const movement = (sign: bigint) => (log: (typeof outgoing)[number]) => ({
    token: log.address.toLowerCase() as Address,
    units: sign * (log.args.value ?? 0n),
  })
  const approvals = new Map(
    sent.flatMap(({ call }) => (call.type === 'approval' ? [[`${call.token} ${call.spender}`, call] as const] : [])),
  )
  const allowances = await Promise.all(
    [...approvals.values()].map(async ({ token, spender }) => ({
      token,
      spender,
      units: await client.readContract({
        address: token,
        abi: tokenAbi,
        functionName: 'allowance',
        args: [account, spender],
        blockNumber: lastBlock,
      }),
    })),
  )
  return {
    chain,
    baseline: start,
    lastBlock,
    sent,
    movements: [...outgoing.map(movement(-1n)), ...incoming.map(movement(1n))],
    holdings,
    nextNonce,
    pendingNonce,
    allowances,
    escrow,
  }
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

async function sentBetween(
  world: CheckedWorld,
  chain: string,
  client: PublicClient,
  account: Address,
  { fromBlock, toBlock }: BlockRange,
): Promise<SentTransaction[]> {
  const sent: SentTransaction[] = []
  for (let first = fromBlock; first <= toBlock; first += blocksAtOnce) {
    const numbers = Array.from({ length: Number(blocksAtOnce) }, (_, index) => first + BigInt(index))
    const blocks = await Promise.all(
      numbers
        .filter((blockNumber) => blockNumber <= toBlock)
        .map((blockNumber) => client.getBlock({ blockNumber, includeTransactions: true })),
    )
    const own = blocks.flatMap(({ transactions }) =>
      transactions.filter((transaction) => isAddressEqual(transaction.from, account)),
    )
    const receipts = await Promise.all(own.map(({ hash }) => client.getTransactionReceipt({ hash })))
    own.forEach(({ hash, nonce, value, to, input }, index) => {
      const { status, gasUsed, effectiveGasPrice } = receipts[index] as TransactionReceipt
      const call = readCall(world, chain, to, input)
      sent.push({ hash, nonce, isSuccess: status === 'success', value, gasPaid: gasUsed * effectiveGasPrice, call })
    })
  }
  return sent
}

/** A node refuses a range that begins above its newest block, which is where one without new blocks begins. */
function newLogs<T>(range: BlockRange, ask: (within: BlockRange) => Promise<T[]>): Promise<T[]> {
  return range.fromBlock > range.toBlock ? Promise.resolve([]) : ask(range)
}

async function escrowEvents(
  world: CheckedWorld,
  chain: string,
  client: PublicClient,
  account: Address,
  range: BlockRange,
): Promise<EscrowEvent[]> {
  const bridges = world.bridges.filter((bridge) => bridge.chain === chain)
  const logs = await Promise.all(
    bridges.map(({ address }) =>
      newLogs(range, (within) => client.getContractEvents({ address, abi: escrowAbi, ...within })),
    ),
  )
  return logs.flatMap((ofBridge, index) =>
    ofBridge.flatMap(({ eventName, args, transactionHash }): EscrowEvent[] => {
      const { transferId } = args
      if (transferId === undefined) return []
      if ('deposit' in args && !isAddressEqual(args.deposit!.refundTo, account)) return []
      return [{ bridge: bridges[index]!.key, type: eventName, transferId, hash: transactionHash }]
    }),
  )
}

function clientOf(world: CheckedWorld, key: string): PublicClient {
  const chain = world.chains.find((one) => one.key === key)
  if (!chain) throw new Error(`The world has no chain ${key}.`)
  return createPublicClient({ transport: http(chain.rpcUrl, { retryCount: 0 }), cacheTime: 0 })
}

function tokensOf(world: CheckedWorld, chain: string): Address[] {
  return world.tokens.filter((token) => token.chain === chain).map(({ address }) => address)
}
