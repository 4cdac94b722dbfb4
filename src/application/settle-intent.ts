import { reasonToCancel } from '../domain/execution/cancelling.js'
import { type Cycle, refusedLeg } from '../domain/execution/cycle.js'
import { afterLook, cancelFee, firstFee, hasWaited, replacementFee, type Wait } from '../domain/execution/fees.js'
import {
  bestAttempt,
  type ChainSight,
  type Inclusion,
  type Intent,
  isCancelling,
  isLive,
  isUnexplained,
  judgeIntent,
  HELD_BY_PERSON,
  UNEXPLAINED,
} from '../domain/execution/intent.js'
import { intentPostings } from '../domain/execution/ledger.js'
import { maySign } from '../domain/policy/operating.js'
import type { Portfolio } from '../domain/policy/portfolio.js'
import { ofIntent } from '../domain/purpose.js'
import type { ChainView } from '../ports/chain.js'
import { SignerError } from '../ports/signer.js'
import { ConflictError } from '../ports/store.js'
import { pricesOf } from './propose-plan.js'
import type { ReadPrices } from './read-prices.js'
import { SignAndSend, type SigningDeps, type Task } from './sign-and-send.js'
import type { TripBreaker } from './trip-breaker.js'

/**
 * Moves one intent as far as the evidence allows. Guarantees: signed bytes are committed before anyone sees them; a
 * nonce is signed for its step or for nothing; the same bytes may be sent any number of times; an unclear answer moves
 * nothing; what ends an intent is a receipt of our own bytes in a final block, or the proof that the nonce went to others.
 * Does not guarantee inclusion: bytes at their fee ceiling wait.
 */
export class SettleIntent {
  private readonly signAndSend: SignAndSend
  /** How long attempts have waited for a block. A process that starts anew waits from the beginning. */
  private readonly waits = new Map<string, Wait>()

  constructor(
    private readonly deps: SigningDeps & { readonly readPrices: ReadPrices; readonly tripBreaker: TripBreaker },
  ) {
    this.signAndSend = new SignAndSend(deps)
  }

  /**
   * `cycle` is the one that asked for the intent, undefined for housekeeping; `bridge` names the bridge of a sending
   * transaction, for the ledger. Resolves to whether anything was written.
   */
  async run(
    portfolio: Portfolio,
    cycle: Cycle | undefined,
    intent: Intent,
    bridge: string | undefined,
  ): Promise<boolean> {
    if (!isLive(intent)) return false
    const run = cycle?.legs.find(({ leg }) => leg.id === intent.legId)
    const task: Task = { portfolio, cycle, run, intent }
    return intent.state === 'reserved' ? this.begin(task) : this.watch(task, bridge)
  }

  /**
   * Signs a reserved intent once every earlier nonce is in a block, or gives it up: one whose offer is stale, whose
   * gas became dearer than the limit, or that an operating state came before.
   */
  private async begin(task: Task): Promise<boolean> {
    const { chain, clock } = this.deps
    const { portfolio, cycle, intent } = task
    const nonces = await chain.nonces(intent.chain, intent.account)
    if (nonces.finalized > intent.nonce)
      return this.move(task, { ...NOTHING_SEEN, finalizedNonce: nonces.finalized }, undefined)
    // Somebody else's transaction may still be undone; until then the nonce is neither signed nor given out again.
    if (nonces.latest > intent.nonce) return false
    const fee = await this.signAndSend.coveringJournal(intent, 'step', firstFee(await chain.fees(intent.chain)))
    const state = await this.signAndSend.state(task)
    const isTrade = intent.kind === 'swap' || intent.kind === 'bridge'
    const ageMs = clock.now() - ((isTrade ? task.run?.offer?.quotedAt : undefined) ?? intent.reservedAt)
    if (!maySign(state.level, intent.kind === 'revoke' ? 'revoke' : 'step')) return this.giveUp(task, state.reason)
    if (isTrade && ageMs > portfolio.maxQuoteAgeMs)
      return this.giveUp(task, `The offer is ${ageMs} ms old, at most ${portfolio.maxQuoteAgeMs} ms are signed.`)
    const limit = this.signAndSend.dearness(portfolio, cycle, intent, fee)
    if (limit !== undefined) return this.giveUp(task, limit)
    if (nonces.latest < intent.nonce) return false
    try {
      return await this.signAndSend.run(task, 'step', fee)
    } catch (error) {
      if (!(error instanceof SignerError) || error.kind !== 'refused') throw error
      return this.refused(task, error.message)
    }
  }

