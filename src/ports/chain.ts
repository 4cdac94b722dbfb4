import type { Address, ChainKey, Hex, Token } from '../domain/assets.js'
import type { FeeQuote } from '../domain/execution/fees.js'
import type { Inclusion, Intent } from '../domain/execution/intent.js'
import type { Call } from '../domain/planning/quote.js'
import type { Rehearsal, Watch } from '../domain/policy/rehearsal.js'
import type { BlockRef } from '../domain/portfolio/snapshot.js'

export type { Rehearsal, Watch }

/** A chain could not be asked or did not answer. Nothing is concluded from it. */
export class ChainError extends Error {
  override readonly name = 'ChainError'
  constructor(
    readonly chain: ChainKey,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options)
  }
}

/** A selector that no function has: whatever code there is is looked at by it. */
const NO_FUNCTION = '0x00000000'

/** A call would fail if it were mined now, or the node cannot play it. */
export class SimulationError extends Error {
  override readonly name = 'SimulationError'
  /** Place of the first call that fails, from 0; undefined when it is none of them that failed. */
  readonly index: number | undefined
  /** Endpoints played the same calls on the same block and do not agree on the result. */
  readonly disagrees: boolean

  constructor(
    message: string,
    { index, disagrees = false, ...options }: { cause?: unknown; index?: number; disagrees?: boolean } = {},
  ) {
    super(message, options)
    this.index = index
    this.disagrees = disagrees
  }
}

/** What is signed for one nonce. Fees in wei per gas. */
export interface UnsignedTransaction {
  readonly chainId: number
  readonly nonce: number
  readonly to: Address
  readonly data: Hex
  readonly value: bigint
  readonly gasLimit: bigint
  readonly maxFeePerGas: bigint
  readonly maxPriorityFeePerGas: bigint
}

/** One endpoint's answer to a broadcast, in its own words. */
export interface BroadcastAnswer {
  readonly endpoint: string
  readonly answer: string
}

/** What the endpoints of a chain agree on. */
export interface ChainView {
  readonly head: BlockRef
  readonly finalized: BlockRef
  /** Endpoints that agree, and those that are in quarantine with the reason. */
  readonly agreeing: readonly string[]
  readonly quarantined: readonly { readonly endpoint: string; readonly reason: string }[]
  /** Why a block that was taken as final is none by what a quorum says now (B-08). */
  readonly contradiction?: string
}

/** Everything execution needs from the chains. Methods reject with ChainError when a chain does not answer. */
export abstract class Chain {
  abstract chainId(chain: ChainKey): number
  /**
   * Next nonces by the latest and by the finalised block: the highest count among agreeing endpoints (C-21). The pending
   * count is never asked for.
   */
  abstract nonces(chain: ChainKey, account: Address): Promise<{ readonly latest: number; readonly finalized: number }>
  /** Head and finalised block by quorum. Rejects with ChainError when there is none. */
  abstract view(chain: ChainKey): Promise<ChainView>
  /** Hash of the canonical block at a height, by quorum. */
  abstract blockHash(chain: ChainKey, number: bigint): Promise<Hex | undefined>
  abstract fees(chain: ChainKey): Promise<FeeQuote>
  /**
   * Gas the call would use now: at least what an honest one of a quorum says, and what its data costs. Rejects with
   * SimulationError when it would fail.
   */
  abstract estimateGas(account: Address, call: Call): Promise<bigint>
  /**
   * What the call, made now, would do to the account's balances: the change of each watched token in base units, gas
   * left out. Rejects with SimulationError when the call would fail or the node cannot simulate.
   */
  async simulate(account: Address, call: Call, watched: readonly Token[]): Promise<readonly bigint[]> {
    const [changes = []] = await this.simulateAll(account, [call], watched)
    return changes
  }
  /**
   * The same of several calls on one chain, made one after another in the latest state: for each call, the change it
   * makes to each watched token. All or nothing: rejects with SimulationError when one of them would fail.
   */
  async simulateAll(
    account: Address,
    calls: readonly Call[],
    watched: readonly Token[],
  ): Promise<readonly (readonly bigint[])[]> {
    if (calls.length === 0) return []
    const { steps } = await this.rehearse(account, calls, { tokens: watched, allowances: [] })
    return steps.map(({ changes }) => changes)
  }
  /**
   * Plays the calls one after another on one agreed block and tells what they would do to the account; rejects with
   * SimulationError when one would fail, when endpoints disagree (its `disagrees`), or when none can simulate.
   */
  abstract rehearse(account: Address, calls: readonly Call[], watch: Watch): Promise<Rehearsal>
  abstract allowance(token: Token, owner: Address, spender: Address): Promise<bigint>
  /** The same at the finalised block. */
  abstract finalizedAllowance(token: Token, owner: Address, spender: Address): Promise<bigint>
  /** Balance of coin at the latest block, in wei. */
  abstract coinBalance(chain: ChainKey, account: Address): Promise<bigint>
  /**
   * keccak256 over everything that decides what a call to this selector of this contract runs: the runtime code, behind a
   * proxy the implementation's, behind a diamond the facet's (C-04). Undefined where there is no code.
   */
  abstract codeFingerprint(chain: ChainKey, contract: Address, selector: Hex): Promise<Hex | undefined>
  /** Whether an account has any code; ours must have none. */
  async hasCode(chain: ChainKey, account: Address): Promise<boolean> {
    return (await this.codeFingerprint(chain, account, NO_FUNCTION)) !== undefined
  }
  /**
   * Contracts that 0x's registry calls genuine for trades of the taker's own: the current one and the one before it (C-04).
   * Empty while the registry has paused them.
   */
  abstract settlers(chain: ChainKey, registry: Address): Promise<readonly Address[]>
  abstract approval(token: Token, spender: Address, units: bigint): Call
  /**
   * Sends signed bytes to every endpoint at once, without retries (C-23). The answers are for the record: no decision
   * depends on them. `onFirst` is called once the first of them has answered, whatever it said; rejects only when it does.
   */
  abstract broadcast(chain: ChainKey, raw: Hex, onFirst?: () => Promise<void>): Promise<readonly BroadcastAnswer[]>
  /**
   * What became of one of the intent's signed transactions: its receipt, when it is mined in a block that is canonical
   * right now, with the movements on the account. Undefined when there is none.
   */
  abstract inclusion(intent: Intent, hash: Hex): Promise<Inclusion | undefined>
  /**
   * Hash of the canonical transaction that consumed a nonce of the account, by quorum; undefined where the nonce is not
   * consumed or the endpoints cannot tell.
   */
  consumer(_chain: ChainKey, _account: Address, _nonce: number): Promise<Hex | undefined> {
    return Promise.resolve(undefined)
  }
  /** Height below which the chain's rule calls blocks final. */
  abstract finalizedBlock(chain: ChainKey): Promise<bigint>
}
