import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import request from 'supertest'
import { anEntry } from '../../../test/support/admin-contract.js'
import { NOW, OWNER } from '../../../test/support/builders.js'
import { ALPHA } from '../../../test/support/fake-world.js'
import { type GateApp, operatorToken, startGateApp } from '../../../test/support/gate-app.js'
import { arrived, cycles, early, guard, late, Standing, standings } from '../../../test/support/read-fixtures.js'
import { entry } from '../../domain/execution/ledger.js'
import { dueTimesOf } from '../../domain/execution/transfer.js'
import type { AssetPrice } from '../../domain/portfolio/snapshot.js'
import { ONE_USD } from '../../domain/units/usd.js'
import { SharedAnswers } from './access/shared-answers.js'

let gate: GateApp
beforeAll(async () => {
  gate = await startGateApp({ answers: new SharedAnswers(0), standings: new Standing(standings), guards: [guard] })
  const { rows } = gate.store
  for (const cycle of cycles) rows.cycles.set(cycle.id, cycle)
  rows.cycles.set('second', { ...cycles[1]!, transfers: [early, late, arrived] })
  rows.costs.set('plan-1.1', { slippage: 2n * ONE_USD, fees: ONE_USD, gas: ONE_USD / 2n, bridge: 0n })
  for (const { id } of cycles[1]!.intents)
    // Within the second of its block, which chains tell as a whole one.
    rows.events.push({ intentId: id, at: early.sentAt + 400, state: 'signed', epoch: 1, evidence: 'step 0x07' })
  const on = { cause: 'found.alpha.9', owner: OWNER, chain: 'alpha', token: ALPHA.usdc.address, book: 'final' } as const
  await gate.store.post(entry(on, 'unattributed', 'wallet', 1_500_000n))
})
afterAll(() => gate.close())

const get = (path: string, token = operatorToken) =>
  request(gate.url).get(`/v1/${path}`).set('authorization', `Bearer ${token}`)
const body = async (path: string) => {
  const answer = await get(path)
  expect([path, answer.status]).toEqual([path, 200])
  return answer.body as Record<string, unknown>
}

test('A-05: who asks is told what they may do, and whose word it takes here', async () => {
  const key = await gate.keyWith(['pause', 'status:read'])
  expect((await get('me', key)).body).toEqual({
    subject: 'key-1',
    kind: 'key',
    keyId: expect.any(String),
    scopes: ['status:read', 'pause'],
    approvals: { resume: 1, plan: 0, planAboveUsd: '0', bigPlanUsd: null },
    version: 'test',
    revision: '',
    configHash: 'c0ffee',
  })
  expect(await body('me')).toMatchObject({ kind: 'operator', subject: 'operator', keyId: null })
  expect(await body('config')).toEqual({ hash: 'c0ffee', version: 'test', revision: '', config: { chains: {} } })
  const other = await gate.keyWith(['ledger:read'])
  expect((await get('config', other)).status).toBe(403)
})

test('positions are those of the last cycle, with what is under way and what is not known', async () => {
  const { inTransit, ...rest } = await body('portfolios/core/positions')
  expect(rest).toMatchObject({
    cycleId: 'second',
    navUsd: '4000',
    isComplete: false,
    positions: [
      {
        asset: 'ETH',
        kind: 'spot',
        chain: 'alpha',
        symbol: 'WETH',
        amount: '1',
        units: '1000000000000000000',
        valueUsd: '3000',
        share: '0.75',
      },
    ],
    derivatives: [],
    // What left after the measurement is in the positions.
    inTransitUsd: '998',
    unattributed: [{ chain: 'alpha', symbol: 'USDC', amount: '1.5' }],
    unknown: {
      assets: [{ asset: 'BTC', reason: 'Holdings on beta are unknown: timeout' }],
      chains: [{ chain: 'beta', reason: 'timeout' }],
      derivatives: null,
    },
  })
  expect(inTransit).toMatchObject([
    {
      transfer: early.id,
      from: 'alpha',
      to: 'beta',
      valueUsd: '998',
      expectedAt: new Date(early.sentAt + 20_000).toISOString(),
      isLate: false,
      isInPositions: false,
    },
    { transfer: late.id, isLate: true, isInPositions: true },
  ])
})

