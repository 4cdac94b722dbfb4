import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { NamesSeen } from './names-seen.js'
import { type Received, startObservatory } from './observatory.js'
import { emptyPanels } from './panels.js'
import type { Expected, Scenario } from './scenario.js'
import { chains } from './scenarios/chains.js'
import { control } from './scenarios/control.js'
import { portfolios } from './scenarios/portfolios.js'
import { transactions } from './scenarios/transactions.js'
import { linesOf, readRunbooks } from './runbook.js'
import { readRules, shortenedRules } from './shortened-rules.js'
import { type Stage, Theatre } from './stage.js'

/**
 * Makes every alert fire: the built daemon in the sandbox, a real Prometheus that scrapes it with the shortened rules, a
 * real Alertmanager and a webhook. Prints a line for every alert and fails when one did not come, when an alert has no
 * scenario, when a rule asks for a metric or a label value that no daemon ever showed, when a query of a runbook is none,
 * when a query of a panel has no finite value after a rebalance, or when promtool finds fault with the metrics of the
 * daemon. --panels asks the panels and the metrics alone, --draw draws previews of them as well.
 */
const usage = 'npm run test:monitoring -- [--only PART-OF-A-NAME]… [--within SECONDS] [--panels] [--draw]'
const all: readonly Scenario[] = [...control, ...portfolios, ...transactions, ...chains]

/** Scenarios wait far more than they work, so that several go on at once. */
const LANES = 2

const say = (text: string) => void process.stdout.write(`${text}\n`)

interface Outcome {
  readonly alert: string
  readonly scenario: string
  /** Seconds from the cause to the webhook; undefined when it did not come. */
  readonly seconds: number | undefined
  readonly problem?: string
}

const isExpected = ({ alert, labels = {} }: Expected, { labels: got }: Pick<Received, 'labels'>) =>
  got['alertname'] === alert && Object.entries(labels).every(([name, value]) => got[name] === value)

/** When each alert came after the cause. */
const arrivalOf = (one: Expected, stage: Stage): Received | undefined =>
  stage.observatory.received.find((got) => got.status === 'firing' && got.at >= stage.causedAt && isExpected(one, got))

async function awaitAlerts({ alerts, play, quietFor }: Scenario, stage: Stage, withinMs: number): Promise<void> {
  let failure: unknown
  const playing = play(stage).catch((error: unknown) => (failure = error))
  const deadline = Date.now() + withinMs
  const isMissing = (one: Expected) => arrivalOf(one, stage) === undefined
  while (alerts.some(isMissing) && failure === undefined && Date.now() < deadline) await sleep(250)
  if (failure === undefined && quietFor !== undefined) await sleep(quietFor * 1_000)
  stage.end()
  await playing
  if (failure !== undefined) throw failure
}

/** Ends the cause and waits until nothing of it fires any more. */
async function awaitSilence({ alerts, cure }: Scenario, stage: Stage, withinMs: number): Promise<void> {
  if (!cure || alerts.some((one) => arrivalOf(one, stage) === undefined)) return
  await cure(stage)
  const firing = async () => {
    const { alerts: all } = (await stage.observatory.ask('alerts')) as { alerts: { labels: Received['labels']; state: string }[] } // prettier-ignore
    return alerts.filter((one) => all.some((got) => got.state === 'firing' && isExpected(one, got)))
  }
  const deadline = Date.now() + withinMs
  let left = await firing()
  while (left.length > 0 && Date.now() < deadline) {
    await sleep(500)
    left = await firing()
  }
  if (left.length > 0)
    throw new Error(`${left.map(({ alert }) => alert).join(', ')} goes on although the cause is gone.`)
}

function outcomesOf(scenario: Scenario, stage: Stage, problem: string | undefined): Outcome[] {
  const outcomes = scenario.alerts.map((one): Outcome => {
    const came = arrivalOf(one, stage)
    const seconds = came && (came.at - stage.causedAt) / 1000
    return { alert: one.alert, scenario: scenario.name, seconds, ...(problem !== undefined && { problem }) }
  })
  if (scenario.quietFor === undefined) return outcomes
  const others = stage.observatory.received.filter(
    (got) =>
      got.status === 'firing' && got.at >= stage.causedAt && !scenario.alerts.some((one) => isExpected(one, got)),
  )
  const told = [...new Set(others.map(({ labels }) => labels['alertname'] ?? ''))]
  const odd = told.map((alert) => ({ alert, scenario: scenario.name, seconds: undefined, problem: 'It fired although nothing was wrong.' })) // prettier-ignore
  return [...outcomes, ...odd]
}

