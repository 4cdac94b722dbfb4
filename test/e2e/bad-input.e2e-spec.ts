import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { CommandHost } from '../support/command-host.js'
import { type Ending, runDaemonCommand } from '../support/daemon-process.js'
import { createTestDatabase } from '../support/database.js'
import { type EditableConfig, type SandboxWorld, startSandboxWorld } from '../support/sandbox-world.js'
import { until } from '../support/until.js'

jest.setTimeout(60_000)

/** Nothing listens on it, and nothing ever will. */
const nowhere = 'http://127.0.0.1:1'
const stranger = '0x000000000000000000000000000000000000dEaD'

interface Side {
  readonly chain: string
  readonly symbol: string
}

interface Report {
  readonly isComplete: boolean
  readonly assets: readonly { readonly asset: string }[]
  readonly excluded: readonly { readonly asset: string; readonly reason: string }[]
  readonly plan: {
    readonly legs: readonly {
      readonly kind: string
      readonly venue: string
      readonly sell: Side
      readonly expectedOut: Side
      readonly alternatives: readonly { readonly venue: string; readonly refusal: string | null }[]
    }[]
  } | null
  readonly planReasons: readonly string[]
}

let world: SandboxWorld
let host: CommandHost

/** What `plan` makes of the sandbox's configuration with something wrong in it. */
async function plan(edit?: (config: EditableConfig) => void): Promise<Ending & { report: Report }> {
  const ending = await host.run(['plan', '--json', '--config', await world.config(edit)])
  if (ending.code !== 0) throw new Error(`Expected plan to end with 0, got ${ending.code}: ${ending.stderr}`)
  const { portfolios } = JSON.parse(ending.stdout) as { portfolios: [Report] }
  return { ...ending, report: portfolios[0] }
}

const legsOf = ({ plan: planned }: Report) => planned?.legs ?? []
const linkOn = (config: EditableConfig, chain: string) =>
  config.assets['LINK']!.tokens.find((token) => token.chain === chain)!

/** What is known, what is left out and what is traded. */
const gistOf = ({ stderr, report }: { stderr: string; report: Report }) => ({
  stderr,
  known: report.assets.map(({ asset }) => asset).toSorted(),
  excluded: report.excluded,
  isPlanned: legsOf(report).length > 0,
  tradesLink: legsOf(report).some(({ sell, expectedOut }) => [sell.symbol, expectedOut.symbol].includes('LINK')),
})

/** LINK alone is left out, for this reason, and the rest is planned without it. */
const withoutLink = (reason: RegExp) => ({
  stderr: '',
  known: ['BTC', 'DAI', 'ETH', 'USDC', 'USDT'],
  excluded: [{ asset: 'LINK', reason: expect.stringMatching(reason) }],
  isPlanned: true,
  tradesLink: false,
})

beforeAll(async () => {
  host = new CommandHost()
  world = await startSandboxWorld('rally')
  world.control.setPathRunning(false)
  await world.control.setPrices({ ETH: 3600, LINK: 11.7, BTC: 91_800 })
  await until('pools that follow the prices, and a plan that sells ETH for LINK', 60_000, async () => {
    const { report } = await plan()
    return report.excluded.length === 0 && legsOf(report).some(({ expectedOut }) => expectedOut.symbol === 'LINK')
      ? true
      : undefined
  })
}, 120_000)

afterAll(() => Promise.all([host.stop(), world?.stop()]), 30_000)

describe('a configuration file', () => {
  it('is refused with every finding and its path', async () => {
    const config = await world.config((file) => {
      Object.assign(file, { colour: 'red' })
      Object.assign(file.portfolios['treasury']!, { wieghts: {} })
      file.chains['bay']!.chainId = -5
    })
    const { code, stdout, stderr } = await host.run(['check-config', '--config', config])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(config)
    expect(stderr).toContain('colour: unknown key; remove it or check its spelling')
    expect(stderr).toContain('portfolios.treasury.wieghts: unknown key; remove it or check its spelling')
    expect(stderr).toMatch(/chains\.bay\.chainId: /)
    expect(stderr).toMatch(/portfolios\.treasury\.mode: .* must not sign on bay/)
    // A chain of another id is none of the sandbox: what binds with real money binds as well.
    const findings = stderr.trim().split('\n')
    expect(findings.filter((line) => !line.includes('outside the sandbox'))).toHaveLength(5)
  })

  it('that is missing is named', async () => {
    const file = join(world.dir, 'nowhere.yaml')
    const { code, stdout, stderr } = await host.run(['plan', '--config', file])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(file)
    expect(stderr).toContain('name a YAML file with --config')
  })
})

