import { type Address, type ChainKey, sameAddress } from '../domain/assets.js'
import type { Trip } from '../domain/policy/breakers.js'
import { type Chain, ChainError } from '../ports/chain.js'
import type { Observer } from '../ports/observer.js'
import type { Signer } from '../ports/signer.js'
import type { Store } from '../ports/store.js'
import type { TripBreaker } from './trip-breaker.js'

/** One account on one chain: what has a nonce. */
export interface NoncePlace {
  readonly chain: ChainKey
  readonly account: Address
}

/**
 * Compares what database, signer's journal and chain know of each account's nonces, before anything is signed. A
 * place on which they agree is opened to signatures. When the database knows less than the others, it is not the one that
 * we signed by (restored, or failed over with loss), or somebody else uses the key: everything halts, and the place stays
 * shut, until a person who examined it has cleared that and the chain shows all of it as final. A chain that does not
 * answer leaves its place shut until it was asked again.
 */
export class CompareWitnesses {
  constructor(
    private readonly deps: {
      chain: Chain
      signer: Signer
      store: Store
      tripBreaker: TripBreaker
      observer: Observer
      /** Every account that may sign, on every chain. */
      places: readonly NoncePlace[]
    },
  ) {}

  /** Halts because the signer has served a later epoch than the database ever gave out. */
  async haltForEpoch(epoch: number, reason: string): Promise<void> {
    await this.halt(
      'B-15',
      `The lease of epoch ${epoch} is the latest by the database, but the signer has served a later one. ${reason} The database was restored or lost writes. Bring back the newer one, or set the lease's epoch above the signer's after an examination.`,
    )
  }

  /** Compares these places, all of them at first. Resolves to those that are not open yet. */
  async run(places: readonly NoncePlace[] = this.deps.places): Promise<readonly NoncePlace[]> {
    const recorded = await this.deps.store.nonces()
    const open = await Promise.all(
      places.map((place) => {
        const row = recorded.find((one) => one.chain === place.chain && sameAddress(one.account, place.account))
        return this.compare(place, row?.next)
      }),
    )
    return places.filter((_, index) => !open[index])
  }

  /** `next` is the nonce that the database gives out next; undefined when it does not know the account. */
  private async compare({ chain: key, account }: NoncePlace, next: number | undefined): Promise<boolean> {
    const { chain, signer, observer } = this.deps
    const chainId = chain.chainId(key)
    const place = `${account} on ${key}`
    const known = next === undefined ? `no nonce of ${place}` : `nonces of ${place} up to ${next - 1}`
    const journaled = await signer.lastJournaled(chainId, account)
    const lost =
      journaled && journaled.nonce >= (next ?? 0)
        ? `The database knows ${known}, but the signer has signed for nonce ${journaled.nonce} (${journaled.intentId}). The database was restored or lost writes; bring back the newer one, or examine that transaction before you go on: once it is final and B-15 is cleared, the account goes on behind it.`
        : undefined
    try {
      const { latest, finalized } = await chain.nonces(key, account)
      if (journaled && lost !== undefined) {
        if (finalized <= journaled.nonce) {
          await this.halt('B-15', lost)
          return false
        }
        const options = { code: 'B-15', isRecorded: next !== undefined } as const
        if (!(await this.deps.tripBreaker.foreignNonce({ chain: key, account }, latest, lost, options))) return false
      } else if (next !== undefined && latest > next) {
        const isAdopted = await this.deps.tripBreaker.foreignNonce(
          { chain: key, account },
          latest,
          `The database knows ${known}, and the signer signed nothing beyond, but the chain expects nonce ${latest}. Somebody else uses the key, or database and journal were restored together. Examine the transactions before you go on.`,
        )
        if (!isAdopted) return false
      }
    } catch (error) {
      if (!(error instanceof ChainError)) throw error
      if (lost !== undefined) await this.halt('B-15', lost)
      observer.notify({ type: 'failed', what: `comparing the witnesses of ${place}`, isRetried: true, error })
      return false
    }
    signer.admit(chainId, account)
    return true
  }

  private halt(code: Trip['code'], reason: string): Promise<void> {
    return this.deps.tripBreaker.run({ code, scope: 'all', level: 'halted', reason })
  }
}
