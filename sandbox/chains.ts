import { setTimeout as sleep } from 'node:timers/promises'
import {
  createPublicClient,
  createWalletClient,
  defineChain,
  encodeDeployData,
  getContractAddress,
  http,
  numberToHex,
  type Abi,
  type Account,
  type Address,
  type Chain,
  type Hash,
  type Hex,
  type HttpTransport,
  type PublicClient,
  type TransactionReceipt,
  type WalletClient,
} from 'viem'
import { accountOf, type AccountAlias } from './accounts.js'
import { startAnvil } from './anvil.js'
import { createBlockProduction, type BlockProduction } from './block-production.js'

export const chainKeys = ['anchor', 'bay', 'cove'] as const
export type ChainKey = (typeof chainKeys)[number]

export interface ChainTraits {
  key: ChainKey
  chainId: number
  blockTimeSeconds: number
  /** Of every block, in wei. */
  baseFeePerGas: bigint
  /** What the sandbox's own accounts tip, in wei. */
  priorityFeePerGas: bigint
  /** L2s have a sequencer uptime feed. */
  isLayer2: boolean
}

/** `anchor` plays the expensive main chain, the others two cheap rollups. The ids belong to no public network. */
export const chainTraits: Record<ChainKey, ChainTraits> = {
  anchor: {
    key: 'anchor',
    chainId: 9710001,
    blockTimeSeconds: 3,
    baseFeePerGas: 20_000_000_000n,
    priorityFeePerGas: 1_000_000_000n,
    isLayer2: false,
  },
  bay: {
    key: 'bay',
    chainId: 9710002,
    blockTimeSeconds: 1,
    baseFeePerGas: 20_000_000n,
    priorityFeePerGas: 1_000_000n,
    isLayer2: true,
  },
  cove: {
    key: 'cove',
    chainId: 9710003,
    blockTimeSeconds: 2,
    baseFeePerGas: 50_000_000n,
    priorityFeePerGas: 1_000_000n,
    isLayer2: true,
  },
}

export interface SandboxToken {
  address: Address
  decimals: number
  asset: string
}

export interface SandboxTransaction {
  to?: Address
  data?: Hex
  value?: bigint
  /** Gas limit; three million when absent. */
  gas?: bigint
}

export interface SandboxChain {
  key: ChainKey
  chainId: number
  rpcUrl: string
  nativeSymbol: string
  blockTimeSeconds: number
  isLayer2: boolean
  publicClient: PublicClient<HttpTransport, Chain>
  addressOf(alias: AccountAlias): Address
  walletFor(alias: AccountAlias): WalletClient<HttpTransport, Chain, Account>
  /** By symbol. */
  tokens: Record<string, SandboxToken>
  /**
   * By name: `multicall3`, `uniswap-v2-factory`, `uniswap-v2-router`, `uniswap-v3-factory`, `uniswap-v3-router`,
   * `uniswap-v3-quoter`, `uniswap-v3-positions`, `feed-<ASSET>`, `sequencer-feed` (L2s).
   */
  contracts: Record<string, Address>
  /** The contract of that name in `contracts`; an unknown name is an error. */
  contract(name: string): Address
  /** The token of that symbol; an unknown symbol is an error. */
  token(symbol: string): SandboxToken
  /** Sends without waiting for a block. Transactions of one alias are sent in the order of the calls. */
  submit(alias: AccountAlias, transaction: SandboxTransaction): Promise<Hash>
  /** Sends and waits until mined; a revert is an error. */
  send(alias: AccountAlias, transaction: SandboxTransaction): Promise<TransactionReceipt>
  /** Deploys from `deployer` and answers the address without waiting for a block. */
  deploy(contract: { abi: Abi; bytecode: Hex }, args?: readonly unknown[]): Promise<Address>
  /** Waits until everything submitted before `blocks.start()` is mined; a revert of any of it is an error. */
  settle(): Promise<void>
  setNativeBalance(address: Address, wei: bigint): Promise<void>
  blocks: BlockProduction
  stop(): Promise<void>
}

/** Enough for everything but deployments. The node's own estimates look at mined state only. */
const usualGas = 3_000_000n
/** Enough to deploy any of the contracts, or a Uniswap V3 pool with its positions. */
export const deploymentGas = 7_000_000n
const receiptTimeoutMs = 120_000

