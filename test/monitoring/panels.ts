import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { shippedQueries } from '../../scripts/metric-usage.js'
import { Asker, type Series } from '../../scripts/previews/ask.js'
import { runDaemonCommand } from '../support/daemon-process.js'
import { sandboxPrices } from '../support/sandbox-prices.js'
import { cyclesOf, playScenario } from '../support/rally.js'
import { until } from '../support/until.js'
import { faultsOfMetrics } from './exposition.js'
import { startObservatory } from './observatory.js'
import { startReceiver } from './receiver.js'
import type { Stage, Theatre } from './stage.js'

const root = join(import.meta.dirname, '..', '..')

/** Seconds that are watched beyond the rebalance, in which every rate has two values. */
const CALM_SECONDS = 20

/** Panels that have nothing to show right after a rebalance where nothing went wrong: their series are there, and are 0. */
const NOTHING_TO_SHOW: Readonly<Record<string, string>> = {
  'Bridges, Open transfers': 'Whatever crossed has arrived by then.',
  'Execution and slippage, Offers refused by code, an hour': 'Every offer was within its limits.',
  'Execution and slippage, Firm quotes refused by code, an hour': 'Every firm quote was as good as the one before.',
  'Transactions, Replacements, an hour': 'Blocks come at once, so that nothing is sent again.',
}

/** What stands in a query for nothing, so that a panel never says that it has no data. */
const FALLBACK = / or (?:on \(\) label_replace\(vector\(0\), .*\)|vector\(0\))$/

const hasFigure = ({ points }: Series) => points.some(([, value]) => Number.isFinite(value))

/** Daily prices from before, without which nothing is forecast. */
async function importPrices({ world, databaseUrl }: Stage): Promise<void> {
  const prices = join(world.dir, 'prices.csv')
  await writeFile(prices, sandboxPrices(400))
  const args = ['import-prices', '--prices', prices, '--config', await world.config()]
  const { code, stderr } = await runDaemonCommand(args, { DATABASE_URL: databaseUrl })
  if (code !== 0) throw new Error(`The import of prices ended with ${code}: ${stderr}`)
}

/**
 * Lets a daemon rebalance over every chain, beside a second policy and with somebody to notify, paused and resumed on the
 * way, while Prometheus scrapes it, then asks every query of every panel, without what stands in it for nothing. Answers with
 * those that have no series with a finite value, and with what is wrong with the metrics as they were scraped. `draw` draws
 * the previews, too.
 */
export async function emptyPanels(
  theatre: Theatre,
  options: { readonly dir: string; readonly rules: string; readonly draw: boolean },
): Promise<{ readonly asked: number; readonly empty: readonly string[]; readonly faults: readonly string[] }> {
  const receiver = await startReceiver(200)
  const observatory = await startObservatory({ ...options, targets: theatre.targets })
  const stage = await theatre.rally(observatory)
  try {
    const from = Math.floor(Date.now() / 1000)
    await importPrices(stage)
    const daemon = await stage.startAsShipped((file) => {
      const treasury = file.portfolios['treasury']!
      treasury.shadow = { ...treasury.rebalancing, policy: 'absolute-threshold' }
      file.notifications = [
        { kind: 'slack', name: 'desk', url: receiver.url, on: ['state'] },
      ] as typeof file.notifications
    })
    await stage.told(daemon, '/v1/pause', { reason: 'The panels show one.', scope: 'venue:zeroex' })
    await sleep(5_000)
    await stage.told(daemon, '/v1/resume', { reason: 'It was shown.', scope: 'venue:zeroex' })
    await playScenario(stage.world)
    // A forecast makes the bands wider than the rally goes.
    await stage.world.control.setPrices({ ETH: stage.world.prices.usd('ETH') * 1.1 })
    await until('a cycle that traded', 240_000, async () =>
      (await cyclesOf(daemon)).some(({ outcome }) => outcome === 'traded') ? true : undefined,
    )
    await sleep(CALM_SECONDS * 1_000)
    const to = Math.floor(Date.now() / 1000)
    const asker = new Asker(observatory.url, { from, to, step: 2 })
    const queries = shippedQueries().filter(({ kind }) => kind === 'dashboard')
    const empty: string[] = []
    for (const { place, panel, expr, isInstant } of queries) {
      const own = expr.replace(FALLBACK, '')
      const asked = `${place}, ${panel}` in NOTHING_TO_SHOW ? own.replace(/ > 0$/, '') : own
      const series = await (isInstant ? asker.instant(asked) : asker.range(asked))
      if (!series.some(hasFigure)) empty.push(`${place}, ${panel}: no finite value of ${asked}`)
    }
    const faults = faultsOfMetrics(await (await fetch(`${daemon.metricsUrl}/metrics`)).text())
    if (options.draw) {
      const script = join(root, 'scripts', 'draw-previews.ts')
      const minutes = String(Math.max(1, (to - from) / 60))
      const args = [
        '--import',
        'tsx',
        script,
        '--prometheus',
        observatory.url,
        '--minutes',
        minutes,
        '--to',
        String(to),
      ]
      await promisify(execFile)(process.execPath, args)
    }
    return { asked: queries.length, empty, faults }
  } finally {
    await stage.leave()
    await stage.world.stop()
    await observatory.stop()
    await receiver.stop()
  }
}