  /**
   * Without any signature the nonce is given back; a slot that was journaled, or has others behind it, is burned, as soon as
   * the ceiling of a cancel pays for a block.
   */
  private async giveUp(task: Task, reason: string): Promise<boolean> {
    const { chain, signer, store, feeRules } = this.deps
    const { portfolio, intent } = task
    if (!(await signer.isJournaled(chain.chainId(intent.chain), intent.account, intent.nonce)))
      try {
        this.signAndSend.tell(portfolio, await store.releaseIntent(intent, reason))
        return true
      } catch (error) {
        if (!(error instanceof ConflictError) || !(await this.isAsRead(intent))) throw error
      }
    const { latest } = await chain.nonces(intent.chain, intent.account)
    if (latest !== intent.nonce) return false
    const fee = cancelFee(await chain.fees(intent.chain), feeRules(intent.chain))
    if (!fee) return false
    return this.signAndSend.run(task, 'cancel', await this.signAndSend.coveringJournal(intent, 'cancel', fee))
  }

  /** A signer that refuses is asked a few times with new offers, as for any other refusal, and not for ever. */
  private async refused(task: Task, detail: string): Promise<boolean> {
    const { store, clock, observer } = this.deps
    const { portfolio, cycle, run } = task
    if (!(await this.giveUp(task, detail)) || !cycle || !run) return true
    const refusal = { code: 'SIGNER_REFUSED', detail } as const
    const on = { portfolio: portfolio.id, cycleId: cycle.id, legId: run.leg.id }
    observer.notify({ type: 'offer-refused', ...on, ...refusal })
    await store.saveLeg(cycle.id, run, refusedLeg(run, refusal, clock.now()))
    return true
  }

  /** Looks for the intent on its chain, and keeps an unmined one alive. */
  private async watch(task: Task, bridge: string | undefined): Promise<boolean> {
    const { chain, store, clock } = this.deps
    const { intent } = task
    const view = await chain.view(intent.chain)
    const nonces = intent.state === 'signed' ? await chain.nonces(intent.chain, intent.account) : undefined
    const sight = await this.look(intent, view, nonces?.finalized ?? 0)
    if (await this.move(task, sight, bridge)) return true
    if (isUnexplained(intent, sight)) {
      const isNoted = (await store.intentEvents(intent.id)).at(-1)?.evidence === UNEXPLAINED
      if (!isNoted) await store.noteIntent(intent, UNEXPLAINED)
      return !isNoted
    }
    const best = bestAttempt(intent)
    if (intent.state !== 'signed' || !best || nonces?.latest !== intent.nonce) return false
    const wait = afterLook(this.waits.get(intent.id), best.hash, view.head.number, clock.now())
    this.waits.set(intent.id, wait)
    return (await this.outbid(task, wait)) || this.signAndSend.sendAgain(task, best)
  }

  /** Receipts are looked for after the view and the finalised nonce were read, so that they are never older. */
  private async look(intent: Intent, view: ChainView, finalizedNonce: number): Promise<ChainSight> {
    const { chain, store, clock } = this.deps
    const found = await Promise.all(intent.attempts.map(({ hash }) => chain.inclusion(intent, hash)))
    const inclusion: Inclusion | undefined = found.find((one) => one !== undefined)
    const sight = { ...NOTHING_SEEN, inclusion, finalizedBlock: view.finalized.number, finalizedNonce }
    if (!isUnexplained(intent, sight)) return sight
    const consumer = await chain.consumer(intent.chain, intent.account, intent.nonce)
    const last = (await store.intentEvents(intent.id)).at(-1)
    const unexplainedMs = last?.evidence === UNEXPLAINED ? clock.now() - last.at : 0
    return { ...sight, consumer, unexplainedMs }
  }

