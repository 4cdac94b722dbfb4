import { type Address, type ChainKey, type Hex, NATIVE, type Token } from '../../src/domain/assets.js'
import type { FeeQuote } from '../../src/domain/execution/fees.js'
import type { Inclusion, Intent, Movement } from '../../src/domain/execution/intent.js'
import type { Call } from '../../src/domain/planning/quote.js'
import type { BlockRef } from '../../src/domain/portfolio/snapshot.js'
import { amountOf, type TokenAmount } from '../../src/domain/units/amount.js'
import type { ReadAt } from '../../src/ports/balances.js'
import {
  type BroadcastAnswer,
  Chain,
  ChainError,
  type ChainView,
  type Rehearsal,
  SimulationError,
  type Watch,
} from '../../src/ports/chain.js'
import { OWNER } from './builders.js'
import {
  decodeAction,
  decodeTransaction,
  digestOf,
  encodeAction,
  type FakeAction,
  payloadOf,
  type SignedTransaction,
} from './fake-contracts.js'

const GAS_USED = 100_000n
const TRANSFER_GAS = 21_000n
/** Paid per gas. What is asked moves with every block, so that bytes signed twice are not the same bytes. */
const BASE_FEE = 1_000_000_000n
/** A pool takes a replacement that pays so much more, in percent (geth). */
const POOL_BUMP = 110n
/** Blocks this far below the head are final. */
export const FINALITY_DEPTH = 2

/** Funds that appear on an account without a transaction of ours, such as what a bridge pays out. */
export interface Payout {
  /** The money was given back instead of delivered. */
  readonly isRefund?: boolean
  readonly for: Hex
  readonly hash: Hex
  readonly token: Token
  readonly owner: Address
  readonly units: bigint
}

interface Receipt {
  readonly hash: Hex
  readonly transaction: SignedTransaction | undefined
  readonly payout: Payout | undefined
  readonly action: FakeAction | undefined
  readonly isSuccess: boolean
  readonly gasPaid: bigint
  readonly movements: readonly Movement[]
}

interface State {
  readonly balances: Map<string, bigint>
  readonly allowances: Map<string, bigint>
  readonly nonces: Map<string, number>
}

interface Block {
  readonly ref: BlockRef
  readonly after: State
  readonly receipts: readonly Receipt[]
}

interface Line {
  readonly chainId: number
  readonly blocks: Block[]
  /** At most one transaction per account and nonce: the one that pays best. */
  readonly pool: Map<Hex, SignedTransaction>
  baseFee: bigint
  readonly payouts: Map<Hex, Payout>
  fork: number
  heldBlocks: number
}

/** How endpoints treat bytes they are sent: what they do with them and what they answer need not agree. */
export type BroadcastFate =
  'accepted' | 'accepted-by-one' | 'taken-with-an-error' | 'lost-with-an-error' | 'lost-in-silence'

/** Endpoints of every fake chain. They share one view and one pool. */
export const ENDPOINTS = ['one', 'two', 'three'] as const

/** Some chains in memory: accounts, allowances, a pool of transactions, blocks, forks. */
export class FakeChain extends Chain {
  private readonly lines = new Map<ChainKey, Line>()
  /** Every byte string that reached an endpoint, in order. */
  readonly heard: { readonly chain: ChainKey; readonly raw: Hex }[] = []
  /** Fates of the next broadcasts; accepted when empty. */
  readonly fates: BroadcastFate[] = []
  /** Tokens that take an approval only from or to zero. */
  readonly resetFirst = new Set<Address>()
  /** Spenders whose pulls do not use up the allowance once they are mined; played, they behave. */
  readonly keepsAllowance = new Set<Address>()
  /** Which mined calls fail although they passed the simulation. */
  reverts: (action: FakeAction, block: bigint) => boolean = () => false
  /** The router keeps half of what a mined swap should pay, and behaves in simulation. */
  skims = false
  /** What a simulated trade pays after others that were played before it. */
  slips: (out: bigint, earlier: readonly FakeAction[]) => bigint = (out) => out
  /** Chains that do not answer. */
  readonly silent = new Set<ChainKey>()
  /** Chains whose receipts are not found by a quorum, and those that cannot tell who consumed a nonce. */
  readonly receiptless = new Set<ChainKey>()
  readonly forgetful = new Set<ChainKey>()
  /** Contracts that a registry on the chain calls genuine. */
  readonly genuine = new Map<ChainKey, readonly Address[]>()
  /** Transactions that no block takes, whatever they pay. */
  stalls: (transaction: SignedTransaction) => boolean = () => false
  /** What code answers for: changes of it are seen at once. */
  readonly codes = new Map<Address, Hex>()