/** A node with an empty chain that mines each transaction at once, until `blocks.start()` gives it the chain's rhythm. */
export async function startChain(traits: ChainTraits, port: number): Promise<SandboxChain> {
  const { key, chainId, blockTimeSeconds, isLayer2, baseFeePerGas, priorityFeePerGas } = traits
  const anvil = await startAnvil({ name: key, chainId, port, baseFeePerGas })
  const chain = defineChain({
    id: chainId,
    name: `Sandbox ${key}`,
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [anvil.rpcUrl] } },
    contracts: { multicall3: { address: getContractAddress({ from: accountOf('deployer').address, nonce: 0n }) } },
    testnet: true,
  })
  const clientOptions = { chain, transport: http(anvil.rpcUrl, { retryCount: 0 }), pollingInterval: 100, cacheTime: 0 }
  const publicClient = createPublicClient(clientOptions)
  const blocks = createBlockProduction(publicClient, { blockTimeSeconds, baseFeePerGas })
  const tokens: Record<string, SandboxToken> = {}
  const contracts: Record<string, Address> = {}
  const addressOf = (alias: AccountAlias) => accountOf(alias).address

  const turns = new Map<AccountAlias, Promise<unknown>>()
  const inTurn = <T>(alias: AccountAlias, act: () => Promise<T>): Promise<T> => {
    const turn = (turns.get(alias) ?? Promise.resolve()).then(act, act)
    turns.set(alias, turn)
    return turn
  }
  const unsettled: Promise<Hash>[] = []
  const stopped = new AbortController()

  const broadcast = (alias: AccountAlias, { to, data, value, gas = usualGas }: SandboxTransaction): Promise<Hash> =>
    publicClient.request<{ Method: 'eth_sendTransaction'; Parameters: [object]; ReturnType: Hash }>({
      method: 'eth_sendTransaction',
      params: [
        {
          from: addressOf(alias),
          ...(to && { to }),
          ...(data && { data }),
          ...(value !== undefined && { value: numberToHex(value) }),
          gas: numberToHex(gas),
          maxFeePerGas: numberToHex(2n * baseFeePerGas + priorityFeePerGas),
          maxPriorityFeePerGas: numberToHex(priorityFeePerGas),
        },
      ],
    })

  const submit = (alias: AccountAlias, transaction: SandboxTransaction): Promise<Hash> => {
    const hash = inTurn(alias, () => broadcast(alias, transaction))
    hash.catch(() => undefined)
    if (!blocks.isStarted()) unsettled.push(hash)
    return hash
  }

  const receiptOf = async (hash: Hash): Promise<TransactionReceipt> => {
    const deadline = Date.now() + receiptTimeoutMs
    let misses = 0
    for (;;) {
      const receipt = await publicClient.getTransactionReceipt({ hash }).catch((error: unknown) => {
        if (error instanceof Error && error.name === 'TransactionReceiptNotFoundError') return undefined
        throw error
      })
      if (receipt?.status === 'reverted') throw new Error(`Transaction ${hash} on ${key} reverted.`)
      if (receipt) return receipt
      // A reorganisation takes transactions with it; on its way from the pool into a block one may be missed once.
      const isKnown = await publicClient.getTransaction({ hash }).then(
        () => true,
        () => false,
      )
      misses = isKnown ? 0 : misses + 1
      if (misses > 2) throw new Error(`Transaction ${hash} is on ${key} no more, and was not mined.`)
      if (stopped.signal.aborted) throw new Error(`Chain ${key} stopped before transaction ${hash} was mined.`)
      if (Date.now() > deadline)
        throw new Error(`Transaction ${hash} on ${key} was not mined within ${receiptTimeoutMs / 1000} s.`)
      await sleep(blocks.isStarted() ? 100 : 5)
    }
  }

  return {
    key,
    chainId,
    rpcUrl: anvil.rpcUrl,
    nativeSymbol: 'ETH',
    blockTimeSeconds,
    isLayer2,
    publicClient,
    addressOf,
    walletFor: (alias) => createWalletClient({ ...clientOptions, account: accountOf(alias) }),
    tokens,
    contracts,
    contract(name) {
      const address = contracts[name]
      if (!address)
        throw new Error(`Chain ${key} has no contract ${name}; it has ${Object.keys(contracts).join(', ')}.`)
      return address
    },
    token(symbol) {
      const token = tokens[symbol]
      if (!token) throw new Error(`Chain ${key} has no token ${symbol}; it has ${Object.keys(tokens).join(', ')}.`)
      return token
    },
    submit,
    async send(alias, transaction) {
      return receiptOf(await submit(alias, transaction))
    },
    deploy({ abi, bytecode }, args = []) {
      const data = encodeDeployData({ abi, bytecode, args })
      return inTurn('deployer', async () => {
        const from = addressOf('deployer')
        const nonce = await publicClient.getTransactionCount({ address: from, blockTag: 'pending' })
        const hash = await broadcast('deployer', { data, gas: deploymentGas })
        if (!blocks.isStarted()) unsettled.push(Promise.resolve(hash))
        return getContractAddress({ from, nonce: BigInt(nonce) })
      })
    },
    async settle() {
      await Promise.allSettled(turns.values())
      const hashes = await Promise.all(unsettled.splice(0))
      await Promise.all(hashes.map(receiptOf))
    },
    async setNativeBalance(address, wei) {
      await publicClient.request<{ Method: 'anvil_setBalance'; Parameters: [Address, Hex]; ReturnType: null }>({
        method: 'anvil_setBalance',
        params: [address, numberToHex(wei)],
      })
    },
    blocks,
    async stop() {
      stopped.abort()
      await blocks.stop()
      await anvil.stop()
    },
  }
}
