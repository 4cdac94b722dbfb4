import { readFileSync } from 'node:fs'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { parse } from 'yaml'
import { EventObserver } from '../../src/adapters/observability/observer.js'
import { SystemClock } from '../../src/adapters/time/system-clock.js'
import { metricLabelsOf } from '../../src/config/portfolios.js'
import { configSchema } from '../../src/config/schema.js'

const exampleFile = new URL('../../config/example.mainnet.yaml', import.meta.url)

/** Names of all time series of a daemon with the example configuration: of histograms their buckets, sum and count. */
export function exportedNames(): Set<string> {
  const registry = new Registry()
  const config = configSchema.parse(parse(readFileSync(exampleFile, 'utf8')))
  const labels = { ...metricLabelsOf(config, ''), actions: [] }
  new EventObserver({ log: pino({ enabled: false }), registry, clock: new SystemClock(), labels })
  const metrics = registry.getMetricsAsArray() as unknown as { name: string; type: string }[]
  return new Set(
    metrics.flatMap(({ name, type }) =>
      type === 'histogram' || type === 'summary' ? ['_bucket', '_sum', '_count'].map((end) => `${name}${end}`) : [name],
    ),
  )
}
