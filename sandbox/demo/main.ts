import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { stranger } from '../aggregators/lie.js'
import { widestGap } from '../arbitrage.js'
import { writeDaemonConfig } from '../daemon-config.js'
import { startPostgres } from '../postgres.js'
import { SandboxStartError } from '../start-error.js'
import { type RunningWorld, startWorld } from '../start-world.js'
import {
  assetsOutsideBands,
  holdingsOf,
  ledgerDifferences,
  leftAllowances,
  transactionsSent,
  unsettledDeposits,
} from './audit.js'
import { DaemonProcess, freePorts } from './daemon.js'
import { takeFolder } from './folder.js'
import { HostileVenue } from './hostile.js'
import { type Proof, proveCosts, startOf } from './proof.js'
import { demoReport, sumOfCosts } from './report.js'
import { Story } from './story.js'
import type { Hex } from '../world.js'
import type { CycleView, PortfolioView } from './views.js'

const usage = 'npm run demo -- [--seed N] [--dir DIR] [--json FILE] [--keep] [--hostile]'
const portfolioId = 'treasury'
/** Within this the portfolio must be back in its bands, or the demo has failed. */
const tradingLimitMs = 90_000
/** The same while an aggregator lies and whatever it offers is refused. */
const hostileLimitMs = 180_000
/** How often the market moves again so that every lie meets somebody. */
const mostRounds = 3

interface Arguments {
  seed: number
  dir: string
  json: string | undefined
  keep: boolean
  /** LI.FI lies in every way it can, until each lie was refused once. */
  hostile: boolean
}

function readArguments(): Arguments {
  const options = {
    seed: { type: 'string', default: '1' },
    dir: { type: 'string', default: '.evenkeel/demo' },
    json: { type: 'string' },
    keep: { type: 'boolean', default: false },
    hostile: { type: 'boolean', default: false },
  } as const
  try {
    const { values } = parseArgs({ options, strict: true, allowPositionals: false })
    if (!/^\d{1,9}$/.test(values.seed))
      throw new SandboxStartError(`Expected a whole number after --seed, came "${values.seed}".`)
    return {
      seed: Number(values.seed),
      dir: resolve(values.dir),
      json: values.json && resolve(values.json),
      keep: values.keep,
      hostile: values.hostile,
    }
  } catch (error) {
    if (error instanceof SandboxStartError) throw error
    throw new SandboxStartError(`${(error as Error).message.split('. ')[0]}. Usage: ${usage}`)
  }
}

/** Everything that runs, so that it ends in reverse order however the demo ends. */
const ends: (() => Promise<void>)[] = []
let isEnding: Promise<void> | undefined
function endEverything(): Promise<void> {
  return (isEnding ??= (async () => {
    for (const end of ends.toReversed())
      await end().catch((error: unknown) => process.stderr.write(`${String(error)}\n`))
  })())
}

