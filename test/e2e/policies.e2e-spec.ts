import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { POLICIES, type PolicyName } from '../../src/domain/rebalancing/registry.js'
import { runDaemonCommand, startDaemon } from '../support/daemon-process.js'
import { createTestDatabase, type TestDatabase } from '../support/database.js'
import { sandboxPrices } from '../support/sandbox-prices.js'
import { type EditableConfig, type SandboxWorld, startSandboxWorld } from '../support/sandbox-world.js'
import { until } from '../support/until.js'

jest.setTimeout(60_000)

let world: SandboxWorld
let database: TestDatabase
let prices: string

beforeAll(async () => {
  database = await createTestDatabase()
  world = await startSandboxWorld('calm')
  prices = join(world.dir, 'prices.csv')
  await writeFile(prices, sandboxPrices(400))
}, 90_000)

afterAll(async () => {
  await world?.stop()
  await database?.drop()
}, 30_000)

interface DecisionWire {
  readonly act: boolean
  readonly code: string
  readonly policy: string | null
  readonly reasons: readonly string[]
  readonly assets: readonly {
    readonly asset: string
    readonly drift: string
    readonly band: string
    readonly benefitPerYear: number | null
    readonly costNow: number
    readonly costOfWaitingPerDay: number | null
  }[]
  readonly shadow: DecisionWire | null
}

/** The first decision of a daemon with this configuration, and its metrics. */
async function decided(edit: (treasury: EditableConfig['portfolios'][string]) => void) {
  const config = await world.config((file) => edit(file.portfolios['treasury']!), {
    schedule: '* * * * * *',
    mode: 'dry-run',
  })
  const daemon = await startDaemon({ config, databaseUrl: database.url })
  try {
    const startedAt = Date.now()
    return await until('a decision', 30_000, async () => {
      const { body } = await daemon.get('/v1/portfolios/treasury/decisions?limit=1')
      const [newest] = (body as { decisions: (DecisionWire & { decidedAt: string; outcome: string | null })[] })
        .decisions
      if (!newest || newest.outcome === null || Date.parse(newest.decidedAt) < startedAt - 2_000) return undefined
      const metrics = await (await fetch(`${daemon.metricsUrl}/metrics`)).text()
      return {
        decision: newest,
        metrics,
        portfolio: (await daemon.get('/v1/portfolios/treasury')).body,
        greeks: (await daemon.get('/v1/portfolios/treasury/greeks')).body,
        unknown: await daemon.get('/v1/portfolios/treasury/decisions?before=other'),
        sets: (await daemon.get('/v1/portfolios/treasury/targets?limit=1')).body,
      }
    })
  } finally {
    await daemon.kill()
  }
}