describe('a chain', () => {
  const wrongChains: { name: string; edit: (config: EditableConfig) => void; says: RegExp }[] = [
    {
      name: 'with another id than configured',
      edit: (config) => (config.chains['cove']!.chainId = 9_710_099),
      says: /^Chain cove: amber expected chain id 9710099, the endpoint serves 9710003; correct chains\.cove\.rpc or chainId, .+\n$/,
    },
    {
      name: 'that does not answer',
      edit: (config) => (config.chains['cove']!.rpc = [nowhere]),
      says: /^Chain cove: 127\.0\.0\.1:1 does not answer \(.+\); check chains\.cove\.rpc and the network\.\n$/,
    },
    {
      name: 'without the configured multicall contract',
      edit: (config) => (config.chains['cove']!.multicall = stranger),
      says: /^Chain cove: no contract at 0x0{36}dEaD; correct chains\.cove\.multicall\.\n$/,
    },
  ]

  it.each(wrongChains)(
    '$name is left out, and only what is fully known is traded elsewhere',
    async ({ edit, says }) => {
      const { stderr, report } = await plan(edit)
      expect(stderr).toMatch(says)
      expect(report.isComplete).toBe(false)
      expect(report.excluded.map(({ asset }) => asset).toSorted()).toEqual(['DAI', 'ETH', 'USDC'])
      for (const { reason } of report.excluded) expect(reason).toContain('Holdings on cove are unknown')
      expect(legsOf(report).length).toBeGreaterThan(0)
      for (const { sell, expectedOut } of legsOf(report)) {
        expect(['anchor', 'bay']).toContain(sell.chain)
        expect(['anchor', 'bay']).toContain(expectedOut.chain)
        for (const { symbol } of [sell, expectedOut]) expect(['WBTC', 'LINK', 'USDT']).toContain(symbol)
      }
    },
  )

  it('is named once when none answers, and nothing else is said', async () => {
    const config = await world.config((file) => {
      for (const chain of Object.values(file.chains)) chain.rpc = [nowhere]
    })
    const { code, stdout, stderr } = await host.run(['plan', '--config', config])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    const lines = stderr.trim().split('\n')
    expect(lines.map((line) => /^Chain (\w+): .* check chains\.\1\.rpc and the network\.$/.exec(line)?.[1])).toEqual([
      'anchor',
      'bay',
      'cove',
    ])
  })

  it('of the example for mainnet is named once, too', async () => {
    const example = await readFile(new URL('../../config/example.mainnet.yaml', import.meta.url), 'utf8')
    const file = join(world.dir, 'mainnet.yaml')
    const config = parse(example) as EditableConfig
    const chains = Object.keys(config.chains)
    for (const chain of Object.values(config.chains)) chain.rpc = [nowhere]
    for (const source of [...config.prices.http, ...Object.values(config.venues)]) source.url = nowhere
    await writeFile(file, stringify(config))
    const { code, stdout, stderr } = await host.run(['plan', '--config', file])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    const lines = stderr.trim().split('\n')
    expect(lines.map((line) => /^Chain ([\w-]+): .* check chains\.\1\.rpc and the network\.$/.exec(line)?.[1])).toEqual(
      chains,
    )
    expect(chains.length).toBeGreaterThanOrEqual(4)
  })
})

describe('a token', () => {
  it('with other decimals than configured takes only its asset out', async () => {
    const outcome = await plan((config) => (linkOn(config, 'bay').decimals = 8))
    expect(gistOf(outcome)).toEqual(
      withoutLink(/^Token 0x\w{40} on bay: expected LINK with 8 decimals, it has 18; correct assets\.LINK\.tokens\.$/),
    )
  })

  it('without code takes only its asset out', async () => {
    const outcome = await plan((config) => (linkOn(config, 'bay').address = stranger))
    expect(gistOf(outcome)).toEqual(
      withoutLink(
        /^Token 0x\w{40} on bay: expected LINK with 18 decimals, found no token contract; correct assets\.LINK\.tokens\.$/,
      ),
    )
  })
})

describe('a price', () => {
  it('of a feed with other decimals than configured does not count', async () => {
    const outcome = await plan((config) => (config.prices.feeds['LINK']!.decimals = 18))
    expect(gistOf(outcome)).toEqual(
      withoutLink(/feed of LINK on anchor has 8 decimals, prices\.feeds\.LINK\.decimals says 18/),
    )
  })

  it('of a feed address without code does not count', async () => {
    const outcome = await plan((config) => (config.prices.feeds['LINK']!.address = stranger))
    expect(gistOf(outcome)).toEqual(withoutLink(/feed of LINK on anchor did not answer: .*check the address/))
  })

  it('that has grown too old does not count', async () => {
    const tenMinutesAgo = Math.floor(Date.now() / 1000) - 600
    await world.control.setFeed('anchor', 'LINK', { answer: 11.7, updatedAt: tenMinutesAgo })
    await world.control.mine('anchor', 1)
    try {
      expect(gistOf(await plan())).toEqual(
        withoutLink(/Price of LINK is 6\d\d s old, feed allows 132 s\. Check the feed/),
      )
    } finally {
      await world.control.setFeed('anchor', 'LINK', { frozen: false })
      await world.control.mine('anchor', 1)
    }
  })

  it('on which the sources disagree does not count', async () => {
    await world.control.setFeed('anchor', 'LINK', { answer: 12.5 })
    await world.control.mine('anchor', 1)
    try {
      expect(gistOf(await plan())).toEqual(withoutLink(/Sources of LINK differ by \d+ bps, policy allows 100 bps\./))
    } finally {
      await world.control.setFeed('anchor', 'LINK', { frozen: false })
      await world.control.mine('anchor', 1)
    }
  })
})

