import { describe, expect, it, jest } from '@jest/globals'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CRASH_POINTS } from '../../src/ports/failpoints.js'
import {
  CELLS,
  chooseRuns,
  commandOf,
  ENVIRONMENTS,
  FLOWS,
  nameOf,
  pointsElsewhere,
  runNamed,
} from '../crash-matrix/cells.js'
import type { Report } from '../crash-matrix/report.js'

jest.setTimeout(180_000)

const program = fileURLToPath(new URL('../crash-matrix/main.ts', import.meta.url))

const matrix = (...args: string[]) =>
  new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, ['--import', 'tsx', program, ...args], (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    )
  })

describe('the cells of the crash matrix', () => {
  it('have every crash point of the catalogue, or a reason why not', () => {
    const points = new Set<string>(CELLS.map(({ point }) => point))
    expect(CRASH_POINTS.filter((point) => !points.has(point))).toEqual(pointsElsewhere().map(({ point }) => point))
    expect(pointsElsewhere().map(({ point }) => point)).toEqual(['K-16', 'K-24'])
  })

  it('come in an order that the seed decides, each once before any comes again', () => {
    const runs = chooseRuns(CELLS.length + 5, 3)
    expect(chooseRuns(CELLS.length + 5, 3)).toEqual(runs)
    expect(chooseRuns(CELLS.length + 5, 4)).not.toEqual(runs)
    const cells = runs.map(({ flow, point, environment }) => `${flow} ${point} ${environment}`)
    expect(new Set(cells.slice(0, CELLS.length)).size).toBe(CELLS.length)
  })

  it('are found again by the name that a failure prints', () => {
    const [run] = chooseRuns(1, 9)
    expect(runNamed(nameOf(run!))).toEqual(run)
    expect(commandOf(run!)).toBe(`npm run test:crash-matrix -- --only ${nameOf(run!)}`)
    for (const name of ['swap/K-05/quiet', 'swap/K-25/quiet/1', 'swap/K-05/storm/1', 'swap/K-05/quiet/x', ''])
      expect(() => runNamed(name)).toThrow(`came "${name}"`)
  })
})

/** Every flow once, every environment at least once, at the points whose restarts differ most. None dies a second time. */
const sample = [
  'plan/K-01/quiet/1',
  'swap/K-09/reorg/2',
  'approve-swap/K-22/endpoint/4',
  'bridge/K-25/postgres/5',
  'bridge-refund/K-27/quiet/7',
  'bridge-partial/K-15/reorg/8',
  'replacement/K-19/base-fee/10',
  'cancel/K-21/endpoint/11',
]

describe('F-45: a sample of the crash matrix', () => {
  it('brings every killed daemon to a good end (I-1 to I-5, I-7)', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'evenkeel-sample-'))
    const file = join(dir, 'report.json')
    const { code, stdout, stderr } = await matrix(
      ...sample.flatMap((name) => ['--only', name]),
      '--parallel',
      '3',
      '--report',
      file,
    )
    const report = JSON.parse(await readFile(file, 'utf8').catch(() => '{}')) as Partial<Report>
    await rm(dir, { recursive: true })
    expect({ code, stderr, failures: report.results?.flatMap(({ failures }) => failures), stdout }).toEqual({
      code: 0,
      stderr: '',
      failures: [],
      stdout: expect.stringContaining('in 8 runs, 0 failed'),
    })
    // A daemon that is asked to end may be done before it is killed.
    expect(report.kills).toBeGreaterThanOrEqual(7)
    expect(report.results).toHaveLength(8)
  })

  it('has every flow and every environment in it', () => {
    const runs = sample.map(runNamed)
    expect(new Set(runs.map(({ environment }) => environment)).size).toBe(ENVIRONMENTS.length)
    expect(new Set(runs.map(({ flow }) => flow)).size).toBe(FLOWS.length)
  })

  it('says in one line what it cannot do', async () => {
    const { code, stdout, stderr } = await matrix('--only', 'swap/K-99/quiet/1')
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^Expected flow\/point\/environment\/seed with .* came "swap\/K-99\/quiet\/1"\.\n$/)
  })
})
