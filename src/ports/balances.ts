import type { Address, ChainKey, Token } from '../domain/assets.js'
import type { ChainReading } from '../domain/portfolio/snapshot.js'

/** A block to read at: the head, the finalised one by quorum, or one of this height that is canonical right now. */
export type ReadAt = 'latest' | 'finalized' | bigint

/** Reads what an account holds. */
export abstract class Balances {
  /**
   * Every given token of one chain at one and the same block, the latest unless told otherwise. A chain that does not answer completely, or answers for
   * another chain id, is an `unknown` reading with the reason, never an exception and never zeros.
   */
  abstract read(chain: ChainKey, account: Address, tokens: readonly Token[], at?: ReadAt): Promise<ChainReading>
}