  constructor(
    chains: Readonly<Record<ChainKey, number>>,
    private readonly now: () => number,
  ) {
    super()
    for (const [key, chainId] of Object.entries(chains)) {
      const empty: State = { balances: new Map(), allowances: new Map(), nonces: new Map() }
      this.lines.set(key, {
        chainId,
        blocks: [{ ref: this.refOf(key, 0n, 0), after: empty, receipts: [] }],
        pool: new Map(),
        baseFee: BASE_FEE,
        payouts: new Map(),
        fork: 0,
        heldBlocks: 0,
      })
    }
  }

  // What the daemon may ask

  override chainId(chain: ChainKey): number {
    return this.line(chain).chainId
  }

  override async nonces(chain: ChainKey, account: Address) {
    const { after } = await this.head(chain)
    const final = this.finalBlock(chain).after
    return { latest: after.nonces.get(account) ?? 0, finalized: final.nonces.get(account) ?? 0 }
  }

  override async view(chain: ChainKey): Promise<ChainView> {
    const { ref } = await this.head(chain)
    return { head: ref, finalized: this.finalBlock(chain).ref, agreeing: [...ENDPOINTS], quarantined: [] }
  }

  override async blockHash(chain: ChainKey, number: bigint): Promise<Hex | undefined> {
    await this.head(chain)
    return this.line(chain).blocks.find(({ ref }) => ref.number === number)?.ref.hash
  }

  override async fees(chain: ChainKey): Promise<FeeQuote> {
    const { number } = (await this.head(chain)).ref
    return { baseFee: this.line(chain).baseFee + number, priorityFee: 0n }
  }

  override async rehearse(account: Address, calls: readonly Call[], watch: Watch): Promise<Rehearsal> {
    const chain = calls[0]?.chain
    if (chain === undefined || calls.some((call) => call.chain !== chain))
      throw new RangeError('A rehearsal is of calls on one chain.')
    const { ref, after } = await this.head(chain)
    const state = copyOf(after)
    const units = ({ address }: Token) => state.balances.get(`${address} ${account}`) ?? 0n
    const allowances = () =>
      watch.allowances.map(({ token, spender }) => state.allowances.get(`${token.address} ${account} ${spender}`) ?? 0n)
    const allowancesBefore = allowances()
    const approvals: { token: Address; spender: Address; units: bigint }[] = []
    const earlier: FakeAction[] = []
    const steps = calls.map((call, index) => {
      const before = watch.tokens.map(units)
      const failure = this.execute(state, account, call, { paying: (out) => this.slips(out, earlier) })
      if (typeof failure === 'string')
        throw new SimulationError(`The call to ${call.to} would fail: ${failure}`, { index })
      const action = actionOf(call)
      if (action?.do === 'approve') approvals.push({ token: call.to, spender: action.spender, units: action.units })
      if (action) earlier.push(action)
      return {
        changes: watch.tokens.map((token, place) => units(token) - (before[place] ?? 0n)),
        gasUsed: gasOf(action),
      }
    })
    return { block: ref, steps, allowancesBefore, allowances: allowances(), approvals, endpoints: [...ENDPOINTS] }
  }

  override async estimateGas(account: Address, call: Call): Promise<bigint> {
    const { after } = await this.head(call.chain)
    const failure = this.execute(copyOf(after), account, call)
    if (typeof failure === 'string') throw new SimulationError(`The call to ${call.to} would fail: ${failure}`)
    return gasOf(actionOf(call))
  }

  override async allowance(token: Token, owner: Address, spender: Address): Promise<bigint> {
    return (await this.head(token.chain)).after.allowances.get(`${token.address} ${owner} ${spender}`) ?? 0n
  }

  override async finalizedAllowance(token: Token, owner: Address, spender: Address): Promise<bigint> {
    await this.head(token.chain)
    return this.finalBlock(token.chain).after.allowances.get(`${token.address} ${owner} ${spender}`) ?? 0n
  }

  override async coinBalance(chain: ChainKey, account: Address): Promise<bigint> {
    return (await this.head(chain)).after.balances.get(`${NATIVE} ${account}`) ?? 0n
  }

  override async codeFingerprint(chain: ChainKey, contract: Address, selector: Hex): Promise<Hex | undefined> {
    await this.head(chain)
    const code = contract === OWNER ? undefined : digestOf(`code of ${contract} for ${selector}`)
    return this.codes.get(contract) ?? code
  }

  override async settlers(chain: ChainKey): Promise<readonly Address[]> {
    await this.head(chain)
    return this.genuine.get(chain) ?? []
  }

