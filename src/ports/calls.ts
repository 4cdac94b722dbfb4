import type { Address, ChainKey, Hex } from '../domain/assets.js'
import type { Call } from '../domain/planning/quote.js'

/** One value in the arguments of a call, for people. */
export interface CallArgument {
  /** With the names of what it stands in: `bridgeData.receiver`, `swapData[0].callTo`. */
  readonly name: string
  readonly type: string
  /** Whole numbers in decimals, addresses in full, texts without anything that a screen would act on. */
  readonly value: string
  /** The value is longer than what is shown of it. */
  readonly isCut: boolean
}

/** A call that stands as bytes within another one. */
export interface InnerCall {
  /** The argument that holds it. */
  readonly at: string
  readonly function: string
  readonly arguments: readonly CallArgument[]
}

export interface CallUnits {
  readonly chain: ChainKey
  readonly token: Address
  /** Undefined where the calldata guarantees none. */
  readonly units: bigint | undefined
}

/** What a call does to us, by its bytes alone. */
export interface CallMeaning {
  /** Who may take the token, of an approval. */
  readonly spender: Address | undefined
  /** Everything that it takes, or allows to be taken. */
  readonly takes: CallUnits | undefined
  /** Undefined for a bridge whose calldata does not name what comes out. */
  readonly brings: CallUnits | undefined
  readonly receivers: readonly { readonly role: string; readonly address: Address }[]
  readonly bridge:
    | {
        readonly name: string
        /** Undefined for a chain that is not configured. */
        readonly destination: ChainKey | undefined
        readonly destinationChainId: number
      }
    | undefined
  /** Other contracts that it is told to call. */
  readonly calls: readonly Address[]
}

export type DecodedCall =
  | { readonly status: 'undecoded'; readonly selector: Hex | undefined; readonly reason: string }
  | {
      readonly status: 'decoded'
      readonly selector: Hex
      /** What kind of contract has the function. */
      readonly contract: string
      readonly function: string
      readonly arguments: readonly CallArgument[]
      readonly inner: readonly InnerCall[]
      /** Undefined where the calldata contradicts itself; `objection` says how. */
      readonly meaning: CallMeaning | undefined
      readonly objection: string | undefined
    }

/** Reads calldata by code of our own, so that people see what is signed and not what a venue says of it. */
export abstract class Calls {
  /** Never rejects or throws: what cannot be read is `undecoded`. */
  abstract read(call: Call): DecodedCall
}
