import { describe, expect, test } from '@jest/globals'
import { alertsOf, type Known } from './alerts.js'

const portfolio: Known['portfolio'] = { id: 'core', unattributed: [], targets: null }
const price = {
  asset: 'ETH',
  isUsed: true,
  priceUsd: '1',
  refusal: null,
  needs: 2,
  divergence: null,
  maxDivergence: '0.01',
  sources: [],
  peg: null,
  hold: null,
}
const breaker = {
  id: 4,
  code: 'B-03' as const,
  scope: 'chain:alpha',
  level: 'halted' as const,
  reason: 'a reorg',
  trippedAt: '',
  clearedAt: null,
  clearedBy: null,
}
const proposal = {
  id: 'core-1',
  kind: 'plan' as const,
  state: 'open' as const,
  digest: '',
  content: {},
  proposedBy: 'daemon',
  proposedAt: '',
  expiresAt: '',
  approvedBy: ['ada'],
  needs: 2,
  reason: 'It sells much.',
}
const titles = (known: Omit<Known, 'portfolio'>) => alertsOf({ portfolio, ...known }).map(({ title }) => title)

describe('what ought to be looked at', () => {
  test('what people have stopped, the gravest first, and what a breaker holds once', () => {
    const state = {
      state: 'running' as const,
      reason: '',
      since: '',
      by: 'ada',
      byKind: 'person' as const,
      expiresAt: null,
    }
    const states = {
      ...state,
      scope: 'all',
      leader: null,
      scopes: [
        { ...state, scope: 'chain:bay', state: 'paused_hard' as const },
        { ...state, scope: 'bridge:ferry', state: 'halted' as const },
        { ...state, scope: breaker.scope, state: 'halted' as const, by: 'daemon', byKind: 'daemon' as const },
      ],
    }
    expect(titles({ states, breakers: { open: [breaker] } })).toEqual([
      'Chain bay is paused hard',
      'Bridge ferry is halted',
      'Breaker B-03 holds chain alpha',
    ])
    const paused = { states: { ...states, state: 'paused_new' as const, scopes: [] }, breakers: { open: [breaker] } }
    expect(titles(paused)).toEqual(['Breaker B-03 holds chain alpha', 'Everything is paused'])
  })

  test('nothing where nothing is wrong', () => {
    const proposals = {
      proposals: [
        { ...proposal, state: 'used' as const },
        { ...proposal, kind: 'resume' as const, state: 'void' as const },
      ],
    }
    expect(titles({ breakers: { open: [] }, prices: { assets: [price] }, proposals })).toEqual([])
  })

  test('the gravest first, each with the place to look at it', () => {
    const alerts = alertsOf({
      portfolio: { ...portfolio, excluded: [{ asset: 'LINK', reason: 'no price' }] },
      proposals: { proposals: [proposal] },
      breakers: { open: [breaker] },
    })
    expect(alerts.map(({ title, href }) => [title, href])).toEqual([
      ['Breaker B-03 holds chain alpha', '#/operations/breakers'],
      ['A plan waits for one approval', '#/plan/core-1'],
      ['LINK is left out of the figures', undefined],
    ])
  })

  test('a resume that waits leads to exactly what is proposed', () => {
    const resume = { ...proposal, id: 'r-1', kind: 'resume' as const, proposedBy: 'ada' }
    expect(alertsOf({ portfolio, proposals: { proposals: [resume] } })).toMatchObject([
      { title: 'A resume waits for a second person', detail: 'ada: It sells much.', href: '#/plan/r-1' },
    ])
    const others = [
      { ...resume, id: 'i-1', kind: 'investigation' as const },
      { ...resume, id: 'i-2', kind: 'inflow' as const },
    ]
    expect(alertsOf({ portfolio, proposals: { proposals: others } }).map(({ href }) => href)).toEqual([
      '#/plan/i-1',
      '#/plan/i-2',
    ])
  })

  test('a cancel leads to its transaction, a late transfer to its own page', () => {
    const cancel = {
      ...proposal,
      id: 'c-1',
      kind: 'cancel' as const,
      proposedBy: 'ada',
      content: { intent: 'core-1.2' },
    }
    const transfer = {
      id: 'core-1.0',
      cycleId: 'core-1',
      isLate: true,
      isOpen: true,
      state: 'in_transit',
      sent: { symbol: 'USDC' },
      origin: { chain: 'alpha' },
      destination: 'beta',
      bridge: 'slow',
    } as unknown as NonNullable<Known['transfers']>['transfers'][number]
    const alerts = alertsOf({
      portfolio,
      proposals: { proposals: [cancel, { ...cancel, state: 'rejected' }] },
      transfers: { transfers: [transfer, { ...transfer, isLate: false }] },
    })
    expect(alerts.map(({ title, detail, href }) => [title, detail, href])).toEqual([
      ['A cancel waits for a second person', 'ada: It sells much.', '#/history/-/core-1.2'],
      ['USDC from alpha to beta is late', 'It was sent over slow and has not arrived.', '#/history/core-1/core-1.0'],
    ])
  })

  test('a price that is missing, held, or off its peg', () => {
    const peg = { distance: '0.03', warnsFrom: '0.01', stopsFrom: '0.02', isOff: true }
    const hold = { reason: 'it leapt', since: '' }
    expect(titles({ prices: { assets: [{ ...price, isUsed: false }] } })).toEqual(['ETH has no price'])
    expect(titles({ prices: { assets: [{ ...price, hold, peg }] } })).toEqual([
      'ETH is not traded',
      'ETH is off its peg',
    ])
  })

  test('a chain is told of once, whoever does not know it', () => {
    const chain = {
      chain: 'alpha',
      chainId: 1,
      quorum: 2,
      isAgreed: false,
      reason: 'one of two',
      lookedAt: null,
      head: null,
      finalized: null,
      endpoints: [],
    }
    const unknown = {
      assets: [],
      chains: [
        { chain: 'alpha', reason: 'silent' },
        { chain: 'beta', reason: 'silent' },
      ],
      derivatives: null,
    }
    expect(
      titles({ chains: { chains: [chain, { ...chain, chain: 'gamma', isAgreed: null }] }, positions: { unknown } }),
    ).toEqual(['What is on alpha is unknown', 'What is on beta is unknown'])
  })
})