test('the series of drifts goes back page by page', async () => {
  const first = await body('portfolios/core/drift?limit=1')
  expect(first).toMatchObject({
    points: [{ cycleId: 'second', drift: '0.05', isComplete: false, assets: [{ asset: 'ETH', target: '0.9' }] }],
    next: 'second',
  })
  expect(await body('portfolios/core/drift?before=second')).toEqual({
    portfolio: 'core',
    points: [expect.objectContaining({ cycleId: 'first', navUsd: '25000000' })],
  })
  expect(await body('portfolios/core/drift?before=first')).toEqual({ portfolio: 'core', points: [] })
})

describe('costs', () => {
  test('are held against what was expected, exactly', async () => {
    const { total, groups } = await body('portfolios/core/costs?by=venue')
    expect(groups).toEqual([{ key: 'zeroex', ...(total as object) }])
    expect(total).toMatchObject({
      legs: 1,
      notionalUsd: '3000',
      expected: { gasUsd: '0.333333333333333333' },
      realised: { slippageUsd: '2', feesUsd: '1', gasUsd: '0.5', totalUsd: '3.5' },
      slippage: { expectedUsd: '0', differenceUsd: '2', realisedBps: '6.6666', differenceBps: '6.6666' },
    })
    const nothing = await body('portfolios/core/costs?to=2020-01-31T00:00:00Z')
    expect(nothing).toMatchObject({
      from: '2020-01-01T00:00:00.000Z',
      groups: [],
      total: { legs: 0, notionalUsd: '0', slippage: { realisedBps: null } },
    })
  })

  test.each([
    ['from=2020-01-02T00:00:00Z&to=2020-01-01T00:00:00Z', '/from'],
    ['from=2018-01-01T00:00:00Z&to=2020-01-01T00:00:00Z', '/from'],
    ['from=yesterday', '/from'],
    ['by=colour', '/by'],
  ])('of %s are refused', async (query, pointer) => {
    const answer = await get(`portfolios/core/costs?${query}`)
    expect([answer.status, answer.body]).toEqual([
      400,
      expect.objectContaining({ errors: [expect.objectContaining({ pointer })] }),
    ])
  })
})

test('prices are what was read last, with every source and the reason why one is not used', async () => {
  expect(await body('prices')).toMatchObject({
    readAt: null,
    assets: [{ asset: 'ETH', isUsed: false, refusal: 'Its sources were not asked yet.', sources: [] }, {}, {}],
  })
  const source = (asset: string, name: string, price: bigint) => ({
    asset,
    source: name,
    status: 'usable' as const,
    price,
    timestamp: NOW / 1000 - 30,
  })
  const silent = { asset: 'ETH', source: 'reference', status: 'unusable' as const, reason: 'timeout' }
  const prices: AssetPrice[] = [
    {
      asset: 'USD',
      status: 'known',
      price: (ONE_USD * 993n) / 1000n,
      sources: [source('USD', 'feed', ONE_USD), source('USD', 'reference', (ONE_USD * 986n) / 1000n)],
    },
    {
      asset: 'ETH',
      status: 'unknown',
      reason: 'ETH needs 2 price sources, 1 usable.',
      sources: [source('ETH', 'feed', 1n), silent],
    },
  ]
  gate.board.keep(prices)
  await gate.store.tripBreaker({ code: 'B-09', scope: 'asset:ETH', level: 'paused_new', reason: 'C-31: apart' }, NOW)
  expect(await body('prices')).toMatchObject({
    ageSeconds: 0,
    assets: [
      {
        asset: 'ETH',
        isUsed: false,
        priceUsd: null,
        refusal: 'ETH needs 2 price sources, 1 usable.',
        sources: [
          { source: 'feed', ageSeconds: 30, error: null },
          { source: 'reference', priceUsd: null, error: 'timeout' },
        ],
        peg: null,
        hold: { reason: 'C-31: apart' },
      },
      {
        asset: 'USD',
        isUsed: true,
        priceUsd: '0.993',
        divergence: '0.014198782961460447',
        peg: { distance: '0.007', warnsFrom: '0.005', stopsFrom: '0.01', isOff: true },
        hold: null,
      },
      { asset: 'BTC', isUsed: false },
    ],
  })
})

