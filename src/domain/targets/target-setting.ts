import type { AssetKey } from '../assets.js'
import type { TargetPolicy } from './set-targets.js'

/** Where weights come from that the fund itself decides about. */
export interface TargetSourceTerms {
  readonly kind: 'file' | 'http'
  /** Path of the file, or address that is asked with GET. */
  readonly location: string
  /** Weights of which the fund says they are older are not used. */
  readonly maxAgeMs: number
  /** Ed25519 public key, PEM; the weights must be signed with it where it is given. */
  readonly publicKey: string | undefined
}

/** The name of the setter that takes the weights which a source gives. */
export const SOURCE_SETTER = 'source'

/** How the targets of a portfolio are set. */
export interface TargetSetting extends TargetPolicy {
  /** Of the setter `source`. */
  readonly source: TargetSourceTerms | undefined
  /** Who answers for the tokens of an asset, for limits by issuer. */
  readonly issuers: Readonly<Record<AssetKey, string>>
}
