import type { Clock } from '../ports/clock.js'
import { BuildFenceError, type Lease, StaleLeaseError } from '../ports/lease.js'
import type { Observer } from '../ports/observer.js'
import { type Signer, SignerError } from '../ports/signer.js'
import type { CompareWitnesses, NoncePlace } from './compare-witnesses.js'

/** A standby looks this often whether the lease is free. */
const STANDBY_MS = 1_000
/** Pause before the signer or a silent chain is asked again. */
const RETRY_MS = 5_000

/**
 * Keeps trying for the lease and keeps it while it can. Once it is taken, and before anybody acts under it: the signer is
 * told, so that an earlier leader gets no signature any more even if it is merely asleep (4.11), and the witnesses are
 * compared. Then `onTaken` runs. Losing the lease ends the process, because work begun under an old epoch must not
 * go on (B-14); so does a newer build at work. A lease that this process had let go of by itself, and could still
 * renew, is taken up again: `onTaken` runs once more.
 */
export class HoldLease {
  private isOurs = false
  private isReady = false

  constructor(
    private readonly deps: {
      lease: Lease
      signer: Signer
      compareWitnesses: CompareWitnesses
      clock: Clock
      observer: Observer
      renewMs: number
      stop: (error: unknown) => void
    },
  ) {}

  /** Whether the lease is held, but nobody may act under it yet (4.14). */
  isPreparing(): boolean {
    return this.isOurs && !this.isReady
  }

  async run(signal: AbortSignal, onTaken: () => void): Promise<void> {
    const { lease, clock, observer, renewMs, stop } = this.deps
    let beginning = Promise.resolve()
    while (!signal.aborted) {
      try {
        if (this.isOurs) {
          const wasHeld = lease.isHeld()
          await lease.renew()
          if (!wasHeld && this.isReady && !signal.aborted) onTaken()
        } else if (await lease.acquire()) {
          this.isOurs = true
          observer.notify({ type: 'lease-taken', epoch: lease.epoch() })
          // Beside the renewals: a chain that takes its time must not cost the lease.
          beginning = this.begin(signal, onTaken)
        }
      } catch (error) {
        if (error instanceof StaleLeaseError) observer.notify({ type: 'lease-lost', reason: error.message })
        if (error instanceof StaleLeaseError || error instanceof BuildFenceError) return stop(error)
        observer.notify({ type: 'failed', what: 'holding the lease', isRetried: true, error })
      }
      await clock.sleep(this.isOurs ? renewMs : Math.min(renewMs, STANDBY_MS), signal)
    }
    await beginning
    if (this.isOurs)
      await lease
        .release()
        .catch((error: unknown) =>
          observer.notify({ type: 'failed', what: 'releasing the lease', isRetried: false, error }),
        )
  }

  private async begin(signal: AbortSignal, onTaken: () => void): Promise<void> {
    const { compareWitnesses, clock, observer, stop } = this.deps
    let isFenced = false
    let shut: readonly NoncePlace[] | undefined
    while (!signal.aborted) {
      try {
        if (!isFenced) await this.fence()
        isFenced = true
        const isFirst = shut === undefined
        shut = await compareWitnesses.run(shut)
        if (isFirst && !signal.aborted) {
          this.isReady = true
          onTaken()
        }
        if (shut.length === 0) return
      } catch (error) {
        if (error instanceof StaleLeaseError) return stop(error)
        observer.notify({ type: 'failed', what: 'preparing to lead', isRetried: true, error })
      }
      await clock.sleep(RETRY_MS, signal)
    }
  }

  private async fence(): Promise<void> {
    const { lease, signer, compareWitnesses } = this.deps
    try {
      await signer.fence(lease.epoch())
    } catch (error) {
      if (!(error instanceof SignerError) || error.kind !== 'fenced') throw error
      // Somebody led after us. If the lease is ours all the same, the database has forgotten them.
      await lease.renew()
      await compareWitnesses.haltForEpoch(lease.epoch(), error.message)
      throw error
    }
  }
}
