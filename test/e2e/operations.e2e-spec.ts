import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { readFile } from 'node:fs/promises'
import { adminToken, type DaemonProcess, startDaemon } from '../support/daemon-process.js'
import { createTestDatabase, type TestDatabase } from '../support/database.js'
import { type CycleDetail, cycleOf, lastWords, playScenario, tradingCycle } from '../support/rally.js'
import { type SandboxWorld, startSandboxWorld } from '../support/sandbox-world.js'
import { until } from '../support/until.js'

jest.setTimeout(90_000)

let world: SandboxWorld
let database: TestDatabase
let config: string
let daemon: DaemonProcess

beforeAll(async () => {
  database = await createTestDatabase()
  world = await startSandboxWorld('rally')
  config = await world.config((file) => (file.portfolios['treasury']!.rebalancing.cooldownSeconds = 0), {
    schedule: '*/3 * * * * *',
  })
  await playScenario(world)
  daemon = await startDaemon({ config, databaseUrl: database.url })
}, 90_000)

afterAll(async () => {
  await daemon?.kill()
  await world?.stop()
  await database?.drop()
}, 30_000)

const cycleWhen = (id: string, awaited: string, holds: (cycle: CycleDetail) => boolean) =>
  until(
    awaited,
    60_000,
    async () => {
      const cycle = await cycleOf(daemon, id)
      return holds(cycle) ? cycle : undefined
    },
    () => lastWords(daemon),
  )
const hasBegun = (cycle: CycleDetail, legId: string) => cycle.intents.some((intent) => intent.legId === legId)

describe('a pause in the middle of a rebalance', () => {
  let before: CycleDetail
  let after: CycleDetail

  it('begins no leg any more, finishes what is signed and takes back what is only approved', async () => {
    const { id } = await tradingCycle(daemon)
    before = await cycleWhen(id, 'a transfer in flight', ({ transfers }) =>
      transfers.some(({ state }) => state === 'in_flight'),
    )
    expect(before.legs.some(({ state }) => state === 'waiting')).toBe(true)
    const pausedAt = Date.now()
    expect(await daemon.post('/v1/pause', { reason: 'a rumour' }, adminToken)).toMatchObject({ status: 200 })
    after = await cycleWhen(id, 'the cycle to end', ({ outcome }) => outcome !== null)

    const begunLater = after.legs.filter(({ id: leg }) =>
      after.intents.every(({ legId, reservedAt }) => legId !== leg || Date.parse(reservedAt) > pausedAt + 1_000),
    )
    expect(begunLater.length).toBeGreaterThan(0)
    for (const leg of begunLater)
      expect(leg).toMatchObject({ state: 'skipped', failure: { code: 'PAUSED', detail: 'a rumour' } })
    for (const leg of after.legs.filter(({ id: leg }) => hasBegun(before, leg))) {
      const hasTraded = after.intents.some(
        ({ legId, kind, attempts }) =>
          legId === leg.id && attempts.length > 0 && (kind === 'swap' || kind === 'bridge'),
      )
      if (hasTraded) expect(leg.state).toBe('done')
      else expect(leg).toMatchObject({ state: 'failed', failure: { code: 'PAUSED', detail: 'a rumour' } })
    }
    const signedLater = after.intents.filter(({ kind, attempts }) =>
      attempts.some(({ signedAt }) => kind !== 'revoke' && Date.parse(signedAt) > pausedAt + 1_000),
    )
    expect(signedLater).toEqual([])
    expect(after.transfers.map(({ state }) => state)).toEqual(after.transfers.map(() => 'full'))
    expect(after.intents.every(({ state }) => state === 'final_ok' || state === 'released')).toBe(true)
  })

  it('outlives a restart', async () => {
    daemon.signal('SIGTERM')
    expect(await daemon.ended).toMatchObject({ code: 0, stderr: '' })
    daemon = await startDaemon({ config, databaseUrl: database.url })
    expect((await daemon.get('/v1/state')).body).toMatchObject({ state: 'paused_new', reason: 'a rumour' })
  })
})

