import { isAddressEqual, zeroAddress, type Address, type Hex } from 'viem'
import type { AccountCall, CheckedWorld } from './account-call.js'
import { escrowAbi, tokenAbi } from './chain-abi.js'
import { type BlockRange, clientOf, holdingsAt, newLogs, sentBetween, tokensOf } from './chain-reader.js'

/** Where a check begins: one block per chain, and what the account had there. */
export interface Baseline {
  readonly account: Address
  readonly chains: readonly ChainBaseline[]
}

export interface ChainBaseline {
  readonly chain: string
  readonly block: bigint
  readonly nonce: number
  /** Without the coin where the node has forgotten how much of it there was. */
  readonly holdings: Holdings
}

/** Base units by lower-case address, the chain's coin under the zero address. */
export type Holdings = ReadonlyMap<Address, bigint>

/** A transaction the account sent. */
export interface SentTransaction {
  readonly hash: Hex
  readonly nonce: number
  readonly block: bigint
  readonly blockHash: Hex
  /** Timestamp of its block, in seconds since 1970. */
  readonly minedAt: number
  readonly isSuccess: boolean
  /** Wei that left with the call. */
  readonly value: bigint
  /** Wei paid for gas. */
  readonly gasPaid: bigint
  /** Wei that came (positive) or went besides gas; undefined where the node has forgotten. */
  readonly coinMoved: bigint | undefined
  readonly call: AccountCall
}

/** A transfer of one of the world's tokens to (positive) or from (negative) the account. */
export interface TokenMovement {
  readonly token: Address
  readonly units: bigint
  readonly hash: Hex
  readonly block: bigint
}

/** An `Approval` event in which the account is the owner. */
export interface ApprovalEvent {
  readonly token: Address
  readonly spender: Address
  readonly units: bigint
  readonly hash: Hex
}

export interface EscrowEvent {
  readonly bridge: string
  readonly type: 'Deposited' | 'Delivered' | 'Refunded'
  readonly transferId: Hex
  readonly hash: Hex
  readonly block: bigint
  /** Timestamp of its block, in seconds since 1970. */
  readonly minedAt: number
  readonly token: Address
  /** What the token stands for by the world's description; an unknown one stands for itself. */
  readonly asset: string
  readonly amount: bigint
  /** The amount with 18 decimals, to be added over tokens of one asset. */
  readonly scaled: bigint
  /** Who was paid; of a deposit, whom it is for. */
  readonly receiver: Address
}

/** Everything about the account that one chain holds between the baseline and its newest block. */
export interface ChainRecord {
  readonly chain: string
  readonly chainId: number
  readonly baseline: ChainBaseline
  readonly lastBlock: bigint
  readonly finalizedBlock: bigint
  /** Timestamp of the finalised block, in seconds since 1970. */
  readonly finalizedAt: number
  readonly sent: readonly SentTransaction[]
  readonly movements: readonly TokenMovement[]
  /** At the newest and at the finalised block. */
  readonly holdings: Holdings
  readonly finalHoldings: Holdings
  readonly nextNonce: number
  readonly pendingNonce: number
  /** What is left of every allowance the account gave. */
  readonly allowances: readonly { readonly token: Address; readonly spender: Address; readonly units: bigint }[]
  readonly approvals: readonly ApprovalEvent[]
  /** Deposits for the account, and payouts to it or to anyone else. */
  readonly escrow: readonly EscrowEvent[]
}

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

/**
 * Reads one chain from the baseline on; without one, from the block before the account's first transaction there, or before
 * the first payout to it on a chain where it sent nothing.
 */
