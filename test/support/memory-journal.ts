import { type Address, sameAddress } from '../../src/domain/assets.js'
import {
  type JournalEntry,
  judgeClaim,
  judgeEpoch,
  type NonceClaim,
  type Objection,
} from '../../src/domain/execution/equivocation.js'
import { NonceJournal } from '../../src/ports/journal.js'

/** Behaves as the journal on Postgres does, and can be told not to answer. */
export class MemoryJournal extends NonceJournal {
  readonly entries: JournalEntry[] = []
  isDead = false
  private epoch = 0

  override async record({ to, value, data, ...entry }: NonceClaim): Promise<Objection | undefined> {
    await this.answer()
    const own = this.of(entry.chainId, entry.account)
    const objection = judgeClaim(
      {
        epoch: this.epoch,
        highest: own.at(-1)?.nonce,
        entries: own.filter(({ nonce }) => nonce === entry.nonce),
      },
      { ...entry, to, value, data },
    )
    if (objection) return objection
    this.epoch = entry.epoch
    this.entries.push(entry)
    return undefined
  }

  override async fence(epoch: number): Promise<Objection | undefined> {
    await this.answer()
    const objection = judgeEpoch(this.epoch, epoch)
    if (!objection) this.epoch = epoch
    return objection
  }

  override async last(chainId: number, account: Address): Promise<JournalEntry | undefined> {
    await this.answer()
    return this.of(chainId, account).at(-1)
  }

  override async has(chainId: number, account: Address, nonce: number): Promise<boolean> {
    await this.answer()
    return this.of(chainId, account).some((one) => one.nonce === nonce)
  }

  /** By nonce, and by time where they share one. */
  private of(chainId: number, account: Address): JournalEntry[] {
    const own = this.entries.filter((one) => one.chainId === chainId && sameAddress(one.account, account))
    return own.toSorted((a, b) => a.nonce - b.nonce)
  }

  private async answer(): Promise<void> {
    await Promise.resolve()
    if (this.isDead) throw new Error('The journal does not answer.')
  }
}