describe('the daemon on the sandbox', () => {
  it('takes a price history in from a file, and the days it had are kept', async () => {
    const config = await world.config()
    const imported = await runDaemonCommand(['import-prices', '--prices', prices, '--config', config], {
      DATABASE_URL: database.url,
    })
    expect(imported).toMatchObject({ code: 0, stderr: '' })
    expect(imported.stdout).toContain('2400')
    const again = await runDaemonCommand(['import-prices', '--prices', prices, '--config', config], {
      DATABASE_URL: database.url,
    })
    expect(again.code).toBe(0)
  })

  // Every policy once, live or in the shadow of another: both are asked in every cycle.
  const names = Object.keys(POLICIES) as PolicyName[]
  const pairs = names.flatMap((name, index) =>
    index % 2 === 0 ? [[name, names[index + 1] ?? names[0]!] as const] : [],
  )
  it.each(pairs)(
    'runs the policy %s by configuration alone, with %s in its shadow, and says in numbers why it does not trade',
    async (name, shadow) => {
      const calendar = { schedule: '0 0 12 1 1 *', timeZone: 'Europe/Berlin' }
      const { decision, metrics } = await decided((treasury) => {
        treasury.rebalancing = { ...treasury.rebalancing, policy: name, calendar } as typeof treasury.rebalancing
        treasury.shadow = { policy: shadow, calendar } as typeof treasury.rebalancing
      })
      expect(decision).toMatchObject({ act: false, policy: name, shadow: { act: false, policy: shadow } })
      expect(['within-band', 'not-due']).toContain(decision.code)
      expect(decision.assets.map(({ asset }) => asset).toSorted()).toEqual([
        'BTC',
        'DAI',
        'ETH',
        'LINK',
        'USDC',
        'USDT',
      ])
      for (const { band, benefitPerYear, costNow, costOfWaitingPerDay } of decision.assets) {
        expect(Number(band)).toBeGreaterThanOrEqual(0)
        expect(benefitPerYear).toBeGreaterThanOrEqual(0)
        expect(costNow).toBeGreaterThanOrEqual(0)
        expect(costOfWaitingPerDay).toBeGreaterThanOrEqual(0)
      }
      const value = (family: string, labels = '') =>
        Number(new RegExp(`^evenkeel_${family}\\{[^}]*${labels}[^}]*\\} (\\S+)$`, 'm').exec(metrics)?.[1])
      const eth = decision.assets.find(({ asset }) => asset === 'ETH')!
      expect(value('asset_drift_band_ratio', 'asset="ETH"')).toBeCloseTo(Number(eth.band), 6)
      expect(value('decision_cost_ratio', 'asset="ETH"')).toBeGreaterThanOrEqual(0)
      expect(value('decision_benefit_per_year_ratio', 'asset="ETH"')).toBeGreaterThanOrEqual(0)
      expect(value('decision_waiting_cost_per_day_ratio', 'asset="ETH"')).toBeGreaterThanOrEqual(0)
      expect(value('shadow_decisions_total', 'agrees="true"')).toBeGreaterThanOrEqual(0)
    },
  )

  it('sets targets by another setter by configuration alone, within limits, and stores what they rest on', async () => {
    const { portfolio, greeks, unknown, sets } = await decided((treasury) => {
      treasury.targetSetting = {
        setter: 'equal-risk-contribution',
        limits: { perAsset: '0.5' },
      } as typeof treasury.targetSetting
    })
    expect(unknown).toMatchObject({ status: 400, body: { code: 'invalid-request' } })
    const { assets, targets } = portfolio as {
      assets: { asset: string; target: string }[]
      targets: { setter: string; inputsHash: string; reasons: string[] }
    }
    expect(targets).toMatchObject({
      setter: 'equal-risk-contribution',
      inputsHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    expect(targets.reasons.length).toBeGreaterThan(0)
    // Whoever has the inputs can check the hash, and what was made of them.
    const [set] = (sets as { targets: { status: string; inputs: string; inputsHash: string }[] }).targets
    expect(set).toMatchObject({ status: 'set', inputsHash: targets.inputsHash })
    expect(createHash('sha256').update(set!.inputs).digest('hex')).toBe(targets.inputsHash)
    const sum = assets.reduce((total, { target }) => total + Number(target), 0)
    expect(sum).toBeCloseTo(1, 9)
    expect(Math.max(...assets.map(({ target }) => Number(target)))).toBeLessThanOrEqual(0.5)
    const { navUsd, netDeltaUsd, isComplete, rule, ...book } = greeks as {
      navUsd: string
      netDeltaUsd: string
      isComplete: boolean
      assets: { asset: string; deltaUsd: string }[]
      rule: { assets: { asset: string; up: { constantMixUsd: string } }[] }
    }
    expect(isComplete).toBe(true)
    const deltas = new Map(book.assets.map(({ asset, deltaUsd }) => [asset, Number(deltaUsd)]))
    expect(['BTC', 'ETH', 'LINK'].reduce((total, asset) => total + deltas.get(asset)!, 0)).toBeCloseTo(
      Number(netDeltaUsd),
      2,
    )
    expect(Number(netDeltaUsd)).toBeLessThan(Number(navUsd))
    // A mix that is kept sells what rises.
    expect(Number(rule.assets.find(({ asset }) => asset === 'ETH')!.up.constantMixUsd)).toBeLessThan(0)
  })
})

describe('a history', () => {
  const run = async (...args: string[]) =>
    runDaemonCommand([...args, '--config', await world.config()], { DATABASE_URL: database.url })
  const usual = ['--policy', 'impulse-band', '--policy', 'absolute-threshold', '--points', '3']

  it('is played through policies, with a report in one file and figures without a hole', async () => {
    const [report, json] = [join(world.dir, 'report.html'), join(world.dir, 'report.json')]
    const ending = await run('backtest', '--prices', prices, ...usual, '--report', report, '--json', json)
    expect(ending).toMatchObject({ code: 0 })
    expect(ending.stdout).toContain('impulse-band')
    const page = await readFile(report, 'utf8')
    expect(page).toMatch(/^<!doctype html>/i)
    expect(page).toContain('<svg')
    expect(page).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)|NaN|Infinity|undefined/)
    const figures = await readFile(json, 'utf8')
    expect(JSON.parse(figures)).toMatchObject({
      policies: [{ policy: 'impulse-band' }, { policy: 'absolute-threshold' }],
    })
    expect(figures).not.toMatch(/NaN|Infinity/)
  })

  it('that cannot be read is refused with its row and column, and nothing is written', async () => {
    const bad = join(world.dir, 'bad.csv')
    const lines = sandboxPrices(400).split('\n')
    await writeFile(bad, lines.map((line, row) => (row === 7 ? line.replace(/,[^,]+/, ',-5') : line)).join('\n'))
    const report = join(world.dir, 'never.html')
    const ending = await run('backtest', '--prices', bad, ...usual, '--report', report)
    expect(ending).toMatchObject({ code: 2, stdout: '' })
    expect(ending.stderr.trim().split('\n')).toHaveLength(1)
    expect(ending.stderr).toMatch(/row 8.*BTC|BTC.*row 8/)
    await expect(readFile(report)).rejects.toThrow('ENOENT')
    expect(await run('import-prices', '--prices', bad)).toMatchObject({ code: 2 })
  })
})