test('chains are told with their endpoints, by host alone', async () => {
  expect(await body('chains')).toMatchObject({
    chains: [
      {
        chain: 'alpha',
        isAgreed: true,
        head: { number: '100', ageSeconds: 4 },
        endpoints: [{ host: 'amber.example', isHealthy: false, reason: 'it lies', head: '97', lagSeconds: 6 }],
      },
      { chain: 'beta', isAgreed: null, lookedAt: null, head: null },
    ],
  })
})

test('breakers are listed newest first, page by page, and those that hold all the time', async () => {
  const trip = { scope: 'chain:alpha', level: 'paused_new', reason: 'No blocks.' } as const
  for (const code of ['B-06', 'B-05'] as const) await gate.store.tripBreaker({ ...trip, code }, NOW)
  type Page = { open: object[]; recent: object[]; next: number }
  const first = (await body('breakers?limit=1')) as Page
  expect(first.recent).toMatchObject([{ code: 'B-05' }])
  expect(first.open.slice(0, 2)).toMatchObject([{ code: 'B-05' }, { code: 'B-06' }])
  const second = (await body(`breakers?limit=1&before=${first.next}`)) as Page
  expect(second).toMatchObject({ open: first.open, recent: [{ code: 'B-06' }] })
})

describe('lists are filtered', () => {
  const names = async (path: string, list: string, of: string) =>
    ((await body(path))[list] as Record<string, string>[]).map((one) => one[of])

  test('cycles by outcome and mode', async () => {
    const ids = await names('cycles', 'cycles', 'id')
    const ended = cycles.filter(({ outcome }) => outcome === 'traded').map(({ id }) => id)
    expect(await names('cycles?outcome=traded&mode=live', 'cycles', 'id')).toEqual(
      ids.filter((id) => ended.includes(id!)),
    )
    expect(await names('cycles?mode=dry-run', 'cycles', 'id')).toEqual([])
    const running = cycles.filter(({ outcome }) => outcome === undefined).map(({ id }) => id)
    expect(await names('cycles?outcome=running', 'cycles', 'id')).toEqual(ids.filter((id) => running.includes(id!)))
    expect(ended.length + running.length).toBeGreaterThan(0)
  })

  test('breakers by code and scope, those that hold as well', async () => {
    const found = async (query: string) => [
      await names(`breakers?${query}`, 'open', 'code'),
      await names(`breakers?${query}`, 'recent', 'code'),
    ]
    expect(await found('code=B-06')).toEqual([['B-06'], ['B-06']])
    expect(await found('scope=chain:alpha&limit=1')).toEqual([['B-05', 'B-06'], ['B-05']])
    expect(await found('scope=chain:beta')).toEqual([[], []])
  })

  test('the audit log by time', async () => {
    const [first, second] = [await gate.audit.append(anEntry()), await gate.audit.append(anEntry())]
    const at = ({ at: time }: { at: number }) => new Date(time).toISOString()
    const sequences = (query: string) => names(`audit?${query}`, 'records', 'sequence')
    expect(await sequences(`from=${at(first)}&to=${at(second)}`)).toEqual([first.sequence])
    expect(await sequences(`from=${at(second)}`)).toEqual([second.sequence])
    expect(await sequences(`to=${at(second)}&limit=1`)).toEqual([first.sequence])
  })

  test('the ledger by chain and asset, balances as well', async () => {
    const found = async (query: string) => [
      await names(`portfolios/core/ledger?${query}`, 'postings', 'symbol'),
      await names(`portfolios/core/ledger?${query}`, 'balances', 'symbol'),
    ]
    const all = [['USDC', 'USDC'], ['USDC']]
    expect(await found('chain=alpha')).toEqual(all)
    expect(await found('asset=USD&chain=alpha')).toEqual(all)
    expect(await found('asset=USD&chain=beta')).toEqual([[], []])
    expect(await found('asset=ETH')).toEqual([[], []])
  })
})

