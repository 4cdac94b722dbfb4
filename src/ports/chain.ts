import type { Address, ChainKey, Hex, Token } from '../domain/assets.js'
import type { FeeQuote } from '../domain/execution/fees.js'
import type { Inclusion, Intent } from '../domain/execution/intent.js'
import type { Call } from '../domain/planning/quote.js'

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

/** A call would fail if it were mined now, or the node cannot play it. */
export class SimulationError extends Error {
  override readonly name = 'SimulationError'
  /** Place of the first call that fails, from 0; undefined when it is none of them that failed. */
  readonly index: number | undefined

  constructor(message: string, { index, ...options }: { cause?: unknown; index?: number } = {}) {
    super(message, options)
    this.index = index
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

/** Everything execution needs from the chains. Methods reject with ChainError when a chain does not answer. */
export abstract class Chain {
  abstract chainId(chain: ChainKey): number
  /** Next nonce by the latest block. The pending count is never asked for. */
  abstract nonce(chain: ChainKey, account: Address): Promise<number>
  abstract fees(chain: ChainKey): Promise<FeeQuote>
  /** Gas the call would use now. Rejects with SimulationError when it would fail. */
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
  abstract simulateAll(
    account: Address,
    calls: readonly Call[],
    watched: readonly Token[],
  ): Promise<readonly (readonly bigint[])[]>
  abstract allowance(token: Token, owner: Address, spender: Address): Promise<bigint>
  abstract approval(token: Token, spender: Address, units: bigint): Call
  /** Sends signed bytes once, without retries. The answer is for the record: no decision depends on it. */
  abstract broadcast(chain: ChainKey, raw: Hex): Promise<string>
  /**
   * What became of one of the intent's signed transactions: its receipt, when it is mined in a block that is canonical
   * right now, with the movements on the account. Undefined when there is none.
   */
  abstract inclusion(intent: Intent, hash: Hex): Promise<Inclusion | undefined>
  /** Height below which the chain's rule calls blocks final. */
  abstract finalizedBlock(chain: ChainKey): Promise<bigint>
}
