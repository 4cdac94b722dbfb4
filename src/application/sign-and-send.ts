import type { ChainKey } from '../domain/assets.js'
import { orderText } from '../domain/execution/cancel-order.js'
import type { Cycle, LegRun } from '../domain/execution/cycle.js'
import type { Fee, FeeRules } from '../domain/execution/fees.js'
import type { Attempt, Intent } from '../domain/execution/intent.js'
import { subjectOf } from '../domain/execution/subject.js'
import type { Call } from '../domain/planning/quote.js'
import { cancelGas, reasonTooDear, reasonUnpayable, revocationGas } from '../domain/policy/gas.js'
import {
  maySign,
  type OperatingLevel,
  type SignPurpose,
  type ScopeState,
  strictest,
} from '../domain/policy/operating.js'
import type { Portfolio } from '../domain/policy/portfolio.js'
import { ofIntent } from '../domain/purpose.js'
import { larger } from '../domain/units/ratio.js'
import { type Chain, ChainError, SimulationError } from '../ports/chain.js'
import type { Clock } from '../ports/clock.js'
import type { Failpoints } from '../ports/failpoints.js'
import { type Lease, StaleLeaseError } from '../ports/lease.js'
import type { Observer } from '../ports/observer.js'
import { type Signer, SignerError } from '../ports/signer.js'
import type { Stopping } from '../ports/stopping.js'
import type { Store } from '../ports/store.js'

/** What signing and sending needs. */
export interface SigningDeps {
  readonly chain: Chain
  readonly signer: Signer
  readonly store: Store
  readonly clock: Clock
  readonly observer: Observer
  readonly lease: Lease
  readonly stopping: Stopping
  readonly failpoints: Failpoints
  readonly feeRules: (chain: ChainKey) => FeeRules
  readonly resendMs: number
}

/** An intent with everything that was decided about it. */
export interface Task {
  readonly portfolio: Portfolio
  readonly cycle: Cycle | undefined
  readonly run: LegRun | undefined
  readonly intent: Intent
}

/**
 * Has one transaction signed and sent, in the order of 4.4: lease and operating state, signature, commit, lease and
 * operating state again, broadcast, answers. The answers decide nothing.
 */
export class SignAndSend {
  /** When this process last sent an intent's bytes. Forgetting it costs one more harmless send. */
  private readonly sentAt = new Map<string, number>()

  constructor(private readonly deps: SigningDeps) {}

  /**
   * Signs the step or the cancel of the intent's nonce and sends it. False when lease, operating state, the end of the
   * process or the gas of a revocation are against it: nothing was signed then. Rejects with SignerError, or with
   * StaleLeaseError when a later leader has begun.
   */
  async run(task: Task, payload: Attempt['payload'], fee: Fee): Promise<boolean> {
    const { chain, signer, store, clock, observer, lease, stopping, failpoints } = this.deps
    const { portfolio, intent } = task
    const isFirst = intent.state === 'reserved'
    const { account } = intent
    const call =
      payload === 'cancel' ? ({ chain: intent.chain, to: account, data: '0x', value: 0n } as const) : intent.call
    const gasLimit = await this.gasLimit(task, payload, call)
    if (payload === 'step' && !(await this.isPayable(task, gasLimit, fee))) return false
    const { level } = await this.state(task)
    if (!maySign(level, purposeOf(intent, payload)) || !lease.isHeld() || stopping.signal.aborted) return false
    const transaction = {
      chainId: chain.chainId(intent.chain),
      nonce: intent.nonce,
      to: call.to,
      data: call.data,
      value: call.value,
      gasLimit,
      ...fee,
    }
    const request = { intentId: intent.id, epoch: lease.epoch(), account, payload, transaction }
    const { raw, hash } = await signer.sign(request).catch((error: unknown) => {
      if (error instanceof SignerError && error.kind === 'fenced')
        throw new StaleLeaseError(error.message, { cause: error })
      throw error
    })
    await failpoints.reach(isFirst ? 'K-08' : 'K-18')
    const attempt: Attempt = { hash, raw, gasLimit, ...fee, signedAt: clock.now(), payload }
    const signed = await store.recordAttempt(intent, attempt)
    this.tell(portfolio, signed)
    if (!isFirst)
      observer.notify({
        type: 'replaced',
        ...ofIntent(portfolio.id, intent),
        reason: payload === 'cancel' ? 'cancel' : 'fee_bump',
        hash,
      })
    await failpoints.reach(payload === 'cancel' ? 'K-21' : isFirst ? 'K-10' : 'K-19')
    await this.send({ ...task, intent: signed }, attempt)
    await failpoints.reach(payload === 'cancel' ? 'K-21' : 'K-13')
    return true
  }

  /**
   * Gas of what is about to be signed. A trade keeps what it was judged by. Revocations and cancels have to get into a block
   * whatever an earlier estimate said, so theirs is reckoned anew for every signature.
   */
  private async gasLimit({ portfolio, intent }: Task, payload: Attempt['payload'], call: Call): Promise<bigint> {
    if (payload === 'step' && intent.kind !== 'revoke') return intent.gasLimit
    try {
      const estimate = await this.deps.chain.estimateGas(intent.account, call)
      return payload === 'cancel'
        ? cancelGas(portfolio, intent.chain, estimate, intent.gasLimit)
        : revocationGas(portfolio, intent.chain, estimate)
    } catch (error) {
      if (payload === 'step' && error instanceof SimulationError) return intent.gasLimit
      throw error
    }
  }