async function playScenario(
  theatre: Theatre,
  scenario: Scenario,
  options: { dir: string; rules: string; withinMs: number; seen: NamesSeen },
): Promise<Outcome[]> {
  const { dir, rules, withinMs, seen } = options
  const observatory = await startObservatory({ dir, rules, targets: theatre.targets })
  const stage = await theatre.stage(observatory)
  let problem: string | undefined
  try {
    await awaitAlerts(scenario, stage, withinMs)
    await awaitSilence(scenario, stage, withinMs)
  } catch (error) {
    problem = error instanceof Error ? error.message : String(error)
  }
  const outcomes = outcomesOf(scenario, stage, problem)
  await seen.look(observatory)
  await observatory.stop()
  await stage.leave()
  if (scenario.spends || problem !== undefined) await theatre.leaveWorld()
  return outcomes
}

function lineOf({ alert, scenario, seconds, problem }: Outcome): string {
  const when = seconds === undefined ? 'missing' : `${seconds.toFixed(1)} s`
  const line = `${alert.padEnd(30)} ${when.padStart(9)}  ${(seconds === undefined ? 'no' : 'yes').padEnd(7)}  ${scenario}`
  return problem === undefined ? line : `${line}\n    ${problem}`
}

/** Takes one job after another until none is left, in a theatre of its own. */
async function work(jobs: ((theatre: Theatre, dir: string) => Promise<void>)[], dir: string): Promise<void> {
  await mkdir(dir, { recursive: true })
  const theatre = await Theatre.open(dir)
  try {
    for (let job = jobs.shift(); job; job = jobs.shift()) await job(theatre, join(dir, 'observatory'))
  } finally {
    await theatre.close()
  }
}

async function run(): Promise<boolean> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true },
      within: { type: 'string', default: '300' },
      panels: { type: 'boolean', default: false },
      draw: { type: 'boolean', default: false },
    },
  })
  const asked = values.only ?? (values.panels ? [] : undefined)
  const scenarios = all.filter(({ name, alerts }) =>
    asked ? asked.some((part) => name.includes(part) || alerts.some(({ alert }) => alert.includes(part))) : true,
  )
  if (scenarios.length === 0 && !values.panels) throw new Error(`No scenario is called so. Usage: ${usage}`)
  const rules = await readRules()
  const shortened = await shortenedRules(rules)
  const dir = await mkdtemp(join(tmpdir(), 'evenkeel-monitoring-'))
  const seen = new NamesSeen(rules)
  const outcomes: Outcome[] = []
  const findings: string[] = []
  say(`${'alert'.padEnd(30)} ${'after'.padStart(9)}  webhook  scenario`)
  /** Panels first: nothing takes longer. */
  const jobs: ((theatre: Theatre, dir: string) => Promise<void>)[] = [
    ...(values.panels || !asked
      ? [
          async (theatre: Theatre, lane: string) => {
            const told = await emptyPanels(theatre, { dir: lane, rules: shortened, draw: values.draw })
            say(`${told.asked - told.empty.length} of ${told.asked} queries of panels have a finite value`)
            findings.push(...told.empty, ...told.faults)
          },
        ]
      : []),
    async (theatre) => {
      findings.push(...(await theatre.objections(readRunbooks().flatMap(({ text }) => linesOf(text, 'sql')))))
    },
    ...scenarios.map((scenario) => async (theatre: Theatre, lane: string) => {
      const options = { dir: lane, rules: shortened, withinMs: Number(values.within) * 1_000, seen }
      const played = await playScenario(theatre, scenario, options)
      outcomes.push(...played)
      for (const one of played) say(lineOf(one))
    }),
  ]
  try {
    const lanes = Array.from({ length: LANES }, (_, lane) => work(jobs, join(dir, String(lane))))
    const failed = (await Promise.allSettled(lanes)).find((lane) => lane.status === 'rejected')
    if (failed) throw failed.reason
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
  const missed = outcomes.filter(({ seconds, problem }) => seconds === undefined || problem !== undefined)
  const alerts = rules.groups.flatMap((group) => group.rules.flatMap(({ alert }) => alert ?? []))
  const unplayed = asked
    ? []
    : alerts.filter((alert) => !all.some((one) => one.alerts.some((each) => each.alert === alert)))
  for (const alert of unplayed) say(`${alert.padEnd(30)} has no scenario`)
  if (!asked) findings.push(...seen.findings)
  for (const finding of findings) say(finding)
  say(
    `${outcomes.length - missed.length} of ${outcomes.length} came, and went where their cause was ended; ${unplayed.length} alerts have no scenario; ${findings.length} findings about rules, metrics, panels and runbooks`,
  )
  return missed.length + unplayed.length + findings.length === 0
}

try {
  process.exitCode = (await run()) ? 0 : 1
} catch (error) {
  say(error instanceof Error ? (error.stack ?? error.message) : String(error))
  process.exitCode = 1
}