async function main(): Promise<number> {
  const { seed, dir, json, keep, hostile } = readArguments()
  const story = new Story((line) => process.stdout.write(`${line}\n`), process.stdout.isTTY)
  ends.push(await takeFolder(dir))
  if (json !== undefined)
    await writeFile(json, '').catch((error: NodeJS.ErrnoException) => {
      throw new SandboxStartError(`Expected a file that can be written after --json, came ${json} (${error.code}).`)
    })

  story.chapter('1. A world: three chains, real Uniswap pools, two aggregators, two bridges, a database')
  const [postgres, world] = await Promise.all([
    startPostgres({ dir: join(dir, 'postgres'), isDisposable: true }),
    startWorld({ seed, scenario: 'rally', portBase: 0, dir, onProgress: (text) => story.line(text) }),
  ])
  ends.push(
    () => postgres.stop(),
    () => world.stop(),
  )
  const [adminPort = 0, metricsPort = 0] = await freePorts(2)
  const configFile = join(dir, 'evenkeel.yaml')
  await writeDaemonConfig(world.world, configFile, {
    adminPort,
    metricsPort,
    schedule: '*/3 * * * * *',
    reset: 'target',
  })
  const adminUrl = `http://127.0.0.1:${adminPort}`
  const metricsUrl = `http://127.0.0.1:${metricsPort}`
  // Of this run alone.
  const adminToken = randomBytes(24).toString('base64url')
  const daemon = await DaemonProcess.start({
    configFile,
    databaseUrl: postgres.url,
    adminUrl,
    metricsUrl,
    adminToken,
    logFile: join(dir, 'daemon.log'),
  })
  ends.push(() => daemon.stop())
  story.line(`the daemon runs; its log is ${join(dir, 'daemon.log')}`)

  story.chapter('2. The portfolio at rest')
  await until(async () => (await daemon.cycles()).some(({ outcome }) => outcome === 'within_band'), 15_000)
  story.portfolio(await daemon.portfolio(portfolioId))

  story.chapter('3. The market moves: ETH +18 %, LINK -22 %, BTC +2 %')
  await daemon.tell('pause', 'The market is moving; wait until it settles.')
  story.line('an operator pauses the daemon over HTTP while it lasts')
  world.control.startScenario()
  await settled(world, story)
  const moved = assetsOutsideBands(await holdingsOf(world.chains, treasuryOf(world)), world.prices)
  const start = await startOf(world.chains, treasuryOf(world))
  const cyclesBefore = (await daemon.cycles()).length
  const liar = hostile
    ? new HostileVenue(world.control, join(dir, 'daemon.log'), (found) => story.foundOut(found))
    : undefined
  if (liar) story.line(`from now on LI.FI lies in ${liar.lies} ways, one after the other; 0x stays honest`)
  const lying = liar?.run()
  await daemon.tell('resume', 'The market has settled.')
  story.line('the operator resumes')

  story.chapter('4. The daemon brings the portfolio back')
  const traded: CycleView[] = []
  const before = await follow(daemon, story, cyclesBefore, traded, hostile ? hostileLimitMs : tradingLimitMs)
  for (let round = 0; liar && !liar.isExhausted && round < mostRounds; round++) {
    story.chapter('4. Some lies have met nobody yet: the market moves once more')
    const seen = (await daemon.cycles()).length
    await daemon.tell('pause', 'The market is moving; wait until it settles.')
    await shake(world, round % 2 === 0 ? 0.88 : 1.14)
    await daemon.tell('resume', 'The market has settled.')
    await follow(daemon, story, seen, traded, hostileLimitMs, traded.length)
  }
  liar?.stop()
  await lying

  story.chapter('5. The end, by the chains')
  const after = await daemon.portfolio(portfolioId)
  story.portfolio(after)
  story.costs(traded.at(0)?.plan?.cost, sumOfCosts(traded))
  const cyclesRun = (await daemon.cycles()).length
  // What lies cost is not what was planned, and the market moved meanwhile.
  const proof = liar ? undefined : await proveCosts({ ...world, account: treasuryOf(world) }, start, traded)
  if (liar) story.refusals(liar.refusals)
  const isGood = await judge(world, postgres.url, moved, traded, liar ? robbery(world, liar) : verdictsOf(proof), story)
  if (json !== undefined) {
    const report = { ...demoReport(before, after, traded, cyclesRun, proof), ...(liar && { refusals: liar.refusals }) }
    await writeFile(json, `${JSON.stringify(report, null, 2)}\n`)
    story.line(`written to ${json}`)
  }
  if (keep) {
    story.chapter('Everything stays up until Ctrl-C')
    story.line(`console   ${adminUrl}/console/#key=${adminToken}`)
    story.line(`API       ${adminUrl}/v1/portfolios  (token: ${adminToken})`)
    story.line('          both with the key of this run, which may do everything and ends with it')
    story.line(`metrics   ${metricsUrl}/metrics`)
    story.line(`control   ${world.world.apis.control.url}/state`)
    story.line(`commands  DATABASE_URL='${postgres.url}' npm run evenkeel -- plan --config ${configFile}`)
    story.line('          likewise audit verify and key list: they read the database that the daemon uses')
    await new Promise(() => undefined)
  }
  return isGood ? 0 : 1
}

