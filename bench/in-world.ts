import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { writeDaemonConfig } from '../sandbox/daemon-config.js'
import { freePorts } from '../sandbox/demo/daemon.js'
import { startPostgres } from '../sandbox/postgres.js'
import { type RunningWorld, startWorld } from '../sandbox/start-world.js'
import { type Database, openDatabase } from '../src/adapters/store/database.js'
import { type DaemonPlace, MeasuredDaemon } from './measured-daemon.js'

export interface StageOptions {
  readonly seed: number
  /** A folder for nothing else. */
  readonly dir: string
  readonly onProgress: (line: string) => void
}

const schedule = '*/3 * * * * *'

export interface Stage {
  readonly place: DaemonPlace
  readonly world: RunningWorld
  readonly database: Database
}

/** A sandbox world, its migrated database and a configuration, for as long as `act` takes. */
export async function inWorld<T>(
  { seed, dir, onProgress }: StageOptions,
  act: (stage: Stage) => Promise<T>,
): Promise<T> {
  await mkdir(dir, { recursive: true })
  const ends: (() => Promise<unknown>)[] = []
  try {
    onProgress('world and database')
    const postgres = await startPostgres({ dir: join(dir, 'postgres'), isDisposable: true })
    ends.push(() => postgres.stop())
    const world = await startWorld({ seed, scenario: 'rally', portBase: 0, dir })
    ends.push(() => world.stop())
    const [adminPort = 0, metricsPort = 0] = await freePorts(2)
    const configFile = join(dir, 'evenkeel.yaml')
    await writeDaemonConfig(world.world, configFile, { adminPort, metricsPort, schedule })
    const place = { configFile, databaseUrl: postgres.url, adminPort, metricsPort, logFile: join(dir, 'daemon.log') }
    await MeasuredDaemon.migrate(place)
    const database = openDatabase({ url: postgres.url, poolSize: 1 })
    ends.push(() => database.destroy())
    return await act({ place, world, database })
  } finally {
    for (const end of ends.toReversed())
      await end().catch((error: unknown) => process.stderr.write(`${String(error)}\n`))
  }
}