describe('what the admin API tells of it', () => {
  const isProblem = (status: number, code: string) => ({
    status,
    type: expect.stringContaining('application/problem+json'),
    body: expect.objectContaining({ status, code, title: expect.any(String), detail: expect.any(String) }),
  })
  interface Posting {
    readonly book: string
    readonly chain: string
    readonly token: string
    readonly units: string
    readonly account: string
  }
  interface Ledger {
    readonly postings: readonly Posting[]
    readonly balances: readonly Omit<Posting, 'book' | 'account'>[]
    readonly next?: string
  }

  it('of an intent: every state with its moment, lease and proof, and what each endpoint said', async () => {
    const { body } = await daemon.get('/v1/cycles?limit=1')
    const cycle = await cycleOf(daemon, (body as { cycles: [{ id: string }] }).cycles[0].id)
    const { id } = cycle.intents.find(({ state }) => state === 'final_ok')!
    const { status, body: intent } = await daemon.get(`/v1/intents/${id}`)
    expect(status).toBe(200)
    const { timeline, broadcasts, attempts } = intent as {
      timeline: { state: string; at: string; epoch: number; evidence: string }[]
      broadcasts: { endpoint: string; hash: string }[]
      attempts: { hash: string }[]
    }
    expect(timeline.map(({ state }) => state)).toEqual(['reserved', 'signed', 'mined', 'final_ok'])
    expect(timeline.map(({ at }) => at)).toEqual(timeline.map(({ at }) => at).toSorted())
    for (const { at, epoch, evidence } of timeline)
      expect({ isMoment: Date.parse(at) > 0, isLed: epoch > 0, isProven: evidence.length > 0 }).toEqual({
        isMoment: true,
        isLed: true,
        isProven: true,
      })
    expect(timeline.at(-1)!.evidence).toContain('finalised block')
    expect(new Set(broadcasts.map(({ endpoint }) => endpoint)).size).toBeGreaterThan(1)
    for (const { hash } of broadcasts) expect(attempts.map((one) => one.hash)).toContain(hash)
  })

  it('of the ledger: balances that the final postings make up, in pages', async () => {
    const postings: Posting[] = []
    let page = (await daemon.get('/v1/portfolios/treasury/ledger?limit=50')).body as Ledger
    const { balances } = page
    postings.push(...page.postings)
    while (page.next !== undefined) {
      page = (await daemon.get(`/v1/portfolios/treasury/ledger?limit=50&before=${page.next}`)).body as Ledger
      postings.push(...page.postings)
    }
    expect(postings.length).toBeGreaterThan(50)
    expect(balances.length).toBeGreaterThan(0)
    for (const { chain, token, units } of balances) {
      const own = postings.filter(
        (one) => one.account === 'wallet' && one.book === 'final' && one.chain === chain && one.token === token,
      )
      expect(own.reduce((sum, one) => sum + BigInt(one.units), 0n)).toBe(BigInt(units))
    }
  })

  it('of limits and breakers: what is used of each cap, and that nothing holds', async () => {
    const limits = (await daemon.get('/v1/limits')).body as {
      portfolios: [{ gasPerDay: { usedUsd: string; capUsd: string }; chains: object[] }]
    }
    const [treasury] = limits.portfolios
    expect(Number(treasury.gasPerDay.usedUsd)).toBeGreaterThan(0)
    expect(Number(treasury.gasPerDay.capUsd)).toBeGreaterThan(Number(treasury.gasPerDay.usedUsd))
    expect(treasury.chains).toHaveLength(world.chains.length)
    expect(await daemon.get('/v1/breakers')).toMatchObject({ status: 200, body: { open: [] } })
  })

  it('of scopes: each is stopped and let go alone, at its level', async () => {
    const stops = [
      ['pause', { scope: 'chain:bay', level: 'hard' }, 'paused_hard'],
      ['pause', { scope: 'asset:LINK' }, 'paused_new'],
      ['halt', { scope: 'portfolio:treasury' }, 'halted'],
    ] as const
    for (const [verb, body, state] of stops)
      expect(await daemon.post(`/v1/${verb}`, { ...body, reason: 'a drill' }, adminToken)).toMatchObject({
        status: 200,
        body: { scope: body.scope, state, reason: 'a drill', by: 'operator' },
      })
    const { scopes } = (await daemon.get('/v1/state')).body as { scopes: { scope: string; state: string }[] }
    expect(scopes.map(({ scope, state }) => [scope, state])).toEqual(
      expect.arrayContaining([['all', 'paused_new'], ...stops.map(([, { scope }, state]) => [scope, state])]),
    )
    for (const [, { scope }] of stops)
      expect(await daemon.post('/v1/resume', { scope, reason: 'done' }, adminToken)).toMatchObject({
        status: 200,
        body: { scope, state: 'running', cleared: [] },
      })
    expect((await daemon.get('/v1/state')).body).toMatchObject({ state: 'paused_new', scopes: [{ scope: 'all' }] })
  })

  it.each([
    ['/v1/intents/nothing', 404, 'not-found'],
    ['/v1/intents/%00', 404, 'not-found'],
    ['/v1/portfolios/other/ledger', 404, 'not-found'],
    ['/v1/portfolios/treasury/ledger?limit=0', 400, 'invalid-request'],
    ['/v1/portfolios/treasury/ledger?before=yesterday', 400, 'invalid-request'],
    ['/v1/breakers?limit=many', 400, 'invalid-request'],
  ])('answers %s with problem %s', async (path, status, code) => {
    expect(await daemon.get(path)).toEqual(isProblem(status, code))
  })

  it.each([
    ['pause', { scope: 'chain:atlantis', reason: 'a drill' }],
    ['pause', { level: 'soft', reason: 'a drill' }],
    ['halt', { scope: 'all' }],
    ['halt', { level: 'hard', reason: 'a drill' }],
    ['resume', { reason: 'done', clear: ['B-99'] }],
  ])('refuses %s of %j, and changes nothing', async (verb, body) => {
    expect(await daemon.post(`/v1/${verb}`, body, adminToken)).toEqual(isProblem(400, 'invalid-request'))
    expect((await daemon.get('/v1/state')).body).toMatchObject({ state: 'paused_new', scopes: [{ scope: 'all' }] })
  })
})

