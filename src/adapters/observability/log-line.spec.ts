import { describe, expect, test } from '@jest/globals'
import {
  aCycle,
  addressOf,
  aLeg,
  anIntent,
  aPlan,
  aRun,
  aTransfer,
  hashOf,
  NOW,
} from '../../../test/support/builders.js'
import { measured } from '../../../test/support/told-events.js'
import { newProposal, type Proposal } from '../../domain/access/proposal.js'
import type { Event } from '../../domain/events.js'
import { FILLING_CAPS } from '../../domain/policy/cap-use.js'
import { ofIntent } from '../../domain/purpose.js'
import { ONE_USD } from '../../domain/units/usd.js'
import { logLineOf } from './log-line.js'

type EventOf<T extends Event['type']> = Extract<Event, { type: T }>

/** An event without its type, and the ids that its line must have. */
type Told<T extends Event['type']> = readonly [event: Omit<EventOf<T>, 'type'>, ids: Readonly<Record<string, string>>]

const portfolio = 'core'
const cycle = aCycle()
const leg = aLeg()
const intent = anIntent()
const transfer = aTransfer(cycle, aRun())
const token = addressOf(9)

const ofPortfolio = { portfolio }
const ofCycle = { portfolio, cycleId: cycle.id }
const ofLeg = { ...ofCycle, legId: leg.id }
const ofTheIntent = { ...ofLeg, intentId: intent.id, chain: 'alpha' }
const onChain = { chain: 'alpha' }

const proposal = (kind: Proposal['kind'], content: Proposal['content']): Proposal =>
  newProposal({
    id: kind === 'plan' ? cycle.id : `${kind}-1`,
    kind,
    content,
    digest: 'd1ge57',
    proposedBy: 'ada',
    proposedAt: NOW,
    needs: 1,
    reason: 'So.',
  })
const planned = { ...ofCycle, digest: 'd1ge57', proposal: cycle.id }
const approvals = [
  [{ portfolio, proposal: proposal('plan', {}) }, planned],
  [
    { portfolio: undefined, proposal: proposal('cancel', { intent: intent.id }) },
    { intentId: intent.id, proposal: 'cancel-1', digest: 'd1ge57' },
  ],
  [{ portfolio: undefined, proposal: proposal('resume', { scope: 'all' }) }, { proposal: 'resume-1' }],
  [
    { portfolio, proposal: proposal('investigation', { transfer: transfer.id }) },
    { portfolio, transferId: transfer.id, proposal: 'investigation-1', digest: 'd1ge57' },
  ],
] as const

