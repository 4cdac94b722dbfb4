// Writes the table of values in the README of the chart from the comments of its values, with the generator that many
// charts use. With --check it writes nothing and fails where the README is out of date.
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const chart = join(root, 'helm', 'evenkeel')
const readme = join(chart, 'README.md')
const scratch = mkdtempSync(join(tmpdir(), 'evenkeel-readme-'))
try {
  const copy = join(scratch, 'README.md')
  copyFileSync(readme, copy)
  execFileSync(
    process.execPath,
    [
      join(root, 'node_modules', '@bitnami', 'readme-generator-for-helm', 'bin', 'index.js'),
      '--values',
      join(chart, 'values.yaml'),
      '--readme',
      copy,
    ],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
  )
  if (!process.argv.includes('--check')) copyFileSync(copy, readme)
  else if (readFileSync(copy, 'utf8') !== readFileSync(readme, 'utf8'))
    throw new Error('helm/evenkeel/README.md is out of date: run npm run docs:chart')
} catch (error) {
  console.error(`${error.stdout ?? ''}${error.message}`)
  process.exitCode = 1
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