export async function recordChain(
  world: CheckedWorld,
  account: Address,
  chain: string,
  baseline?: ChainBaseline,
): Promise<ChainRecord> {
  const client = clientOf(world, chain)
  const [{ number: lastBlock }, { number: finalizedBlock, timestamp }] = await Promise.all([
    client.getBlock(),
    client.getBlock({ blockTag: 'finalized' }),
  ])
  const read = await sentBetween(world, chain, account, {
    fromBlock: (baseline?.block ?? 0n) + 1n,
    toBlock: lastBlock,
  })
  const start = baseline ?? (await firstBaseline(world, account, chain, read[0]?.block, lastBlock))
  const range = { fromBlock: start.block + 1n, toBlock: lastBlock }
  const [movements, approvals, escrow, holdings, finalHoldings, nextNonce, pendingNonce] = await Promise.all([
    movementsIn(world, account, chain, range),
    approvalsIn(world, account, chain, range),
    escrowEvents(world, account, chain, range),
    holdingsAt(world, chain, account, lastBlock),
    holdingsAt(world, chain, account, finalizedBlock),
    client.getTransactionCount({ address: account, blockNumber: lastBlock }),
    client.getTransactionCount({ address: account, blockTag: 'pending' }),
  ])
  const given = [...approvals, ...read.flatMap(({ call }) => (call.type === 'approval' ? [call] : []))].map(
    ({ token, spender }) => ({ token: token.toLowerCase() as Address, spender: spender.toLowerCase() as Address }),
  )
  const distinct = new Map(given.map((one) => [`${one.token} ${one.spender}`, one]))
  const allowances = await Promise.all(
    [...distinct.values()].map(async ({ token, spender }) => ({
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
    chainId: world.chains.find(({ key }) => key === chain)!.chainId,
    baseline: start,
    lastBlock,
    finalizedBlock,
    finalizedAt: Number(timestamp),
    sent: read,
    movements,
    holdings,
    finalHoldings,
    nextNonce,
    pendingNonce,
    allowances,
    approvals,
    escrow,
  }
}

/**
 * What the account had before anything of it began. A node keeps only the newest states; where that one is gone the
 * tokens are added up from their events, and the coin stays unknown.
 */
async function firstBaseline(
  world: CheckedWorld,
  account: Address,
  chain: string,
  firstSent: bigint | undefined,
  lastBlock: bigint,
): Promise<ChainBaseline> {
  const escrow = await escrowEvents(world, account, chain, { fromBlock: 0n, toBlock: lastBlock })
  const paid = escrow.filter(({ receiver }) => isAddressEqual(receiver, account)).map(({ block: at }) => at)
  const firsts = [...paid, ...(firstSent === undefined ? [] : [firstSent])]
  const block = firsts.reduce((first, one) => (one < first ? one : first), lastBlock + 1n) - 1n
  const holdings = await holdingsAt(world, chain, account, block).catch(async () => {
    const sums = new Map<Address, bigint>(tokensOf(world, chain).map((token) => [token.toLowerCase() as Address, 0n]))
    for (const { token, units } of await movementsIn(world, account, chain, { fromBlock: 0n, toBlock: block }))
      sums.set(token, (sums.get(token) ?? 0n) + units)
    return sums
  })
  return { chain, block, nonce: 0, holdings }
}

async function movementsIn(
  world: CheckedWorld,
  account: Address,
  chain: string,
  range: BlockRange,
): Promise<TokenMovement[]> {
  const client = clientOf(world, chain)
  const address = tokensOf(world, chain)
  const [outgoing, incoming] = await Promise.all(
    [{ from: account }, { to: account }].map((args) =>
      newLogs(range, (within) => client.getLogs({ address, event: tokenAbi[0], args, ...within })),
    ),
  )
  const movement = (sign: bigint) => (log: NonNullable<typeof incoming>[number]) => ({
    token: log.address.toLowerCase() as Address,
    units: sign * (log.args.value ?? 0n),
    hash: log.transactionHash,
    block: log.blockNumber,
  })
  return [...outgoing!.map(movement(-1n)), ...incoming!.map(movement(1n))]
}

async function approvalsIn(
  world: CheckedWorld,
  account: Address,
  chain: string,
  range: BlockRange,
): Promise<ApprovalEvent[]> {
  const client = clientOf(world, chain)
  const address = tokensOf(world, chain)
  const logs = await newLogs(range, (within) =>
    client.getLogs({ address, event: tokenAbi[1], args: { owner: account }, ...within }),
  )
  return logs.map((log) => ({
    token: log.address.toLowerCase() as Address,
    spender: log.args.spender ?? zeroAddress,
    units: log.args.value ?? 0n,
    hash: log.transactionHash,
  }))
}

async function escrowEvents(
  world: CheckedWorld,
  account: Address,
  chain: string,
  range: BlockRange,
): Promise<EscrowEvent[]> {
  const client = clientOf(world, chain)
  const bridges = world.bridges.filter((bridge) => bridge.chain === chain)
  const logs = await Promise.all(
    bridges.map(({ address }) =>
      newLogs(range, (within) => client.getContractEvents({ address, abi: escrowAbi, strict: true, ...within })),
    ),
  )
  const events = logs.flatMap((ofBridge, index) => ofBridge.map((log) => ({ ...log, bridge: bridges[index]!.key })))
  const own = events.filter(({ args }) => !('deposit' in args) || isAddressEqual(args.deposit.refundTo, account))
  return Promise.all(
    own.map(async ({ bridge, eventName, args, transactionHash, blockNumber }): Promise<EscrowEvent> => {
      const { token, amount, receiver } = 'deposit' in args ? args.deposit : args
      const { timestamp } = await client.getBlock({ blockNumber })
      const known = world.tokens.find((one) => one.chain === chain && isAddressEqual(one.address, token))
      return {
        bridge,
        type: eventName,
        transferId: args.transferId,
        hash: transactionHash,
        block: blockNumber,
        minedAt: Number(timestamp),
        token: token.toLowerCase() as Address,
        asset: known?.asset ?? `${chain} ${token}`,
        amount,
        scaled: (amount * 10n ** 18n) / 10n ** BigInt(known?.decimals ?? 18),
        receiver,
      }
    }),
  )
}