  /**
   * A revocation that the account could not pay for would stand for ever, since none is cancelled, and everything of the
   * account behind it: it is told of and not signed. Other steps were judged when they were reserved.
   */
  private async isPayable({ portfolio, cycle, intent }: Task, gasLimit: bigint, fee: Fee): Promise<boolean> {
    if (intent.kind !== 'revoke') return true
    const { chain, observer } = this.deps
    const held = await chain.coinBalance(intent.chain, intent.account)
    const reason =
      reasonUnpayable(intent, gasLimit, fee, held) ?? this.dearness(portfolio, cycle, { ...intent, gasLimit }, fee)
    if (reason === undefined) return true
    const error = new ChainError(intent.chain, reason)
    observer.notify({ type: 'failed', what: `signing ${intent.id}`, isRetried: true, error })
    return false
  }

  /** Sends signed bytes once more when it is time to. Resolves to false: the intent stays as it is. */
  async sendAgain(task: Task, attempt: Attempt): Promise<boolean> {
    const { clock, resendMs } = this.deps
    if (clock.now() - (this.sentAt.get(task.intent.id) ?? 0) >= resendMs) await this.send(task, attempt)
    return false
  }

  /**
   * The operating state that holds for the task, and why. An order to cancel is a hard pause of its leg alone. A dry run
   * begins nothing, and ends what is under way.
   */
  async state(task: Task): Promise<{ level: OperatingLevel; reason: string; by?: ScopeState['by'] }> {
    const { portfolio, cycle, run, intent } = task
    const { store } = this.deps
    const subject = run ? subjectOf(portfolio.id, run) : { portfolio: portfolio.id, chains: [intent.chain] }
    const state = strictest(await store.operatingStates(), subject)
    if (state && state.level !== 'paused_new') return state
    const ofLeg = cycle && run ? cycle.intents.filter(({ legId }) => legId === run.leg.id) : []
    const [order] = await store.cancelOrders([...new Set([...ofLeg, intent].map(({ id }) => id))])
    if (order) return { level: 'paused_hard', reason: orderText(order) }
    if (portfolio.mode === 'dry-run') return { level: 'paused_new', reason: 'In dry-run nothing new is signed.' }
    return state ?? { level: 'running', reason: '' }
  }

  /**
   * The fee, or what the journal remembers for the same payload where that was more: a signature that was lost before it
   * was written down must be asked for again with fees no lower (K-07, K-18).
   */
  async coveringJournal(intent: Intent, payload: Attempt['payload'], fee: Fee): Promise<Fee> {
    const { chain, signer } = this.deps
    const last = await signer.lastJournaled(chain.chainId(intent.chain), intent.account)
    if (last?.nonce !== intent.nonce || last.payload !== payload) return fee
    return {
      maxFeePerGas: larger(fee.maxFeePerGas, last.maxFeePerGas),
      maxPriorityFeePerGas: larger(fee.maxPriorityFeePerGas, last.maxPriorityFeePerGas),
    }
  }

  /** Why the step may not be paid for with this fee; undefined when it may (C-10). */
  dearness({ policy }: Portfolio, cycle: Cycle | undefined, intent: Intent, { maxFeePerGas }: Fee): string | undefined {
    const { cap } = this.deps.feeRules(intent.chain)
    if (maxFeePerGas > cap) return `Gas on ${intent.chain} costs ${maxFeePerGas} wei, at most ${cap} wei are paid.`
    return cycle && reasonTooDear(cycle.market, intent.chain, intent.gasLimit * maxFeePerGas, policy.maxGas)
  }

  tell(portfolio: Portfolio, intent: Intent): void {
    if (intent.state !== 'signed' && intent.state !== 'mined') this.sentAt.delete(intent.id)
    this.deps.observer.notify({ type: 'intent-changed', portfolio: portfolio.id, intent, at: this.deps.clock.now() })
  }

  /**
   * A halt ends all sending; a hard pause that of steps, which a cancel is to overtake where the chain takes replacements.
   */
  private async send(task: Task, attempt: Attempt): Promise<void> {
    const { chain, store, clock, observer, lease, failpoints, feeRules } = this.deps
    const { portfolio, intent } = task
    const { level } = await this.state(task)
    const isToBeCancelled =
      feeRules(intent.chain).isReplaceable &&
      !maySign(level, purposeOf({ ...intent, state: 'signed' }, attempt.payload))
    if (!lease.isHeld() || level === 'halted' || isToBeCancelled) return
    this.sentAt.set(intent.id, clock.now())
    const answers = await chain.broadcast(intent.chain, attempt.raw, () => failpoints.reach('K-11'))
    await failpoints.reach(intent.attempts.length > 1 ? 'K-20' : 'K-12')
    await store.recordBroadcast(intent.id, attempt.hash, answers, clock.now())
    observer.notify({ type: 'broadcast', ...ofIntent(portfolio.id, intent), hash: attempt.hash, answers })
  }
}

/** What a signature for the intent's nonce would be for. */
function purposeOf({ kind, state }: Pick<Intent, 'kind' | 'state'>, payload: Attempt['payload']): SignPurpose {
  if (payload === 'cancel') return 'cancel'
  if (kind === 'revoke') return 'revoke'
  return state === 'reserved' ? 'step' : 'replacement'
}