describe('transfers', () => {
  test('are listed newest first, by portfolio and state', async () => {
    const all = await body('transfers?portfolio=core&limit=2')
    expect(all).toMatchObject({ transfers: [{ id: late.id, isLate: true }, { id: early.id }], next: early.id })
    expect(await body(`transfers?before=${early.id}`)).toMatchObject({ transfers: [{ id: arrived.id, isOpen: false }] })
    expect(await body('transfers?state=late')).toMatchObject({ transfers: [{ id: late.id, portfolio: 'core' }] })
  })

  const events = async (id: string) => {
    const { timeline } = await body(`transfers/${id}`)
    return (timeline as { event: string; isAhead: boolean }[]).map(({ event, isAhead }) =>
      isAhead ? `(${event})` : event,
    )
  }

  test('tell what became of them, and what would be due', async () => {
    expect(await events(arrived.id)).toEqual(['sent', 'arrived', 'expected', 'arrival-final'])
    // Nothing but the clock has said that it is late.
    expect(await events(early.id)).toEqual(['signed', 'sent', 'expected', '(late)', '(lost-suspected)'])
    const { expected, late: lateAt } = dueTimesOf(early)
    expect([expected, lateAt]).toEqual([early.sentAt + 20_000, early.sentAt + 120_000])
    expect(await body(`transfers/${early.id}`)).toMatchObject({ intents: ['plan-2.1.approve.1', 'plan-2.1.bridge.1'] })
  })

  test('somebody who looked at one stands in its timeline', async () => {
    await gate.store.markInvestigated({
      transferId: late.id,
      by: 'ada',
      reason: 'Asked them.',
      note: undefined,
      at: NOW + 9,
    })
    gate.clock.pass(60_000)
    expect(await events(late.id)).toContain('investigated')
    expect(await body('transfers?state=late')).toMatchObject({
      transfers: [{ investigation: { by: 'ada', note: null } }],
    })
  })
})

test('intents are listed newest first, and each says in words what its bytes do (A-09)', async () => {
  const list = await body('intents?portfolio=core&leg=plan-2.1')
  expect(list).toMatchObject({ intents: [{ kind: 'bridge', cycleId: 'second' }, { kind: 'approve' }] })
  expect(await body('intents?state=reserved')).toMatchObject({ intents: [{ id: 'plan-2.1.approve.1' }] })
  const call = {
    status: 'decoded',
    function: 'approve',
    arguments: [{ name: 'spender' }, { name: 'amount', value: '5000000' }],
    means: { spender: expect.stringMatching(/d1$/i), takes: { symbol: 'USDC', amount: '5', units: '5000000' } },
  }
  expect(await body('intents/plan-2.1.approve.1')).toMatchObject({ call })
  const undecoded = { status: 'undecoded', reason: expect.stringContaining('no data'), means: null }
  expect(await body('cycles/second')).toMatchObject({ intents: [{ call }, { call: undecoded }] })
})

test.each([
  ['transfers?limit=501', '/limit'],
  ['transfers?state=lost', '/state'],
  ['transfers?portfolio=nobody', '/portfolio'],
  ['transfers?before=nothing', '/before'],
  ['proposals?before=nothing', '/before'],
  ['breakers?before=nothing', '/before'],
  ['breakers?code=B-99', '/code'],
  ['breakers?scope=chain:gamma', '/scope'],
  ['cycles?outcome=lost', '/outcome'],
  ['cycles?mode=paper', '/mode'],
  ['proposals?kind=pause', '/kind'],
  ['audit?from=yesterday', '/from'],
  ['audit?to=2026-01-31', '/to'],
  ['portfolios/core/ledger?chain=gamma', '/chain'],
  ['portfolios/core/ledger?asset=DOGE', '/asset'],
  ['intents?limit=501', '/limit'],
  ['intents?portfolio=nobody', '/portfolio'],
  ['intents?before=nothing', '/before'],
  ['portfolios/core/drift?limit=501', '/limit'],
  ['portfolios/core/drift?before=nothing', '/before'],
  ['cycles?x=1', '/x'],
  ['state?x=1', '/x'],
  ['state?a%2Fb~c=1', '/a~1b~0c'],
])('%s is refused, and told where', async (path, pointer) => {
  const answer = await get(path)
  expect([answer.status, answer.body]).toEqual([
    400,
    expect.objectContaining({ errors: [expect.objectContaining({ pointer })] }),
  ])
})

test.each(['transfers/nothing', 'transfers/%00', 'portfolios/nobody/positions', 'portfolios/nobody/costs'])(
  '%s is not there',
  async (path) => expect((await get(path)).status).toBe(404),
)
