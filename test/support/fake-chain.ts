import { type Address, type ChainKey, type Hex, NATIVE, type Token } from '../../src/domain/assets.js'
import type { FeeQuote } from '../../src/domain/execution/fees.js'
import type { Inclusion, Intent, Movement } from '../../src/domain/execution/intent.js'
import type { Call } from '../../src/domain/planning/quote.js'
import type { BlockRef } from '../../src/domain/portfolio/snapshot.js'
import { Chain, ChainError, SimulationError } from '../../src/ports/chain.js'
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
/** Paid per gas. What is asked moves with every block, so that bytes signed twice are not the same bytes. */
const BASE_FEE = 1_000_000_000n
/** Blocks this far below the head are final. */
export const FINALITY_DEPTH = 2

/** Funds that appear on an account without a transaction of ours, such as what a bridge pays out. */
export interface Payout {
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
  readonly pool: Map<Hex, SignedTransaction>
  readonly payouts: Map<Hex, Payout>
  fork: number
  heldBlocks: number
}

/** How an endpoint treats bytes it is sent: what it does with them and what it answers need not agree. */
export type BroadcastFate = 'accepted' | 'taken-with-an-error' | 'lost-with-an-error' | 'lost-in-silence'

/** Some chains in memory: accounts, allowances, a pool of transactions, blocks, forks. */
export class FakeChain extends Chain {
  private readonly lines = new Map<ChainKey, Line>()
  /** Every byte string that reached an endpoint, in order. */
  readonly heard: { readonly chain: ChainKey; readonly raw: Hex }[] = []
  /** Fates of the next broadcasts; accepted when empty. */
  readonly fates: BroadcastFate[] = []
  /** Tokens that take an approval only from or to zero. */
  readonly resetFirst = new Set<Address>()
  /** Spenders whose pulls do not use up the allowance. */
  readonly keepsAllowance = new Set<Address>()
  /** Which mined calls fail although they passed the simulation. */
  reverts: (action: FakeAction, block: bigint) => boolean = () => false
  /** The router keeps half of what a mined swap should pay, and behaves in simulation. */
  skims = false
  /** What a simulated trade pays after others that were played before it. */
  slips: (out: bigint, earlier: readonly FakeAction[]) => bigint = (out) => out
  /** Chains that do not answer. */
  readonly silent = new Set<ChainKey>()

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

  override async nonce(chain: ChainKey, account: Address): Promise<number> {
    return (await this.head(chain)).after.nonces.get(account) ?? 0
  }

  override async fees(chain: ChainKey): Promise<FeeQuote> {
    const { number } = (await this.head(chain)).ref
    return { baseFee: BASE_FEE + number, priorityFee: 0n }
  }

  override async simulateAll(
    account: Address,
    calls: readonly Call[],
    watched: readonly Token[],
  ): Promise<readonly (readonly bigint[])[]> {
    const [first] = calls
    if (!first) return []
    if (calls.some(({ chain }) => chain !== first.chain)) throw new RangeError('Calls on several chains.')
    const state = copyOf((await this.head(first.chain)).after)
    const units = ({ address }: Token) => state.balances.get(`${address} ${account}`) ?? 0n
    const earlier: FakeAction[] = []
    return calls.map((call, index) => {
      const before = watched.map(units)
      const failure = this.execute(state, account, call, (out) => this.slips(out, earlier))
      if (typeof failure === 'string')
        throw new SimulationError(`The call to ${call.to} would fail: ${failure}`, { index })
      earlier.push(decodeAction(call.data))
      return watched.map((token, place) => units(token) - (before[place] ?? 0n))
    })
  }

  override async estimateGas(account: Address, call: Call): Promise<bigint> {
    const { after } = await this.head(call.chain)
    const failure = this.execute(copyOf(after), account, call)
    if (typeof failure === 'string') throw new SimulationError(`The call to ${call.to} would fail: ${failure}`)
    return GAS_USED
  }

  override async allowance(token: Token, owner: Address, spender: Address): Promise<bigint> {
    return (await this.head(token.chain)).after.allowances.get(`${token.address} ${owner} ${spender}`) ?? 0n
  }

