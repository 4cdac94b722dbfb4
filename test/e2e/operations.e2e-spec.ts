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
  config = await world.config((file) => (file.portfolios['treasury']!.cooldownSeconds = 0), {
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
    const asked = Date.now()
    daemon = await startDaemon({ config, databaseUrl: database.url })
    await until('the lease to be taken', 10_000, () => daemon.logs.find(({ event }) => event === 'lease-taken'))
    expect(Date.now() - asked).toBeLessThan(5_000)
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
    const paths = new Set(requests.map(({ url }) => url.split('?')[0]))
    expect(paths).toContain('/v1/quote')
    expect(paths).toContain('/v1/status')
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
    expect(procedures).toEqual(new Set(['getPrice', 'getQuote']))
  })
})