/** One of every type; a new type does not compile until it stands here. */
const TOLD: { readonly [T in Event['type']]: readonly Told<T>[] } = {
  'daemon-started': [[{ version: '1', configHash: 'c', mode: 'live' }, {}]],
  'daemon-stopping': [[{ signal: 'SIGTERM', waitsFor: [portfolio] }, {}]],
  'daemon-stopped': [[{ waitedFor: [], seconds: 1, isComplete: true }, {}]],
  'lease-taken': [[{ epoch: 1 }, {}]],
  'lease-lost': [[{ reason: 'Taken.' }, {}]],
  'scope-changed': (
    [
      ['portfolio:core', ofPortfolio],
      ['chain:alpha', onChain],
      ['venue:lifi', { venue: 'lifi' }],
      ['asset:ETH', { asset: 'ETH' }],
      ['bridge:swift', { bridge: 'swift' }],
      ['all', {}],
    ] as const
  ).map(([scope, ids]) => [
    { state: { scope, level: 'paused_new', reason: 'So.', since: NOW, by: 'operator' }, isEarlier: false },
    { ...ids, scope },
  ]),
  'breaker-tripped': [
    [
      {
        trip: { code: 'B-13', scope: 'portfolio:core', level: 'paused_new', reason: 'So.' },
        at: NOW,
        isEarlier: false,
      },
      { ...ofPortfolio, breaker: 'B-13' },
    ],
  ],
  'stops-seen': [[{ states: [], trips: [], at: 0 }, {}]],
  'lease-seen': [[{ isHeld: true }, {}]],
  'breaker-cleared': [
    [
      { code: 'B-06', scope: 'chain:alpha', by: 'ada' },
      { ...onChain, breaker: 'B-06' },
    ],
  ],
  'signer-answered': [[{ outcome: 'signed', seconds: 1 }, {}]],
  replaced: [[{ ...ofIntent(portfolio, intent), reason: 'cancel', hash: hashOf(1) }, ofTheIntent]],
  reorged: [[ofIntent(portfolio, intent), ofTheIntent]],
  'rpc-answered': [
    [
      { ...onChain, endpoint: 'one', method: 'eth_call', outcome: 'ok', seconds: 1 },
      { ...onChain, endpoint: 'one' },
    ],
  ],
  'endpoint-judged': [[{ ...onChain, endpoint: 'one', isHealthy: false, reason: 'So.' }, onChain]],
  'allowances-swept': [0, 1].map((standing) => [
    { portfolio, ...onChain, standing },
    { portfolio, ...onChain },
  ]),
  'books-found': [
    [
      { portfolio, ...onChain },
      { portfolio, ...onChain },
    ],
  ],
  'nonces-compared': [[{ ...onChain, account: intent.account, next: 4, onChain: 3 }, onChain]],
  'leaders-fenced': [[{ count: 1 }, {}]],
  'investigations-seen': [[{ transfers: [{ id: 't', bridge: 'swift', state: 'late' }] }, {}]],
  'chain-viewed': [[{ ...onChain, isQuorum: true, heads: [], finalizedTimestamp: 1 }, onChain]],
  'chain-unknown': [
    [
      { portfolio, ...onChain, reason: 'So.' },
      { portfolio, ...onChain },
    ],
  ],
  'price-unknown': [
    [
      { portfolio, asset: 'ETH', reason: 'So.' },
      { portfolio, asset: 'ETH' },
    ],
  ],
  'approval-wanted': approvals,
  'approval-answered': approvals,
  'off-peg': [[{ asset: 'USD', detail: 'So.' }, { asset: 'USD' }]],
  'portfolio-measured': [[measured(true) as EventOf<'portfolio-measured'>, ofPortfolio]],
  decided: [[{ ...ofCycle, decision: cycle.decision }, ofCycle]],
  quoted: [
    [
      { venue: 'lifi', ...onChain, outcome: 'ok', seconds: 1, detail: '' },
      { ...onChain, venue: 'lifi' },
    ],
  ],
  'plan-proposed': [
    [
      { ...ofCycle, plan: aPlan([leg]) },
      { ...ofCycle, planId: 'plan-1' },
    ],
  ],
  'no-plan': [[{ ...ofCycle, reasons: ['So.'] }, ofCycle]],
  'quote-refused': [
    [
      { ...ofLeg, venue: 'lifi', code: 'NO_QUOTE', detail: 'So.' },
      { ...ofLeg, venue: 'lifi', code: 'NO_QUOTE' },
    ],
  ],
  'offer-refused': [
    [
      { ...ofLeg, code: 'NO_QUOTE', detail: 'So.' },
      { ...ofLeg, code: 'NO_QUOTE' },
    ],
  ],
  'intent-changed': [[{ portfolio, intent, at: NOW }, ofTheIntent]],
  broadcast: [[{ ...ofIntent(portfolio, intent), hash: hashOf(1), answers: [] }, ofTheIntent]],
  'gas-spent': [[{ ...ofIntent(portfolio, intent), kind: 'swap', usd: ONE_USD }, ofTheIntent]],
  'transfer-changed': [
    [
      { portfolio, transfer, usd: ONE_USD, at: NOW },
      { ...ofLeg, transferId: transfer.id, bridge: 'swift', origin: 'alpha', destination: 'beta' },
    ],
  ],
  'leg-ended': (['done', 'failed', 'skipped'] as const).map((state) => [
    { ...ofCycle, run: aRun({ state }), realised: undefined, notional: 0n },
    { ...ofLeg, ...onChain },
  ]),
  'cycle-ended': [
    [
      { portfolio, cycle, outcome: 'traded', seconds: 1 },
      { ...ofCycle, planId: 'plan-1' },
    ],
  ],
  'cycle-skipped': [
    [{ portfolio, outcome: 'paused', reason: 'So.' }, ofPortfolio],
    [{ portfolio, outcome: 'error', reason: 'So.', unwritten: { cycleId: cycle.id, startedAt: NOW } }, ofCycle],
  ],
  reconciled: [
    [
      { portfolio, ...onChain, mismatches: [], at: NOW },
      { portfolio, ...onChain },
    ],
    [
      {
        portfolio,
        ...onChain,
        mismatches: [{ token, asset: 'ETH', decimals: 18, ledger: 2n, onChain: 1n }],
        at: NOW,
      },
      { portfolio, ...onChain },
    ],
  ],
  'loss-booked': [
    [
      { portfolio, ...onChain, token, units: 1n, by: 'ada' },
      { portfolio, ...onChain },
    ],
  ],
  'nonce-adopted': [
    [
      { ...onChain, account: token, next: 1, by: 'ada' },
      { ...onChain, account: token },
    ],
  ],
  'proposals-counted': [[{ open: { plan: 1, resume: 0, cancel: 0, investigation: 0, inflow: 0 } }, {}]],
  'caps-read': [
    [{ portfolio, use: Object.fromEntries(FILLING_CAPS.map((cap) => [cap, 0n])) as never, dayLoss: 0n }, ofPortfolio],
  ],
  'request-answered': [[{ method: 'GET', route: '/v1', action: 'read', status: 200, seconds: 1 }, {}]],
  queried: [[{ operation: 'select', seconds: 1 }, {}]],
  'inflow-classified': [
    [
      { portfolio, ...onChain, token, units: 1n, reason: 'So.' },
      { portfolio, ...onChain },
    ],
  ],
  'risk-read': [
    [
      {
        portfolio,
        risk: {
          asOfDay: 1,
          pricesHash: '',
          assets: [],
          covariance: undefined,
          forecasts: [],
          regime: undefined,
          missing: [],
        },
      },
      ofPortfolio,
    ],
  ],
  'targets-set': [[{ portfolio, setter: 'equal', weights: {}, reasons: [] }, ofPortfolio]],
  'targets-refused': [[{ portfolio, setter: 'source', code: 'nav-unknown', detail: 'So.' }, ofPortfolio]],
  'audit-verified': [[{ count: 1, at: NOW }, {}]],
  'events-dropped': [[{ place: 'feed', count: 1 }, {}]],
  notified: [[{ channel: 'ops', outcome: 'retried', detail: 'So.' }, { channel: 'ops' }]],
  'notifications-waiting': [[{ channel: 'ops', count: 1 }, { channel: 'ops' }]],
  'spans-sent': [[{ outcome: 'failed', count: 1, isNews: true, detail: 'So.' }, {}]],
  failed: [[{ what: 'a step', error: new Error('No.'), isRetried: true }, {}]],
}

