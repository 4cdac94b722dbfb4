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
import { startObservatory } from './observatory.js'
import type { Stage, Theatre } from './stage.js'

const root = join(import.meta.dirname, '..', '..')

/** Seconds that are watched beyond the rebalance, in which every rate has two values. */
const CALM_SECONDS = 20

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
 * Lets a daemon rebalance over every chain, paused and resumed on the way, while Prometheus scrapes it, then asks every
 * query of every panel. Answers with those that have no series with a finite value. `draw` draws the previews, too.
 */
export async function emptyPanels(
  theatre: Theatre,
  options: { readonly dir: string; readonly rules: string; readonly draw: boolean },
): Promise<{ readonly asked: number; readonly empty: readonly string[] }> {
  const observatory = await startObservatory({ ...options, targets: theatre.targets })
  const stage = await theatre.rally(observatory)
  try {
    const from = Math.floor(Date.now() / 1000)
    await importPrices(stage)
    const daemon = await stage.startAsShipped()
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
      const series = await (isInstant ? asker.instant(expr) : asker.range(expr))
      if (!series.some(hasFigure)) empty.push(`${place}, ${panel}: no finite value of ${expr}`)
    }
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
    return { asked: queries.length, empty }
  } finally {
    await stage.leave()
    await stage.world.stop()
    await observatory.stop()
  }
}
