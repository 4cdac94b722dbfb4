import { newProposal } from '../../src/domain/access/proposal.js'
import type { Event } from '../../src/domain/events.js'
import type { Snapshot } from '../../src/domain/portfolio/snapshot.js'
import { ONE_USD } from '../../src/domain/units/usd.js'
import { aCycle, addressOf, aLeg, anIntent, aPlan, aRun, aTransfer, NOW, OWNER, sendingRun } from './builders.js'

const portfolio = 'core'
const cycle = aCycle()
const leg = aLeg()
const proposal = newProposal({
  id: cycle.id,
  kind: 'plan',
  digest: 'd'.repeat(64),
  content: { portfolio },
  proposedBy: 'daemon',
  proposedAt: NOW,
  needs: 2,
  reason: '2 legs that sell 60000 USD.',
})
const token = addressOf(9)

/** Of chain `alpha` and the asset ETH, both known or neither. */
export function measured(isKnown: boolean): Event {
  const snapshot = {
    portfolio,
    takenAt: NOW,
    chains: [
      isKnown
        ? { chain: 'alpha', status: 'known', holdings: [], problems: [] }
        : { chain: 'alpha', status: 'unknown', reason: 'No quorum.' },
    ],
    inTransit: [],
    prices: [
      isKnown
        ? { asset: 'ETH', status: 'known', price: ONE_USD, sources: [] }
        : { asset: 'ETH', status: 'unknown', reason: 'One source.', sources: [] },
    ],
  } as unknown as Snapshot
  return { type: 'portfolio-measured', portfolio, snapshot, valuation: cycle.valuation, drift: cycle.drift }
}

export const tripped: Event = {
  type: 'breaker-tripped',
  trip: { code: 'B-13', scope: 'portfolio:core', level: 'paused_new', reason: '3 legs failed <in a row> & more.' },
  at: NOW,
  isEarlier: false,
}

export const arrived = (state: 'late' | 'full'): Event => ({
  type: 'transfer-changed',
  portfolio,
  transfer: { ...aTransfer(cycle, sendingRun(aRun())), state },
  usd: 1_234n * ONE_USD + ONE_USD / 3n,
  at: NOW,
})

/** One event at least for each type of news. */
export const TOLD_EVENTS: readonly Event[] = [
  { type: 'daemon-started', version: '1.0.0', configHash: 'c0ffee', mode: 'live' },
  { type: 'daemon-stopping', signal: 'SIGTERM', waitsFor: [portfolio] },
  {
    type: 'scope-changed',
    state: { scope: 'all', level: 'halted', reason: 'A rumour.', since: NOW, by: 'operator', expiresAt: NOW + 1 },
    isEarlier: false,
  },
  tripped,
  { type: 'breaker-cleared', code: 'B-13', scope: 'portfolio:core', by: 'operator: seen' },
  { type: 'decided', portfolio, cycleId: cycle.id, decision: { ...cycle.decision, act: true } },
  { type: 'plan-proposed', portfolio, cycleId: cycle.id, plan: aPlan([leg]) },
  { type: 'no-plan', portfolio, cycleId: cycle.id, reasons: ['Nothing is cheap enough.'] },
  { type: 'approval-wanted', portfolio, proposal },
  { type: 'approval-answered', portfolio, proposal: { ...proposal, approvedBy: ['ada'] } },
  {
    type: 'leg-ended',
    portfolio,
    cycleId: cycle.id,
    run: { ...aRun(), state: 'done', sold: leg.sell, received: leg.expectedOut },
    realised: leg.cost,
    notional: 1_000n * ONE_USD,
  },
  {
    type: 'leg-ended',
    portfolio,
    cycleId: cycle.id,
    run: { ...aRun(), state: 'failed' },
    realised: undefined,
    notional: 0n,
  },
  { type: 'intent-changed', portfolio, intent: anIntent(), at: NOW },
  arrived('late'),
  { type: 'cycle-ended', portfolio, cycle, outcome: 'error', seconds: 1.5 },
  { type: 'cycle-skipped', portfolio, outcome: 'paused', reason: 'It is paused.' },
  {
    type: 'reconciled',
    portfolio,
    chain: 'alpha',
    mismatches: [{ token, asset: 'ETH', decimals: 18, ledger: 2n, onChain: 1n }],
    at: NOW,
  },
  { type: 'loss-booked', portfolio, chain: 'alpha', token, units: 5n, by: 'operator: gone' },
  { type: 'nonce-adopted', chain: 'alpha', account: OWNER, next: 8, by: 'operator: mine' },
  { type: 'inflow-classified', portfolio, chain: 'alpha', token, units: 5n, reason: 'A deposit.' },
  { type: 'targets-set', portfolio, setter: 'fixed', weights: { ETH: 10n ** 18n }, reasons: ['So it is.'] },
  { type: 'targets-refused', portfolio, setter: 'source', code: 'nav-unknown', detail: 'NAV is not known.' },
  measured(false),
  measured(true),
  { type: 'endpoint-judged', chain: 'alpha', endpoint: 'one', isHealthy: false, reason: 'It lies.' },
  { type: 'failed', what: 'reading prices', error: new TypeError('https://user:pass@host/key'), isRetried: false },
]
