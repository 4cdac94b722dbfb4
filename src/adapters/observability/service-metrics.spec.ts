import { beforeEach, describe, expect, test } from '@jest/globals'
import { Registry } from 'prom-client'
import { FILLING_CAPS, type FillingCap } from '../../domain/policy/cap-use.js'
import { ratioOfBasisPoints } from '../../domain/units/ratio.js'
import { type PoolStanding, ServiceMetrics } from './service-metrics.js'

let registry: Registry
let metrics: ServiceMetrics
let pool: PoolStanding

beforeEach(() => {
  registry = new Registry()
  pool = { idle: 1, inUse: 2, waiting: 3 }
  const labels = {
    revision: '',
    chains: [],
    assets: [],
    venues: [],
    channels: [],
    bridges: [],
    actions: ['pause', 'read'],
    priceLimits: {},
    portfolios: [],
  }
  metrics = new ServiceMetrics(registry, labels, () => ({ work: pool, reads: { idle: 4, inUse: 0, waiting: 0 } }))
})

async function valueOf(series: string): Promise<number | undefined> {
  const found = (await registry.metrics()).split('\n').find((line) => line.startsWith(`${series} `))
  return found === undefined ? undefined : Number(found.split(' ').at(-1))
}

describe('a request to the admin port', () => {
  const answer = (status: number, changes = {}) =>
    metrics.requestAnswered({
      type: 'request-answered',
      method: 'GET',
      route: '/v1/portfolios/:id/drift',
      action: 'read',
      status,
      seconds: 0.02,
      ...changes,
    })
  const requests = (action: string, outcome: string) =>
    valueOf(`evenkeel_admin_requests_total{action="${action}",outcome="${outcome}"}`)

  test('stands at 0 before there was one, for every action and outcome', async () => {
    expect([await requests('pause', 'denied'), await requests('other', 'rate_limited')]).toEqual([0, 0])
  })

  test.each([
    [200, 'ok'],
    [304, 'ok'],
    [401, 'denied'],
    [403, 'denied'],
    [404, 'invalid'],
    [409, 'conflict'],
    [412, 'conflict'],
    [429, 'rate_limited'],
    [503, 'error'],
  ])('that was answered with %i counts as %s', async (status, outcome) => {
    answer(status)
    expect(await requests('read', outcome)).toBe(1)
  })

  test('is timed by the pattern of its path', async () => {
    answer(200)
    const labels = 'method="GET",route="/v1/portfolios/:id/drift",status="2xx"'
    expect(await valueOf(`http_request_duration_seconds_count{${labels}}`)).toBe(1)
    expect(await valueOf(`http_request_duration_seconds_bucket{le="0.01",${labels}}`)).toBe(0)
    expect(await valueOf(`http_request_duration_seconds_bucket{le="0.05",${labels}}`)).toBe(1)
  })

  test('is timed with those of its method and its class of status', async () => {
    answer(401, { method: 'HEAD' })
    answer(404)
    const labels = 'method="GET",route="/v1/portfolios/:id/drift",status="4xx"'
    expect(await valueOf(`http_request_duration_seconds_count{${labels}}`)).toBe(2)
  })

  test('that no route took, of a method nobody knows, adds no label that a caller chose', async () => {
    answer(404, { method: 'BREW', route: undefined, action: undefined })
    answer(200, { action: 'brew' })
    expect(await requests('other', 'invalid')).toBe(1)
    expect(await requests('other', 'ok')).toBe(1)
    const labels = 'method="other",route="other",status="4xx"'
    expect(await valueOf(`http_request_duration_seconds_count{${labels}}`)).toBe(1)
    expect(await registry.metrics()).not.toMatch(/brew/i)
  })
})

test('the connections are those of the moment of the scrape', async () => {
  expect(await valueOf('evenkeel_db_pool_connections{pool="work",state="in_use"}')).toBe(2)
  pool = { idle: 0, inUse: 10, waiting: 4 }
  expect(await valueOf('evenkeel_db_pool_connections{pool="work",state="in_use"}')).toBe(10)
  expect(await valueOf('evenkeel_db_pool_connections{pool="work",state="waiting"}')).toBe(4)
  expect(await valueOf('evenkeel_db_pool_connections{pool="reads",state="idle"}')).toBe(4)
})

test('statements are timed by their kind', async () => {
  metrics.queried({ type: 'queried', operation: 'update', seconds: 0.003 })
  expect(await valueOf('evenkeel_db_query_duration_seconds_count{operation="update"}')).toBe(1)
  expect(await valueOf('evenkeel_db_query_duration_seconds_count{operation="insert"}')).toBe(0)
})

test('caps and proposals are shown by the process that counted them, until it stands down', async () => {
  const use = Object.fromEntries(FILLING_CAPS.map((cap) => [cap, 0n])) as Record<FillingCap, bigint>
  metrics.capsRead({
    type: 'caps-read',
    portfolio: 'main',
    use: { ...use, 'turnover-hour': ratioOfBasisPoints(8_000) },
    dayLoss: ratioOfBasisPoints(10),
  })
  metrics.proposalsCounted({
    type: 'proposals-counted',
    open: { resume: 0, plan: 2, cancel: 0, investigation: 0, inflow: 0 },
  })
  const shown = async () => [
    await valueOf('evenkeel_budget_used_ratio{portfolio="main",budget="turnover_hour"}'),
    await valueOf('evenkeel_budget_used_ratio{portfolio="main",budget="gas_day"}'),
    await valueOf('evenkeel_daily_loss_ratio{portfolio="main"}'),
    await valueOf('evenkeel_approvals_pending{kind="plan"}'),
    await valueOf('evenkeel_approvals_pending{kind="resume"}'),
  ]
  expect(await shown()).toEqual([0.8, 0, 0.001, 2, 0])
  metrics.stoodDown()
  expect(await shown()).toEqual([undefined, undefined, undefined, undefined, undefined])
})
