import { type Address, type ChainKey, type Hex, sameAddress } from '../domain/assets.js'
import type { Refusal } from '../domain/errors.js'
import type { Call, VenueKey } from '../domain/planning/quote.js'
import type { CallClaim } from '../domain/policy/firewall.js'
import type { AllowedContracts } from '../domain/policy/limits.js'
import type { Chain } from '../ports/chain.js'
import type { Clock } from '../ports/clock.js'
import type { Store } from '../ports/store.js'
import type { TripBreaker } from './trip-breaker.js'

/** Several offers of one moment are judged by one look at the code. */
const FRESH_MS = 3_000

/** A call whose code is to be looked at, and who wants it. */
export interface CodeQuestion {
  readonly venue: VenueKey
  readonly call: Call
  readonly claim: CallClaim
  readonly allowed: AllowedContracts
}

/**
 * Whether the contracts behind a call are the ones that were reviewed (C-04): the called one, and those it lends the sold
 * token to. A contract without a configured fingerprint is believed as it was first seen, and every change after that stops
 * the venue until a person has looked (B-11).
 */
export class CheckCode {
  private readonly seen = new Map<string, { readonly at: number; readonly fingerprint: Hex | undefined }>()

  constructor(private readonly deps: { chain: Chain; store: Store; tripBreaker: TripBreaker; clock: Clock }) {}

  /** Rejects with ChainError when the chain does not answer. */
  async run(question: CodeQuestion): Promise<Refusal | undefined> {
    const { call, claim, allowed } = question
    const { settlerRegistry } = allowed
    if (claim.delegates.length > 0 && settlerRegistry !== undefined) {
      const genuine = await this.deps.chain.settlers(call.chain, settlerRegistry)
      const stranger = claim.delegates.find(({ to }) => !genuine.some((one) => sameAddress(one, to)))
      if (stranger)
        return {
          code: 'TARGET_NOT_ALLOWED',
          detail: `${claim.name} on ${call.chain} hands the sold token to ${stranger.to}; its registry knows ${genuine.join(' and ') || 'none at the moment'}.`,
        }
    }
    for (const { to, selector } of [{ to: call.to, selector: claim.selector }, ...claim.delegates]) {
      const refusal = await this.checkOne(question, to, selector)
      if (refusal) return refusal
    }
    return undefined
  }

  private async checkOne(
    { venue, call: { chain }, allowed }: CodeQuestion,
    contract: Address,
    selector: Hex,
  ): Promise<Refusal | undefined> {
    const fingerprint = await this.fingerprint(chain, contract, selector)
    if (fingerprint === undefined)
      return { code: 'TARGET_NOT_ALLOWED', detail: `There is no contract at ${contract} on ${chain}.` }
    const reviewed = Object.entries(allowed.codeHashes ?? {}).find(([one]) =>
      sameAddress(one as Address, contract),
    )?.[1]
    const expected = reviewed ?? [await this.deps.store.pinCode(chain, contract, selector, fingerprint)]
    if (expected.includes(fingerprint)) return undefined
    const reason =
      `The code behind ${selector} of ${contract} on ${chain} is ${fingerprint}, ` +
      `${reviewed ? 'reviewed was' : 'first seen was'} ${expected.join(' or ')}. ` +
      `Review it, put the new fingerprint under venues.${venue}.allowed.${chain}.codeHashes, and resume the venue.`
    await this.deps.tripBreaker.run({ code: 'B-11', scope: `venue:${venue}`, level: 'paused_new', reason })
    return { code: 'CODE_HASH_CHANGED', detail: reason }
  }

  private async fingerprint(chain: ChainKey, contract: Address, selector: Hex): Promise<Hex | undefined> {
    const key = `${chain} ${contract.toLowerCase()} ${selector}`
    const known = this.seen.get(key)
    const now = this.deps.clock.now()
    if (known && now - known.at < FRESH_MS) return known.fingerprint
    const fingerprint = await this.deps.chain.codeFingerprint(chain, contract, selector)
    this.seen.set(key, { at: now, fingerprint })
    return fingerprint
  }
}