describe('an aggregator', () => {
  it('that is dead leaves the work to the other one', async () => {
    world.control.setFault('lifi', { kind: 'dead' })
    try {
      const { stderr, report } = await plan()
      expect(stderr).toBe('')
      expect(legsOf(report).length).toBeGreaterThan(0)
      for (const { venue, alternatives } of legsOf(report)) {
        expect(venue).toBe('zeroex')
        expect(alternatives).toContainEqual(
          expect.objectContaining({ venue: 'lifi', refusal: expect.stringMatching(/^(unavailable|not asked): /) }),
        )
      }
    } finally {
      world.control.setFault('lifi', null)
    }
  })

  it('that is dead together with the other one leaves no plan, and says so for each', async () => {
    world.control.setFault('lifi', { kind: 'dead' })
    world.control.setFault('zeroex', { kind: 'dead' })
    try {
      const { report } = await plan()
      expect(report.plan).toBeNull()
      expect(report.planReasons.join(' ')).toMatch(/lifi unavailable: .*zeroex unavailable: /)
    } finally {
      world.control.setFault('lifi', null)
      world.control.setFault('zeroex', null)
    }
  })
})

describe('start', () => {
  const start = async (databaseUrl: string, edit?: (config: EditableConfig) => void) =>
    runDaemonCommand(['start', '--config', await world.config(edit, { mode: 'dry-run' })], {
      DATABASE_URL: databaseUrl,
    })

  it('ends when the database does not answer', async () => {
    const { code, stdout, stderr } = await start('postgres://user:hunter2@127.0.0.1:1/evenkeel')
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain('DATABASE_URL')
    expect(stderr).toContain('127.0.0.1:1')
    expect(stderr).not.toContain('hunter2')
    expect(stderr.trim().split('\n')).toHaveLength(1)
  })

  it('ends on a database without tables, and says how to make them', async () => {
    const database = await createTestDatabase('empty')
    const { code, stdout, stderr } = await start(database.url)
    await database.drop()
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^The database is empty, .* Run evenkeel migrate\.\n$/)
  })

  it('ends on a database that a newer build migrated', async () => {
    const database = await createTestDatabase()
    await database.database.insertInto('schema_migrations').values({ name: '9999-from-the-future' }).execute()
    const { code, stdout, stderr } = await start(database.url)
    await database.drop()
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(
      /^The database has schema 9999-from-the-future, .* Start the newer build that migrated it\.\n$/,
    )
  })

  it.each<[string, (config: EditableConfig) => void, RegExp]>([
    [
      'F-69: on a feed with other decimals than configured',
      (config) => (config.prices.feeds['LINK']!.decimals = 18),
      /^The feed of LINK on anchor has 8 decimals, prices\.feeds\.LINK\.decimals says 18\. Correct it\.\n$/,
    ],
    [
      'C-22, F-32: on a chain with another id than configured',
      (config) => (config.chains['cove']!.chainId = 9_710_099),
      /^(chains\.cove\.rpc: (amber|birch|cedar): expected chain id 9710099, .+\n){3}$/,
    ],
  ])('ends %s, and names each in one line', async (_, edit, says) => {
    const database = await createTestDatabase()
    const { code, stderr } = await start(database.url, edit)
    await database.drop()
    expect(code).toBe(2)
    expect(stderr).toMatch(says)
  })

  describe('on a port that is taken', () => {
    let holder: Server
    beforeAll(async () => {
      holder = createServer()
      await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve))
    })
    afterAll(() => new Promise((resolve) => holder.close(resolve)))

    it.each(['adminPort', 'metricsPort'] as const)('ends and names server.%s', async (key) => {
      const { port } = holder.address() as AddressInfo
      const database = await createTestDatabase()
      const { code, stderr } = await start(database.url, (config) => (config.server[key] = port))
      await database.drop()
      expect(code).toBe(2)
      expect(stderr).toContain(`server.${key}: expected a free port, 127.0.0.1:${port} cannot be listened on`)
    })
  })
})
