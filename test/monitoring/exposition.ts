import { execFileSync, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** What the metrics of the runtime are called is not ours to say. */
const OF_THE_RUNTIME = ['handles', 'requests', 'resources'].map(
  (kind) => `nodejs_active_${kind}_total non-counter metrics should not have "_total" suffix`,
)

/** What promtool finds in the metrics as a daemon shows them, but for three names of the runtime. */
export function faultsOfMetrics(text: string): string[] {
  const script = fileURLToPath(new URL('../../scripts/find-prometheus.mjs', import.meta.url))
  const [promtool = ''] = execFileSync(process.execPath, [script], { encoding: 'utf8' }).split('\n')
  const { status, stdout, stderr, error } = spawnSync(promtool, ['check', 'metrics'], { input: text, encoding: 'utf8' })
  if (error) throw error
  const said = `${stdout}${stderr}`.split('\n').filter((line) => line !== '')
  if (status !== 0 && said.length === 0) throw new Error(`promtool check metrics ended with ${status}.`)
  return said.filter((line) => !OF_THE_RUNTIME.includes(line)).map((line) => `promtool: ${line}`)
}