  override async consumer(chain: ChainKey, account: Address, nonce: number): Promise<Hex | undefined> {
    await this.head(chain)
    if (this.forgetful.has(chain)) return undefined
    const receipts = this.line(chain).blocks.flatMap((block) => block.receipts)
    return receipts.find(({ transaction }) => transaction?.from === account && transaction.nonce === nonce)?.hash
  }

  override approval(token: Token, spender: Address, units: bigint): Call {
    return { chain: token.chain, to: token.address, data: encodeAction({ do: 'approve', spender, units }), value: 0n }
  }

  override async broadcast(
    chain: ChainKey,
    raw: Hex,
    onFirst?: () => Promise<void>,
  ): Promise<readonly BroadcastAnswer[]> {
    await Promise.resolve()
    this.heard.push({ chain, raw })
    const fate = this.fates.shift() ?? 'accepted'
    const isLost = fate === 'lost-with-an-error' || fate === 'lost-in-silence'
    const refusal = isLost ? undefined : this.admit(chain, raw)
    await onFirst?.()
    return ENDPOINTS.map((endpoint, index) => {
      const isError = fate.endsWith('error') || (fate === 'accepted-by-one' && index > 0)
      return { endpoint, answer: isError ? 'internal error' : (refusal ?? 'accepted') }
    })
  }

  /** Puts bytes into the pool by the rules of real ones; the reason why not, in the words of a node. */
  private admit(chain: ChainKey, raw: Hex): string | undefined {
    const line = this.line(chain)
    const hash = digestOf(raw)
    const transaction = decodeTransaction(raw)
    const { from, nonce, value, gasLimit, maxFeePerGas, maxPriorityFeePerGas } = transaction
    const { after } = line.blocks.at(-1)!
    if (nonce < (after.nonces.get(from) ?? 0)) return 'nonce too low'
    if (line.pool.has(hash)) return 'already known'
    if ((after.balances.get(`${NATIVE} ${from}`) ?? 0n) < value + gasLimit * maxFeePerGas)
      return 'insufficient funds for gas * price + value'
    const rival = [...line.pool].find(([, one]) => one.from === from && one.nonce === nonce)
    if (rival) {
      const [, earlier] = rival
      const outbids = (fee: bigint, other: bigint) => fee > other && fee * 100n >= other * POOL_BUMP
      if (!outbids(maxFeePerGas, earlier.maxFeePerGas) || !outbids(maxPriorityFeePerGas, earlier.maxPriorityFeePerGas))
        return 'replacement transaction underpriced'
      line.pool.delete(rival[0])
    }
    line.pool.set(hash, transaction)
    return undefined
  }

  override async inclusion(intent: Intent, hash: Hex): Promise<Inclusion | undefined> {
    await this.head(intent.chain)
    if (this.receiptless.has(intent.chain)) return undefined
    for (const { ref, receipts } of this.line(intent.chain).blocks)
      for (const { hash: mined, isSuccess, gasPaid, movements } of receipts)
        if (mined === hash) return { hash, block: ref, isSuccess, gasPaid, movements }
    return undefined
  }

  override async finalizedBlock(chain: ChainKey): Promise<bigint> {
    await this.head(chain)
    return this.finalBlock(chain).ref.number
  }

  // What happens to the chains

  give(token: Token, owner: Address, units: bigint): void {
    add(this.line(token.chain).blocks.at(-1)!.after.balances, `${token.address} ${owner}`, units)
  }

  allow(token: Token, owner: Address, spender: Address, units: bigint): void {
    this.line(token.chain).blocks.at(-1)!.after.allowances.set(`${token.address} ${owner} ${spender}`, units)
  }

  /** What a block charges per gas from now on. Transactions that offer less wait. */
  setBaseFee(chain: ChainKey, baseFee: bigint): void {
    this.line(chain).baseFee = baseFee
  }

  /** Somebody else uses the account's key: the next block takes a transaction of theirs at its next nonce. */
  spendElsewhere(chain: ChainKey, account: Address): void {
    const line = this.line(chain)
    const nonce = line.blocks.at(-1)!.after.nonces.get(account) ?? 0
    const fee = line.baseFee * 1_000n
    const stolen: SignedTransaction = {
      from: account,
      chainId: line.chainId,
      nonce,
      to: account,
      data: encodeAction({ do: 'approve', spender: account, units: 0n }),
      value: 0n,
      gasLimit: GAS_USED,
      maxFeePerGas: fee,
      maxPriorityFeePerGas: fee,
    }
    for (const [hash, one] of line.pool) if (one.from === account && one.nonce === nonce) line.pool.delete(hash)
    line.pool.set(digestOf(`stolen ${chain} ${nonce}`), stolen)
  }