  /** Writes where the evidence moves the intent. Resolves to whether it moves it. */
  private async move(task: Task, sight: ChainSight, bridge: string | undefined): Promise<boolean> {
    const { store, observer, failpoints, tripBreaker } = this.deps
    const { portfolio, intent } = task
    const next = judgeIntent(intent, sight)
    if (next === intent) return false
    const evidence = evidenceOf(next, sight)
    if (next.state === 'foreign') {
      if (!(await this.isAsRead(intent))) throw new ConflictError(`Intent ${intent.id} has changed. Reload it.`)
      const reason = `Nonce ${intent.nonce} of ${intent.account} on ${intent.chain}, given to ${intent.id}, was consumed by bytes that are not ours. ${evidence} Somebody else uses the key: stop it and find out who.`
      await tripBreaker.run({ code: 'B-04', scope: 'all', level: 'halted', reason })
    }
    const isUndone = intent.state === 'mined' && (next.state === 'signed' || next.state === 'mined')
    if (isUndone) {
      observer.notify({ type: 'reorged', ...ofIntent(portfolio.id, intent) })
      await failpoints.reach('K-16')
    }
    if (next.state === 'mined') await failpoints.reach('K-14')
    await store.moveIntent(intent, next, intentPostings(intent, next, bridge), evidence)
    this.signAndSend.tell(portfolio, next)
    if (next.state !== 'signed') this.waits.delete(intent.id)
    if (next.state === 'mined') await failpoints.reach('K-15')
    return true
  }

  /**
   * Signs a dearer transaction for a nonce that no block has taken: the cancel as soon as the step is not wanted any more,
   * else the same payload with higher fees once it has waited. Every one is written down before it is sent.
   */
  private async outbid(task: Task, wait: Wait): Promise<boolean> {
    const { chain, clock, observer, failpoints, feeRules, readPrices } = this.deps
    const { portfolio, cycle, run, intent } = task
    const rules = feeRules(intent.chain)
    const best = bestAttempt(intent)
    if (!best || !rules.isReplaceable) return false
    const isDue = hasWaited(wait, best.signedAt, rules)
    const isEnding = isCancelling(intent)
    const { level, by } = await this.signAndSend.state(task)
    // Nothing may come of it now; then it is looked into again after some more blocks, not at every look.
    if (isDue) this.waits.delete(intent.id)
    const hasOffer = run?.offer !== undefined && (intent.kind === 'swap' || intent.kind === 'bridge')
    const prices = isDue && !isEnding && hasOffer ? pricesOf(await readPrices.run(portfolio)) : undefined
    const reason = isEnding ? undefined : reasonToCancel(intent, { level, now: clock.now(), run, prices })
    const payload = isEnding || reason !== undefined ? 'cancel' : 'step'
    const signed = intent.attempts.filter((one) => one.payload === payload).length
    if (reason === undefined && (!isDue || signed > rules.maxReplacements)) return false
    const fee = replacementFee(best, await chain.fees(intent.chain), rules, payload)
    if (!fee || (payload === 'step' && this.signAndSend.dearness(portfolio, cycle, intent, fee) !== undefined))
      return false
    if (reason !== undefined && by === 'operator' && !maySign(level, 'replacement'))
      await this.noteOnce(intent, HELD_BY_PERSON)
    await failpoints.reach('K-17')
    try {
      return await this.signAndSend.run(task, payload, await this.signAndSend.coveringJournal(intent, payload, fee))
    } catch (error) {
      if (!(error instanceof SignerError) || error.kind !== 'refused') throw error
      // What is out already stays live.
      observer.notify({ type: 'failed', what: `outbidding ${intent.id}`, isRetried: true, error })
      return false
    }
  }

  private async noteOnce(intent: Intent, evidence: string): Promise<void> {
    const { store } = this.deps
    const events = await store.intentEvents(intent.id)
    if (!events.some((one) => one.evidence === evidence)) await store.noteIntent(intent, evidence)
  }

  private async isAsRead({ id, version }: Intent): Promise<boolean> {
    return (await this.deps.store.intent(id))?.version === version
  }
}

const NOTHING_SEEN = {
  inclusion: undefined,
  finalizedBlock: 0n,
  finalizedNonce: 0,
  consumer: undefined,
  unexplainedMs: 0,
}

function evidenceOf(intent: Intent, { finalizedBlock, finalizedNonce, consumer, unexplainedMs }: ChainSight): string {
  if ('inclusion' in intent) {
    const { hash, block } = intent.inclusion
    const place = `${hash} in block ${block.number} ${block.hash}`
    return intent.state === 'mined' ? place : `${place}, finalised block ${finalizedBlock}`
  }
  if (intent.state !== 'foreign') return 'The block is not part of the chain any more.'
  const who = consumer ? `${consumer} consumed it.` : `No receipt of ours was found for ${unexplainedMs} ms.`
  return `The finalised nonce is ${finalizedNonce}. ${who}`
}