  override approval(token: Token, spender: Address, units: bigint): Call {
    return { chain: token.chain, to: token.address, data: encodeAction({ do: 'approve', spender, units }), value: 0n }
  }

  override async broadcast(chain: ChainKey, raw: Hex): Promise<string> {
    await Promise.resolve()
    this.heard.push({ chain, raw })
    const fate = this.fates.shift() ?? 'accepted'
    const line = this.line(chain)
    const hash = digestOf(raw)
    const isMined = line.blocks.some(({ receipts }) => receipts.some((one) => one.hash === hash))
    if (isMined) return 'nonce too low'
    if (line.pool.has(hash)) return 'already known'
    if (fate === 'accepted' || fate === 'taken-with-an-error') line.pool.set(hash, decodeTransaction(raw))
    return fate === 'accepted' || fate === 'lost-in-silence' ? 'accepted' : 'internal error'
  }

  override async inclusion(intent: Intent, hash: Hex): Promise<Inclusion | undefined> {
    await this.head(intent.chain)
    for (const { ref, receipts } of this.line(intent.chain).blocks)
      for (const { hash: mined, isSuccess, gasPaid, movements } of receipts)
        if (mined === hash) return { hash, block: ref, isSuccess, gasPaid, movements }
    return undefined
  }

  override async finalizedBlock(chain: ChainKey): Promise<bigint> {
    const { number } = (await this.head(chain)).ref
    return number > BigInt(FINALITY_DEPTH) ? number - BigInt(FINALITY_DEPTH) : 0n
  }

  // What happens to the chains

  give(token: Token, owner: Address, units: bigint): void {
    add(this.line(token.chain).blocks.at(-1)!.after.balances, `${token.address} ${owner}`, units)
  }

  allow(token: Token, owner: Address, spender: Address, units: bigint): void {
    this.line(token.chain).blocks.at(-1)!.after.allowances.set(`${token.address} ${owner} ${spender}`, units)
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
      if (transaction.nonce > nonce) continue
      line.pool.delete(hash)
      if (transaction.nonce < nonce) continue
      after.nonces.set(transaction.from, nonce + 1)
      const gasPaid = GAS_USED * BASE_FEE
      add(after.balances, `${NATIVE} ${transaction.from}`, -gasPaid)
      const action = decodeAction(transaction.data)
      const tried = copyOf(after)
      const outcome = this.reverts(action, number)
        ? 'reverted'
        : this.execute(tried, transaction.from, transaction, (out) => (this.skims ? out / 2n : out))
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
        if (transaction && fate === 'remembered') line.pool.set(hash, transaction)
      }
  }

  /** Transactions wait for this many blocks. */
  hold(chain: ChainKey, blocks: number): void {
    this.line(chain).heldBlocks = blocks
  }

  // What an observer of the chains alone can tell

  headOf(chain: ChainKey): BlockRef {
    return this.line(chain).blocks.at(-1)!.ref
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
    { to, data, value }: Pick<Call, 'to' | 'data' | 'value'>,
    paying: (out: bigint) => bigint = (out) => out,
  ): readonly Movement[] | string {
    const action = decodeAction(data)
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
      if (!this.keepsAllowance.has(spender)) allowances.set(key, allowed - units)
    }
    add(balances, `${sell} ${from}`, -units)
    if (action.do === 'send') return [{ token: sell, units: -units }]
    const paid = paying(out)
    add(balances, `${buy} ${from}`, paid)
    return [
      { token: sell, units: -units },
      { token: buy, units: paid },
    ]
  }

  private async head(chain: ChainKey): Promise<Block> {
    await Promise.resolve()
    if (this.silent.has(chain)) throw new ChainError(chain, `${chain} does not answer.`)
    return this.line(chain).blocks.at(-1)!
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

function add(balances: Map<string, bigint>, key: string, units: bigint): void {
  balances.set(key, (balances.get(key) ?? 0n) + units)
}

function copyOf({ balances, allowances, nonces }: State): State {
  return { balances: new Map(balances), allowances: new Map(allowances), nonces: new Map(nonces) }
}