  pay(payout: Payout): void {
    this.line(payout.token.chain).payouts.set(payout.hash, payout)
  }

  /** A block on every chain. */
  mineAll(): void {
    for (const chain of this.lines.keys()) this.mine(chain)
  }

  mine(chain: ChainKey): void {
    const line = this.line(chain)
    const parent = line.blocks.at(-1)!
    const after = copyOf(parent.after)
    const number = parent.ref.number + 1n
    const receipts: Receipt[] = []
    for (const payout of line.payouts.values()) {
      add(after.balances, `${payout.token.address} ${payout.owner}`, payout.units)
      receipts.push({ ...NOTHING, hash: payout.hash, payout })
    }
    line.payouts.clear()
    const isHeld = line.heldBlocks > 0
    if (isHeld) line.heldBlocks -= 1
    for (const [hash, transaction] of isHeld ? [] : [...line.pool].toSorted(([, a], [, b]) => a.nonce - b.nonce)) {
      const nonce = after.nonces.get(transaction.from) ?? 0
      if (transaction.nonce < nonce) line.pool.delete(hash)
      if (transaction.nonce !== nonce || transaction.maxFeePerGas < line.baseFee || this.stalls(transaction)) continue
      line.pool.delete(hash)
      after.nonces.set(transaction.from, nonce + 1)
      const action = actionOf(transaction)
      const gasPaid = gasOf(action) * line.baseFee
      add(after.balances, `${NATIVE} ${transaction.from}`, -gasPaid)
      const tried = copyOf(after)
      const outcome =
        action && this.reverts(action, number)
          ? 'reverted'
          : this.execute(tried, transaction.from, transaction, {
              paying: (out) => (this.skims ? out / 2n : out),
              isMined: true,
            })
      const isSuccess = typeof outcome !== 'string'
      if (isSuccess) Object.assign(after, tried)
      receipts.push({
        ...NOTHING,
        hash,
        transaction,
        action,
        isSuccess,
        gasPaid,
        movements: isSuccess ? outcome : [],
      })
    }
    line.blocks.push({ ref: this.refOf(chain, number, line.fork), after, receipts })
  }

  /** Undoes the latest blocks; their transactions wait again, or are forgotten. Never reaches below the final ones. */
  reorg(chain: ChainKey, depth: number, fate: 'remembered' | 'forgotten' = 'remembered'): void {
    if (depth > FINALITY_DEPTH) throw new Error(`A reorg of ${depth} blocks would undo a final one.`)
    const line = this.line(chain)
    line.fork += 1
    for (const { receipts } of line.blocks.splice(Math.max(1, line.blocks.length - depth)))
      for (const { hash, transaction, payout } of receipts) {
        if (payout) line.payouts.set(hash, payout)
        if (!transaction || fate === 'forgotten') continue
        for (const [other, { from, nonce }] of line.pool)
          if (from === transaction.from && nonce === transaction.nonce) line.pool.delete(other)
        line.pool.set(hash, transaction)
      }
  }

  /** A block with these bytes alone: somebody who has kept them mines them, whatever else waits. */
  mineOnly(chain: ChainKey, raw: Hex): void {
    const { pool } = this.line(chain)
    pool.clear()
    pool.set(digestOf(raw), decodeTransaction(raw))
    const { stalls } = this
    this.stalls = () => false
    this.mine(chain)
    this.stalls = stalls
  }

  /** Transactions wait for this many blocks. */
  hold(chain: ChainKey, blocks: number): void {
    this.line(chain).heldBlocks = blocks
  }

  // What an observer of the chains alone can tell

  headOf(chain: ChainKey): BlockRef {
    return this.line(chain).blocks.at(-1)!.ref
  }

  /** Undefined for a height that no canonical block has. */
  holdingsAt(
    chain: ChainKey,
    owner: Address,
    tokens: readonly Token[],
    at: ReadAt,
  ): { readonly block: BlockRef; readonly holdings: readonly TokenAmount[] } | undefined {
    const { blocks } = this.line(chain)
    const block =
      typeof at === 'bigint'
        ? blocks.find(({ ref }) => ref.number === at)
        : at === 'latest'
          ? blocks.at(-1)
          : this.finalBlock(chain)
    if (!block) return undefined
    const units = ({ address }: Token) => block.after.balances.get(`${address} ${owner}`) ?? 0n
    return { block: block.ref, holdings: tokens.map((token) => amountOf(token, units(token))) }
  }

