import { readFile, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, loadavg } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { parse, stringify } from 'yaml'
import { z } from 'zod'
import { inWorld, type Stage } from '../in-world.js'
import { MeasuredDaemon } from '../measured-daemon.js'
import { until } from '../until.js'
import { measurePauses } from './pauses.js'
import { measureReads } from './reads.js'

/**
 * The admin API under load, on a daemon that trades meanwhile: steady reads, then failed logins from addresses that are
 * each new, among which an operator pauses and resumes: npm run bench:admin.
 */
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    logins: { type: 'string', default: '10000' },
    dir: { type: 'string', default: '.evenkeel/bench-admin' },
  },
})
const [seconds, logins, dir] = [Number(values.seconds), Number(values.logins), resolve(values.dir)]
const say = (line: string) => void process.stdout.write(`${line}\n`)

const configured = z.looseObject({
  server: z.looseObject({}),
  portfolios: z.record(z.string(), z.looseObject({ limits: z.looseObject({}).optional() })),
})

/** A proxy names the caller, one caller may read as often as it takes, and what prices undo may be traded back (C-51). */
async function widen({ place }: Stage): Promise<void> {
  const config = configured.parse(parse(await readFile(place.configFile, 'utf8')))
  Object.assign(config.server, { trustedProxies: 1, readsPerMinute: 1_000_000 })
  for (const portfolio of Object.values(config.portfolios)) portfolio.limits = { ...portfolio.limits, mayReverse: true }
  await writeFile(place.configFile, stringify(config))
}

say(`${availableParallelism()} cores, load ${loadavg()[0]!.toFixed(1)} before the start, Node ${process.version}`)
await rm(dir, { recursive: true, force: true })
const areHeld = await inWorld({ seed: 1, dir: join(dir, 'world'), onProgress: say }, async (stage) => {
  await widen(stage)
  const daemon = await MeasuredDaemon.start(stage.place)
  try {
    await until('a first cycle', async () => {
      const [first] = await stage.database.selectFrom('cycles').select('id').limit(1).execute()
      return first
    })
    return [await measureReads(stage, { seconds, say }), await measurePauses(stage, { logins, say })]
  } finally {
    await daemon.stop()
  }
})
process.exit(areHeld.every(Boolean) ? 0 : 1)