/** Waits until the prices have made their moves and the pools have followed. */
async function settled(world: RunningWorld, story: Story): Promise<void> {
  const usd = (asset: 'ETH' | 'LINK' | 'BTC') => world.prices.usd(asset)
  const start = { eth: usd('ETH'), link: usd('LINK') }
  const arrived = () => usd('ETH') > start.eth * 1.15 && usd('LINK') < start.link * 0.8
  let shown = ''
  await until(async () => {
    const now = `ETH ${usd('ETH').toFixed(0)}, BTC ${usd('BTC').toFixed(0)}, LINK ${usd('LINK').toFixed(2)}`
    if (now !== shown) story.line((shown = now))
    if (!arrived()) return false
    // From here on prices stand still, so that what the daemon is told a trade costs can be held against what it paid.
    world.control.setPathRunning(false)
    return (await widestGap(world.chains, world.pools, world.prices)) <= 0
  }, 60_000)
  story.line('the pools have followed; the market stands still while the daemon trades')
}

/** The price of ETH jumps, and the pools follow. */
async function shake(world: RunningWorld, factor: number): Promise<void> {
  await world.control.setPrices({ ETH: world.prices.usd('ETH') * factor })
  await until(async () => (await widestGap(world.chains, world.pools, world.prices)) <= 0, 60_000)
}

/** Tells every cycle that trades until one finds the portfolio inside its bands; the portfolio as it was before. */
async function follow(
  daemon: DaemonProcess,
  story: Story,
  seen: number,
  traded: CycleView[],
  limitMs: number,
  tradedBefore = 0,
): Promise<PortfolioView> {
  let before: PortfolioView | undefined
  const told = new Set<string>()
  await until(async () => {
    const cycles = await daemon.cycles()
    for (const { id } of cycles.slice(0, cycles.length - seen).toReversed()) {
      if (told.has(id)) continue
      const cycle = await daemon.cycle(id)
      before ??= cycle
      story.decision(cycle)
      if (cycle.decision.act) {
        if (traded.length === tradedBefore) story.portfolio(cycle)
        story.plan(cycle)
      }
      const ended = cycle.legs.length === 0 ? cycle : await followCycle(daemon, story, id)
      if (ended.legs.length > 0) traded.push(ended)
      told.add(id)
      if (traded.length > tradedBefore && ended.outcome === 'within_band') return true
    }
    return false
  }, limitMs)
  if (!before) throw new Error('No cycle ran.')
  return before
}

async function followCycle(daemon: DaemonProcess, story: Story, id: string): Promise<CycleView> {
  for (;;) {
    const cycle = await daemon.cycle(id)
    story.progress(cycle)
    if (cycle.outcome !== null) return cycle
    await sleep(300)
  }
}

/** A claim, and what is wrong with it. */
type Finding = [claim: string, faults: readonly string[]]

/** Whether the lies of an aggregator were all found out and brought nobody anything. */
async function robbery({ chains }: RunningWorld, { lies, refusals, isExhausted }: HostileVenue): Promise<Finding[]> {
  const loot = (await holdingsOf(chains, stranger)).filter(({ units }) => units > 0n)
  return [
    [`all ${lies} lies were refused, each with its code`, isExhausted ? [] : [`${refusals.length} were`]],
    ['nothing was stolen', loot.map(({ chain, asset, units }) => `${units} base units of ${asset} on ${chain}`)],
  ]
}