describe('SIGTERM in the middle of a rebalance', () => {
  it('ends the process with code 0 within ten seconds and mistakes nothing unfinished for a loss', async () => {
    await daemon.post('/v1/resume', { reason: 'the rumour is wrong' }, adminToken)
    const { id } = await until('a second cycle that trades', 60_000, async () => {
      const open = await database.database
        .selectFrom('cycles')
        .innerJoin('intents', 'intents.cycle_id', 'cycles.id')
        .select('cycles.id')
        .where('ended_at', 'is', null)
        .where('intents.state', '=', 'mined')
        .executeTakeFirst()
      return open
    })
    const asked = Date.now()
    daemon.signal('SIGTERM')
    expect(await daemon.ended).toMatchObject({ code: 0, stderr: '' })
    expect(Date.now() - asked).toBeLessThan(10_000)
    expect(daemon.logs.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([])
    const { ended_at: endedAt } = await database.database
      .selectFrom('cycles')
      .select('ended_at')
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
    expect(endedAt).toBeNull()
  })

  it('gives the lease back, so that a successor goes on at once', async () => {
    const lease = await database.database.selectFrom('lease').select('holder').executeTakeFirst()
    expect(lease).toEqual({ holder: null })
    daemon = await startDaemon({ config, databaseUrl: database.url })
    await until('the lease to be taken', 10_000, () => daemon.logs.find(({ event }) => event === 'lease-taken'))
  })
})

describe('F-47: a leader that is frozen', () => {
  it('is followed within 30 s, and ends by itself when it wakes up, without having signed', async () => {
    const leader = daemon
    const epochOf = (one: DaemonProcess) => one.logs.find(({ event }) => event === 'lease-taken')?.['epoch'] as number
    const signedUnder = (epoch: number) =>
      database.database.selectFrom('signer_journal').select('sequence').where('epoch', '=', String(epoch)).execute()
    daemon = await startDaemon({ config, databaseUrl: database.url })
    leader.signal('SIGSTOP')
    try {
      await until(
        'the standby to lead',
        30_000,
        () => daemon.logs.find(({ event }) => event === 'lease-taken'),
        () => lastWords(daemon),
      )
      const before = await signedUnder(epochOf(leader))
      expect(epochOf(daemon)).toBeGreaterThan(epochOf(leader))
      leader.signal('SIGCONT')
      expect(await leader.ended).toMatchObject({ code: 1, signal: null })
      expect(leader.logs.at(-1)).toMatchObject({ level: 'fatal' })
      expect(await signedUnder(epochOf(leader))).toEqual(before)
    } finally {
      await leader.kill()
    }
  })
})

describe('what the aggregators were asked', () => {
  const versionOf = async (name: string) => {
    const manifest = await readFile(new URL(`../../node_modules/${name}/package.json`, import.meta.url), 'utf8')
    return (JSON.parse(manifest) as { version: string }).version
  }

  it('came to LI.FI from its own SDK, which says its version', async () => {
    const requests = world.control.requests('lifi')
    const version = await versionOf('@lifi/sdk')
    expect(requests.length).toBeGreaterThan(0)
    for (const { headers } of requests)
      expect(headers).toMatchObject({ 'x-lifi-sdk': version, 'x-lifi-integrator': 'evenkeel' })
    expect(requests.map(({ url }) => url.split('?')[0])).toContain('/v1/quote')
  })

  it('came to 0x from its own SDK, as tRPC queries', async () => {
    const requests = world.control.requests('zeroex')
    const procedures = new Set<string>()
    for (const { method, url, headers } of requests) {
      const { pathname, searchParams } = new URL(url, 'http://127.0.0.1')
      procedures.add(pathname.replace('/trpc/swap/swap.allowanceHolder.', ''))
      expect(method).toBe('GET')
      expect([...searchParams.keys()]).toEqual(['input'])
      expect(JSON.parse(searchParams.get('input')!)).toMatchObject({
        chainId: expect.any(Number),
        sellAmount: expect.stringMatching(/^\d+$/),
        taker: world.treasury,
      })
      expect(headers).toMatchObject({ '0x-api-key': 'sandbox', '0x-version': 'v2' })
    }
    // Which legs go through 0x is a matter of prices; a firm quote is asked for where one does.
    expect(procedures).toContain('getPrice')
    expect([...procedures].filter((one) => one !== 'getPrice' && one !== 'getQuote')).toEqual([])
  })
})