  balance(token: Token, owner: Address): bigint {
    return this.line(token.chain).blocks.at(-1)!.after.balances.get(`${token.address} ${owner}`) ?? 0n
  }

  /** Canonical receipts, oldest first, with the chain they are on. */
  receipts(): (Receipt & { readonly chain: ChainKey; readonly block: BlockRef })[] {
    return [...this.lines].flatMap(([chain, { blocks }]) =>
      blocks.flatMap(({ ref, receipts }) => receipts.map((receipt) => ({ ...receipt, chain, block: ref }))),
    )
  }

  /** Allowances that are not zero, as `chain token owner spender`. */
  standingAllowances(): string[] {
    return [...this.lines].flatMap(([chain, { blocks }]) =>
      [...blocks.at(-1)!.after.allowances].flatMap(([key, units]) => (units > 0n ? [`${chain} ${key}`] : [])),
    )
  }

  /** By chain, account and nonce, the different payloads that ever reached an endpoint. */
  payloads(): Map<string, Set<string>> {
    const classes = new Map<string, Set<string>>()
    for (const { chain, raw } of this.heard) {
      const { from, nonce } = decodeTransaction(raw)
      const key = `${chain} ${from} ${nonce}`
      classes.set(key, (classes.get(key) ?? new Set()).add(payloadOf(raw)))
    }
    return classes
  }

  /** What moved on the account, or why the call fails. Changes the state it is given. */
  private execute(
    { balances, allowances }: State,
    from: Address,
    call: Pick<Call, 'to' | 'data' | 'value'>,
    {
      paying = (out) => out,
      isMined = false,
    }: { readonly paying?: (out: bigint) => bigint; readonly isMined?: boolean } = {},
  ): readonly Movement[] | string {
    const { to, value } = call
    const action = actionOf(call)
    if (!action) return []
    if (action.do === 'approve') {
      const key = `${to} ${from} ${action.spender}`
      if (this.resetFirst.has(to) && action.units > 0n && (allowances.get(key) ?? 0n) > 0n)
        return 'reset it to zero first'
      allowances.set(key, action.units)
      return []
    }
    const { sell, units, buy, out, spender } = action
    if ((balances.get(`${sell} ${from}`) ?? 0n) < units) return 'balance too small'
    if (spender === undefined) {
      if (value < units) return 'value too small'
    } else {
      const key = `${sell} ${from} ${spender}`
      const allowed = allowances.get(key) ?? 0n
      if (allowed < units) return 'allowance too small'
      if (!isMined || !this.keepsAllowance.has(spender)) allowances.set(key, allowed - units)
    }
    // Coin that is sent along is gone, more than is sold as well: a fee on top of the sale.
    const moved: Movement[] = [{ token: sell, units: spender === undefined ? -value : -units }]
    if (spender !== undefined && value > 0n) moved.push({ token: NATIVE, units: -value })
    if (action.do !== 'send') moved.push({ token: buy, units: paying(out) })
    for (const { token, units } of moved) add(balances, `${token} ${from}`, units)
    return moved
  }

  private async head(chain: ChainKey): Promise<Block> {
    await Promise.resolve()
    if (this.silent.has(chain)) throw new ChainError(chain, `${chain} does not answer.`)
    return this.line(chain).blocks.at(-1)!
  }

  private finalBlock(chain: ChainKey): Block {
    const { blocks } = this.line(chain)
    return blocks.at(-1 - FINALITY_DEPTH) ?? blocks[0]!
  }

  private line(chain: ChainKey): Line {
    const line = this.lines.get(chain)
    if (!line) throw new Error(`There is no fake chain ${chain}.`)
    return line
  }

  private refOf(chain: ChainKey, number: bigint, fork: number): BlockRef {
    return { number, hash: digestOf(`${chain} ${number} ${fork}`), timestamp: Math.floor(this.now() / 1000) }
  }
}

const NOTHING = {
  transaction: undefined,
  payout: undefined,
  action: undefined,
  isSuccess: true,
  gasPaid: 0n,
  movements: [],
}

/** What a call does; without calldata nothing but consume its nonce. */
function actionOf({ data }: Pick<Call, 'data'>): FakeAction | undefined {
  return data === '0x' ? undefined : decodeAction(data)
}

function gasOf(action: FakeAction | undefined): bigint {
  return action ? GAS_USED : TRANSFER_GAS
}

function add(balances: Map<string, bigint>, key: string, units: bigint): void {
  balances.set(key, (balances.get(key) ?? 0n) + units)
}

function copyOf({ balances, allowances, nonces }: State): State {
  return { balances: new Map(balances), allowances: new Map(allowances), nonces: new Map(nonces) }
}
