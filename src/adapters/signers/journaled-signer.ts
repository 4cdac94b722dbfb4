import { keccak256 } from 'viem'
import { type Address, type Hex, sameAddress } from '../../domain/assets.js'
import { InvariantError } from '../../domain/errors.js'
import type { Objection } from '../../domain/execution/equivocation.js'
import type { Failpoints } from '../../ports/failpoints.js'
import type { NonceJournal } from '../../ports/journal.js'
import type { Observer } from '../../ports/observer.js'
import { type JournalEntry, Signer, SignerError, type SignRequest } from '../../ports/signer.js'
import type { KeyHolder } from './key-holder.js'
import { assertSigned, payloadDigest } from './wire-transaction.js'

/**
 * The only way to a key. Guarantees: a signature leaves only for an EIP-1559 transaction (S-03) of a configured chain, on
 * an account whose witnesses agreed, allowed by the journal and written there first, read back and found to
 * be what was asked for. A signature that a later leader's fence overtakes may still leave, but that leader finds
 * it in the journal. Does not judge what the transaction does: that is the firewall's, before it.
 */
export class JournaledSigner extends Signer {
  private readonly admitted = new Set<string>()

  constructor(
    private readonly deps: {
      keys: KeyHolder
      journal: NonceJournal
      chainIds: readonly number[]
      failpoints: Failpoints
      observer: Observer
      /** Milliseconds that no change of the wall clock moves. */
      monotonicMs?: () => number
      /** Somebody leads after us: this process must end (B-14). Waited for before the refusal is passed on. */
      onFenced: (error: SignerError) => Promise<void> | void
    },
  ) {
    super()
  }

  override accounts(): readonly Address[] {
    return this.deps.keys.accounts()
  }

  override sign(request: SignRequest): Promise<{ raw: Hex; hash: Hex }> {
    return this.told(() => this.signJournaled(request), 'signed')
  }

  override fence(epoch: number): Promise<void> {
    return this.told(async () => {
      const objection = await this.ask((journal) => journal.fence(epoch))
      if (objection) throw new SignerError(objection.kind, objection.detail)
    })
  }

  override admit(chainId: number, account: Address): void {
    this.admitted.add(placeOf(chainId, account))
  }

  override lastJournaled(chainId: number, account: Address): Promise<JournalEntry | undefined> {
    return this.told(() => this.ask((journal) => journal.last(chainId, account)))
  }

  override isJournaled(chainId: number, account: Address, nonce: number): Promise<boolean> {
    return this.told(() => this.ask((journal) => journal.has(chainId, account, nonce)))
  }

  /** Tells of what failed, whatever was asked, and of what is worth telling when it succeeds. */
  private async told<T>(act: () => Promise<T>, success?: 'signed'): Promise<T> {
    const { observer, monotonicMs = () => performance.now() } = this.deps
    const askedAt = monotonicMs()
    const tell = (outcome: 'signed' | 'refused' | 'fenced' | 'error') =>
      observer.notify({ type: 'signer-answered', outcome, seconds: (monotonicMs() - askedAt) / 1000 })
    try {
      const answer = await act()
      if (success) tell(success)
      return answer
    } catch (error) {
      tell(error instanceof SignerError && error.kind !== 'unavailable' ? error.kind : 'error')
      throw error
    }
  }

  private async signJournaled(request: SignRequest): Promise<{ raw: Hex; hash: Hex }> {
    const { keys, failpoints } = this.deps
    this.assertServed(request)
    const { account, payload, epoch, intentId, transaction } = request
    const { to, value, data, chainId, nonce, maxFeePerGas, maxPriorityFeePerGas } = transaction
    const fees = { maxFeePerGas, maxPriorityFeePerGas }
    const entry = { chainId, account, nonce, payload, digest: digestOf(request), ...fees, epoch, intentId }
    await failpoints.reach('K-06')
    const objection = await this.ask((journal) => journal.record({ ...entry, to, value, data }))
    if (objection) throw await this.objected(objection)
    await failpoints.reach('K-07')
    const raw = await keys.signTransaction(account, transaction)
    await assertSigned(raw, account, transaction)
    return { raw, hash: keccak256(raw) }
  }

  /** What needs no memory to refuse. */
  private assertServed({ account, transaction: { chainId } }: SignRequest): void {
    const { keys, chainIds } = this.deps
    if (!keys.accounts().some((one) => sameAddress(one, account)))
      throw new InvariantError(
        `The signer holds ${keys.accounts().join(', ') || 'no account'}, asked for ${account}. Check the account and the signer.`,
      )
    if (!chainIds.includes(chainId))
      throw new SignerError('refused', `The signer serves chain ids ${chainIds.join(', ')}, asked for ${chainId}.`)
    if (!this.admitted.has(placeOf(chainId, account)))
      throw new SignerError(
        'unavailable',
        `Database, journal and chain id ${chainId} were not yet found to agree on ${account}. Nothing is signed until they are.`,
      )
  }

  private async objected({ kind, detail }: Objection): Promise<SignerError> {
    const error = new SignerError(kind, detail)
    if (kind === 'fenced') await this.deps.onFenced(error)
    return error
  }

  private async ask<T>(question: (journal: NonceJournal) => Promise<T>): Promise<T> {
    try {
      return await question(this.deps.journal)
    } catch (cause) {
      throw new SignerError('unavailable', `The journal of nonces does not answer: ${(cause as Error).message}`, {
        cause,
      })
    }
  }
}

function placeOf(chainId: number, account: Address): string {
  return `${chainId}:${account.toLowerCase()}`
}

function digestOf({ transaction }: SignRequest): Hex {
  try {
    return payloadDigest(transaction)
  } catch (cause) {
    throw new SignerError('refused', `What was to be signed is no transaction: ${(cause as Error).message}`, { cause })
  }
}
