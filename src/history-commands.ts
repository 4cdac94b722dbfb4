import { writeFile } from 'node:fs/promises'
import { readExactPriceFile, readPriceFile } from './adapters/history/price-csv.js'
import { loadQuadraticSolver } from './adapters/optimiser/highs-quadratic.js'
import { loadCurves } from './adapters/store/curve-rows.js'
import { openDatabase } from './adapters/store/database.js'
import { PostgresHistory } from './adapters/store/postgres-history.js'
import type { Database } from './adapters/store/database.js'
import { nextDueOf } from './adapters/time/cron-calendar.js'
import type { HistoryRequest, Progress } from './application/lay-out-history.js'
import { RunBacktest } from './application/run-backtest.js'
import { TunePolicy } from './application/tune-policy.js'
import type { Config } from './config/load.js'
import { assetsOf, portfoliosOf } from './config/portfolios.js'
import { curveCosts, readCosts } from './domain/backtest/cost-terms.js'
import { reportJson } from './domain/backtest/report-json.js'
import type { Portfolio } from './domain/policy/portfolio.js'
import { POLICIES, type PolicyName } from './domain/rebalancing/registry.js'
import { backtestHtml, tuneHtml } from './interface/backtest/report.js'
import { backtestText, tuneText } from './interface/backtest/report-text.js'
import { type Command, type HistoryOptions, UsageError } from './interface/cli.js'

type Of<Name extends Command['name']> = Extract<Command, { name: Name }>

const NO_DATABASE =
  'Costs are assumed: DATABASE_URL names no database, so nothing that plans have learned about markets is known.'

/** Plays policies over a history and prints what came of them; writes the report and its figures where they are asked for. */
export async function backtest(config: Config, command: Of<'backtest'>, say: (text: string) => void): Promise<void> {
  const request = await requestOf(config, command)
  const own = request.portfolio.rebalancing.choice.name
  const all = [...new Set([own, ...(Object.keys(POLICIES) as PolicyName[])])]
  const report = await new RunBacktest(await needs()).run(
    {
      ...request,
      policies: command.policies.length > 0 ? command.policies : all,
      points: command.points,
      trackingError: command.trackingError,
    },
    progressOn(process.stderr),
  )
  say(backtestText(report))
  await write(
    command,
    () => backtestHtml(report),
    () => reportJson(report),
    say,
  )
}

export async function tune(config: Config, command: Of<'tune'>, say: (text: string) => void): Promise<void> {
  const { policies, points, fitDays, judgeDays } = command
  const report = await new TunePolicy(await needs()).run(
    { ...(await requestOf(config, command)), policy: policies[0], points, fitDays, judgeDays },
    progressOn(process.stderr),
  )
  say(tuneText(report))
  await write(
    command,
    () => tuneHtml(report),
    () => reportJson(report),
    say,
  )
}

/** Writes the prices of the configured assets to the history; what was observed stays as it is. */
export async function importPrices(
  { file }: Config,
  path: string,
  database: Database,
  say: (text: string) => void,
): Promise<void> {
  const configured = assetsOf(file).map(({ key }) => key)
  const { prices, assets, columns } = await readExactPriceFile(path, configured)
  const { added, changed, unchanged, observed } = await new PostgresHistory(database).importPrices(prices, Date.now())
  const others = columns.filter((column) => !configured.includes(column))
  say(`${prices.length} prices of ${assets.join(', ') || 'no asset'}: ${added} added, ${changed} changed.`)
  if (unchanged > 0) say(`${unchanged} were there already.`)
  if (observed > 0) say(`${observed} days were observed by the daemon and stay as they are.`)
  if (others.length > 0) say(`Left out, for they are no assets of the configuration: ${others.join(', ')}.`)
}

async function needs() {
  return { nextDueOf, solve: await loadQuadraticSolver() }
}

async function requestOf(config: Config, options: HistoryOptions): Promise<HistoryRequest> {
  const portfolio = portfolioOf(portfoliosOf(config.file), options.portfolio)
  const keys = portfolio.policy.targets.map(({ asset }) => asset)
  const { table } = await readPriceFile(options.prices, keys)
  const costs = readCosts(options.costs)
  const { from, to, nav, settlementDays, failureRate } = options
  return {
    table,
    portfolio,
    period: { from, to },
    costs:
      costs === 'curve'
        ? curveCosts(portfolio, await knownCurves(config), { prices: new Map(), gas: new Map() }, nav)
        : costs,
    startValue: nav,
    settlementDays,
    failureRate,
    remarks: costs === 'curve' && config.secrets.databaseUrl === undefined ? [NO_DATABASE] : [],
  }
}

function portfolioOf(portfolios: readonly Portfolio[], id: string | undefined): Portfolio {
  const chosen = id === undefined ? portfolios[0] : portfolios.find((one) => one.id === id)
  const names = portfolios.map((one) => one.id).join(', ')
  if (!chosen) throw new UsageError(`Expected --portfolio to be one of ${names}, got ${id}.`)
  if (id === undefined && portfolios.length > 1) throw new UsageError(`Expected --portfolio, one of ${names}.`)
  return chosen
}

/** What plans have learned about markets; nothing where no database is configured. */
async function knownCurves({ secrets }: Config) {
  if (secrets.databaseUrl === undefined) return []
  const database = openDatabase({ url: secrets.databaseUrl, poolSize: 1 })
  try {
    return await loadCurves(database)
  } finally {
    await database.destroy()
  }
}

/** One line that is written over on a terminal, a line for every tenth elsewhere. */
function progressOn(stream: NodeJS.WriteStream): (progress: Progress) => void {
  let told = 0
  return ({ done, total, label }) => {
    const isOver = done === total
    if (stream.isTTY) stream.write(`\r\u001B[K${done}/${total} ${label}${isOver ? '\n' : ''}`)
    else if (isOver || Math.floor((done * 10) / total) > told) stream.write(`${done}/${total} runs\n`)
    told = Math.floor((done * 10) / total)
  }
}

async function write(
  { report, json }: HistoryOptions,
  html: () => string,
  figures: () => string,
  say: (text: string) => void,
): Promise<void> {
  for (const [path, text] of [
    [report, html],
    [json, figures],
  ] as const) {
    if (path === undefined) continue
    await writeFile(path, text()).catch((error: unknown) => {
      throw new UsageError(`${path} cannot be written: ${error instanceof Error ? error.message : String(error)}.`)
    })
    say(`Written: ${path}`)
  }
}