const events = Object.entries(TOLD).flatMap(([type, told]) =>
  (told as readonly Told<Event['type']>[]).map(
    ([event, ids]) => [type, { type, ...event } as unknown as Event, ids] as const,
  ),
)

describe('the line of', () => {
  test.each(events)('%s has the ids of what it is about', (_type, event, ids) => {
    const { message, fields } = logLineOf(event)
    expect(fields).toMatchObject(ids)
    expect(message).not.toMatch(/undefined|\[object/)
  })

  test.each(events)('%s leaves out no id that the event names', (_type, event) => {
    const { fields } = logLineOf(event)
    const named = ['portfolio', 'cycleId', 'legId', 'intentId', 'chain', 'venue', 'asset', 'channel'] as const
    const given = event as unknown as Readonly<Record<string, unknown>>
    const ids = named.flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]] as const]))
    expect(fields).toMatchObject(Object.fromEntries(ids))
  })

  test.each(events)('%s can be written as JSON', (_type, event) => {
    expect(() => JSON.stringify(logLineOf(event).fields)).not.toThrow()
  })
})

test('housekeeping has the id of its intent alone', () => {
  const loose = anIntent({ cycleId: undefined, legId: undefined })
  const { fields } = logLineOf({ type: 'reorged', ...ofIntent(portfolio, loose) })
  expect(JSON.parse(JSON.stringify(fields))).toEqual({ portfolio, intentId: loose.id, chain: 'alpha' })
})

test.each([
  ['sent', true, 'info'],
  ['sent', false, 'debug'],
  ['failed', true, 'warn'],
  ['failed', false, 'debug'],
  ['dropped', true, 'warn'],
] as const)('spans that were %s, and that this is news: %s, make a line at %s', (outcome, isNews, level) => {
  const line = logLineOf({ type: 'spans-sent', outcome, count: 3, isNews, detail: 'No.' })
  expect(line).toMatchObject({ level, fields: { spans: 3, outcome } })
})
