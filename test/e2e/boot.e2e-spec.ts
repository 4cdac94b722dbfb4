import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { sql } from 'kysely'
import { adminToken, type DaemonProcess, runDaemonCommand, startDaemon } from '../support/daemon-process.js'
import { createTestDatabase, type TestDatabase } from '../support/database.js'
import { type CycleDetail, cyclesOf } from '../support/rally.js'
import { type RpcProxy, startRpcProxy } from '../support/rpc-proxy.js'
import { type SandboxWorld, startSandboxWorld } from '../support/sandbox-world.js'
import { until } from '../support/until.js'

jest.setTimeout(30_000)

let world: SandboxWorld
let database: TestDatabase
let daemon: DaemonProcess
const proxies = new Map<string, RpcProxy>()

beforeAll(async () => {
  database = await createTestDatabase()
  world = await startSandboxWorld('calm')
  for (const { key, rpcUrl } of world.chains) proxies.set(key, await startRpcProxy(rpcUrl))
  const config = await world.config(
    (file) => {
      for (const [key, chain] of Object.entries(file.chains)) chain.rpc = [proxies.get(key)!.url]
      file.log = { level: 'debug' }
    },
    { schedule: '*/2 * * * * *' },
  )
  daemon = await startDaemon({ config, databaseUrl: database.url })
  await until('three cycles', 20_000, async () => ((await cyclesOf(daemon)).length >= 3 ? true : undefined))
}, 90_000)

afterAll(async () => {
  await daemon?.kill()
  for (const proxy of proxies.values()) await proxy.stop()
  await world?.stop()
  await database?.drop()
}, 30_000)

const ops = async (path: string) => {
  const answer = await fetch(`${daemon.metricsUrl}${path}`)
  return { status: answer.status, type: answer.headers.get('content-type') ?? '', text: await answer.text() }
}
const isProblem = (status: number, code: string) => ({
  status,
  type: expect.stringContaining('application/problem+json'),
  body: expect.objectContaining({ status, code, title: expect.any(String), detail: expect.any(String) }),
})

describe('the metrics port', () => {
  it('says that the daemon lives and is ready', async () => {
    expect(await ops('/livez')).toMatchObject({ status: 200, text: expect.stringContaining('"status":"ok"') })
    expect(await ops('/readyz')).toMatchObject({
      status: 200,
      text: expect.stringMatching(/"database":\{[^}]*"status":"up"\}/),
    })
  })

  it('shows drift, cycles, trades, transactions and bridges', async () => {
    const { status, type, text } = await ops('/metrics')
    expect(status).toBe(200)
    expect(type).toContain('text/plain')
    expect(text).toMatch(/^evenkeel_cycles_total\{[^}]*outcome="within_band"[^}]*\} [1-9]/m)
    for (const family of [
      'evenkeel_asset_drift',
      'evenkeel_portfolio_value_usd',
      'evenkeel_trades_total',
      'evenkeel_transactions_total',
      'evenkeel_bridge_transfers',
    ])
      expect(text).toMatch(new RegExp(`^${family}\\w*\\{`, 'm'))
  })

  it('names the same build as GET /v1/version', async () => {
    const { version, revision, nodeVersion, configHash } = (await daemon.get('/v1/version')).body as Record<
      string,
      string
    >
    const { text } = await ops('/metrics')
    expect(text).toContain(
      `evenkeel_build_info{version="${version}",revision="${revision}",node_version="${nodeVersion}"} 1`,
    )
    expect(text).toContain(`evenkeel_config_info{config_hash="${configHash}",`)
  })

  it('is the only one that shows them', async () => {
    for (const path of ['/metrics', '/livez', '/readyz'])
      expect(await daemon.get(path)).toEqual(isProblem(404, 'not-found'))
    expect((await ops('/v1/portfolios')).status).toBe(404)
  })
})