/** Asks the chains, and the ledger in the database, whether all is as it should be. `moved`: what the market moved out. */
async function judge(
  { world, chains, prices }: RunningWorld,
  databaseUrl: string,
  moved: readonly string[],
  traded: readonly CycleView[],
  special: Promise<Finding[]> | Finding[],
  story: Story,
): Promise<boolean> {
  const treasury = treasuryOf({ world })
  const holdings = await holdingsOf(chains, treasury)
  const sent = await transactionsSent(chains, treasury)
  const told = traded.flatMap(({ transfers }) =>
    transfers.filter(({ arrivals }) => arrivals.length === 0).map(({ id }) => id),
  )
  const findings: Finding[] = [
    ['the market had moved assets out of their bands', moved.length > 0 ? [] : ['it had not']],
    ['every asset is inside its band', assetsOutsideBands(holdings, prices)],
    ['the daemon traded', traded.length > 0 && sent > 0 ? [] : ['it did not']],
    ['nothing is in flight', [...told, ...(await unsettledDeposits(chains, world.bridges, treasury))]],
    ['no allowance is left', await leftAllowances(chains, treasury)],
    ...(await special),
    ['the ledger equals the chains to the base unit', await ledgerDifferences(databaseUrl, holdings, treasury)],
  ]
  for (const [claim, faults] of findings)
    story.verdict(faults.length === 0, faults.length === 0 ? claim : `${claim}: ${faults.join('; ')}`)
  return findings.every(([, faults]) => faults.length === 0)
}

/** Of what was planned, by how much the realised cost may differ. */
const mostOff = 0.05
/** Of what one order would have cost, by how much the plan must be below. */
const leastSaved = 0.15

/** The two claims about costs, with their figures, and what is wrong with them. */
function verdictsOf(proof: Proof | undefined): Finding[] {
  if (!proof) return [['what was traded cost about what was planned', ['nothing was traded']]]
  const { plannedUsd, realisedUsd, sale } = proof
  const usd = (value: number) => value.toLocaleString('en-US', { style: 'currency', currency: 'USD' })
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`
  const off = realisedUsd / plannedUsd - 1
  const saved = 1 - sale.realisedUsd / sale.single.usd
  return [
    [
      `by the balances the rebalance cost ${usd(realisedUsd)}, ${off > 0 ? '+' : ''}${percent(off)} against the ${usd(plannedUsd)} planned`,
      plannedUsd > 0 && Math.abs(off) <= mostOff ? [] : [`at most ${percent(mostOff)} are tolerated`],
    ],
    [
      `${usd(sale.soldUsd)} of ${sale.sold} became ${sale.bought} for ${usd(sale.realisedUsd)}, ${percent(saved)} less than in one order ${sale.single.route}: ${usd(sale.single.usd)}`,
      saved >= leastSaved ? [] : [`at least ${percent(leastSaved)} are expected`],
    ],
  ]
}

function treasuryOf({ world }: Pick<RunningWorld, 'world'>): Hex {
  const treasury = world.accounts.find(({ alias }) => alias === 'treasury')
  if (!treasury) throw new Error('The world has no treasury.')
  return treasury.address
}

/** Asks again and again; throws when the answer stays no. */
async function until(isTrue: () => Promise<boolean>, limitMs: number): Promise<void> {
  const deadline = Date.now() + limitMs
  while (!(await isTrue())) {
    if (Date.now() > deadline)
      throw new SandboxStartError(`Waited ${limitMs / 1000} s in vain; the daemon's log says what it was doing.`)
    await sleep(300)
  }
}

// Whoever reads the story may leave early.
process.stdout.on('error', () => void endEverything().finally(() => process.exit(1)))
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void endEverything().finally(() => process.exit(130)))

try {
  process.exitCode = await main()
} catch (error) {
  const isExpected = error instanceof SandboxStartError
  process.stderr.write(isExpected ? `${error.message}\n` : `${error instanceof Error ? error.stack : String(error)}\n`)
  process.exitCode = 1
}
await endEverything()
process.exit()