describe('the admin API', () => {
  it('lists the portfolio with weights, bands and drift by asset and chain', async () => {
    const { status, body } = await daemon.get('/v1/portfolios')
    expect(status).toBe(200)
    const one = await daemon.get('/v1/portfolios/treasury')
    expect(body).toMatchObject({ portfolios: [{ id: 'treasury', mode: 'live' }] })
    expect(one.body).toMatchObject({
      id: 'treasury',
      account: { alias: 'treasury', address: world.treasury },
      operatingState: { state: 'running' },
      isComplete: true,
      lastCycle: { outcome: 'within_band' },
    })
    const { assets, chains } = one.body as { assets: { asset: string; isInBand: boolean }[]; chains: object[] }
    expect(assets.map(({ asset }) => asset).toSorted()).toEqual(['BTC', 'DAI', 'ETH', 'LINK', 'USDC', 'USDT'])
    expect(assets.every(({ isInBand }) => isInBand)).toBe(true)
    expect(assets[0]).toMatchObject({ weight: expect.any(String), target: '0.4', band: '0.025' })
    expect(chains).toHaveLength(3)
  })

  it('lists cycles and tells of each why nothing was done', async () => {
    const [newest] = (await cyclesOf(daemon)).filter(({ outcome }) => outcome !== null)
    expect(newest).toMatchObject({ outcome: 'within_band', legs: 0 })
    const { status, body } = await daemon.get(`/v1/cycles/${newest!.id}`)
    expect(status).toBe(200)
    const { decision } = body as CycleDetail
    expect(decision).toMatchObject({ act: false, code: 'within-band' })
    expect(decision.reasons[0]).toContain('inside its band')
  })

  it('pages through cycles without leaving one out', async () => {
    const all = (await cyclesOf(daemon)).map(({ id }) => id)
    const first = (await daemon.get(`/v1/cycles?limit=1&before=${all[0]}`)).body as { cycles: { id: string }[] }
    expect(first.cycles.map(({ id }) => id)).toEqual([all[1]])
  })

  it.each([
    ['/v1/nothing', 404, 'not-found'],
    ['/v1/portfolios/other', 404, 'not-found'],
    ['/v1/cycles/other', 404, 'not-found'],
    ['/v1/cycles/%00', 404, 'not-found'],
    [`/v1/cycles/${'a'.repeat(65)}`, 404, 'not-found'],
    ['/v1/cycles?before=treasury-20260101T000000Z', 400, 'invalid-request'],
    ['/v1/cycles?before=%00', 400, 'invalid-request'],
    ['/v1/cycles?portfolio=%00', 400, 'invalid-request'],
    ['/v1/cycles?limit=0', 400, 'invalid-request'],
    ['/v1/cycles?colour=red', 400, 'invalid-request'],
  ])('answers %s with problem %s', async (path, status, code) => {
    expect(await daemon.get(path)).toEqual(isProblem(status, code))
  })

  // Four failed logins: the fifth of a minute would shut this address out.
  it.each([
    ['/v1/pause', undefined],
    ['/v1/resume', undefined],
    ['/v1/portfolios/treasury/inflows', 'another token'],
  ])('refuses %s with the token %s', async (path, token) => {
    expect(await daemon.post(path, { reason: 'a test' }, token)).toEqual(isProblem(401, 'unauthorised'))
    expect((await daemon.get('/v1/state')).body).toMatchObject({ state: 'running' })
  })

  it('refuses reads without it too, and has written down who was refused', async () => {
    expect(await daemon.get('/v1/state', 'another token')).toEqual(isProblem(401, 'unauthorised'))
    const { rows } = await sql<{ record: object }>`
      select record from audit_log where action = 'authenticate' order by sequence`.execute(database.database)
    const refused = { actor: 'anonymous', source: '127.0.0.1', result: 'denied' }
    expect(rows.map(({ record }) => record)).toMatchObject([refused, refused, refused, refused])
  })

  it('describes itself to everybody', async () => {
    const answer = await fetch(`${daemon.adminUrl}/openapi.json`)
    expect(await answer.json()).toMatchObject({ openapi: '3.1.0', paths: { '/v1/pause': expect.any(Object) } })
  })

  it('refuses a body with a property too many, one without a reason, and one that is no JSON', async () => {
    expect(await daemon.post('/v1/pause', { reason: 'a test', until: 'noon' }, adminToken)).toEqual(
      isProblem(400, 'invalid-request'),
    )
    expect(await daemon.post('/v1/pause', {}, adminToken)).toEqual(isProblem(400, 'invalid-request'))
    expect(await daemon.post('/v1/pause', { reason: 'a\0b' }, adminToken)).toEqual(isProblem(400, 'invalid-request'))
    const broken = await fetch(`${daemon.adminUrl}/v1/pause`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${adminToken}` },
      body: '{"reason":',
    })
    expect(broken.status).toBe(400)
    expect(broken.headers.get('content-type')).toContain('application/problem+json')
  })

  it('pauses and resumes with the token, and says since when and why', async () => {
    const paused = await daemon.post('/v1/pause', { reason: 'a look at the numbers' }, adminToken)
    expect(paused).toMatchObject({ status: 200, body: { state: 'paused_new', reason: 'a look at the numbers' } })
    const skipped = /^evenkeel_cycles_total\{[^}]*outcome="paused"[^}]*\} [1-9]/m
    await until('a cycle that is skipped', 10_000, async () =>
      skipped.test((await ops('/metrics')).text) ? true : undefined,
    )
    expect((await ops('/metrics')).text).toMatch(/^evenkeel_operating_state\{[^}]*state="paused_new"[^}]*\} 1$/m)
    const resumed = await daemon.post('/v1/resume', { reason: 'seen enough' }, adminToken)
    expect(resumed).toMatchObject({ status: 200, body: { state: 'running', reason: 'seen enough' } })
  })
})

describe('the end', () => {
  it('comes with code 0 within ten seconds of SIGTERM', async () => {
    const asked = Date.now()
    daemon.signal('SIGTERM')
    expect(await daemon.ended).toMatchObject({ code: 0, signal: null, stderr: '' })
    expect(Date.now() - asked).toBeLessThan(10_000)
    expect(daemon.logs.filter(({ event }) => event === 'daemon-stopping')).toMatchObject([{ signal: 'SIGTERM' }])
    expect(daemon.logs.at(-1)).toMatchObject({ level: 'info', event: 'daemon-stopped' })
  })

  it('has cost each chain one multicall per snapshot, one more to reconcile, and one look at its id and at its feeds', async () => {
    const snapshots = daemon.logs.filter(({ event }) => event === 'portfolio-measured').length
    expect(snapshots).toBeGreaterThanOrEqual(3)
    for (const { multicall, key } of world.world.chains) {
      const { calls, counts } = proxies.get(key)!
      const { eth_chainId, eth_call = 0 } = counts()
      expect(eth_chainId).toBe(1)
      expect(eth_call).toBeGreaterThanOrEqual(snapshots)
      expect(eth_call).toBeLessThanOrEqual(2 * snapshots + 1)
      const targets = calls.filter(({ method }) => method === 'eth_call').map(({ params }) => params[0])
      for (const target of targets) expect((target as { to: string }).to.toLowerCase()).toBe(multicall.toLowerCase())
    }
  })
})

describe('a start that waits for an endpoint which never answers', () => {
  it('ends with code 0 when it is told to, and has left nothing behind', async () => {
    const silent = createServer()
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const asked = once(silent, 'connection')
    const rpc = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`
    const config = await world.config((file) => {
      for (const chain of Object.values(file.chains)) chain.rpc = [rpc]
    })
    const own = await createTestDatabase()
    const environment = { DATABASE_URL: own.url, EVENKEEL_ADMIN_TOKEN: adminToken }
    const ending = runDaemonCommand(['start', '--config', config], environment, asked)
    await asked
    const toldAt = Date.now()
    expect(await ending).toMatchObject({ code: 0, signal: null, stderr: '' })
    expect(Date.now() - toldAt).toBeLessThan(8_000)
    silent.closeAllConnections()
    silent.close()
    await own.drop()
  })
})

describe('a start with an unfinished cycle of a portfolio that has left the file', () => {
  it('is refused with code 2, in a line that names both', async () => {
    const { rows } = await sql<{ id: string }>`
      update cycles set portfolio = 'gone', ended_at = null, outcome = null
      where id = (select max(id) from cycles) returning id`.execute(database.database)
    const [{ id } = { id: 'none' }] = rows
    const start = startDaemon({ config: await world.config(), databaseUrl: database.url })
    await expect(start).rejects.toThrow(`ended with 2: portfolios: expected gone, whose cycle ${id} is not finished`)
  })
})

describe('a daemon whose database goes away', () => {
  it('lives on and is not ready', async () => {
    const lost = await createTestDatabase()
    daemon = await startDaemon({ config: await world.config(), databaseUrl: lost.url })
    expect((await ops('/readyz')).status).toBe(200)
    await lost.drop()
    expect(await ops('/readyz')).toMatchObject({ status: 503, text: expect.stringContaining('database') })
    expect((await ops('/livez')).status).toBe(200)
  })
})
