// Writes helm/evenkeel/files/dashboards/*.json from scripts/dashboards, and into docs/runbooks the panels of their alerts. With
// --check it writes nothing and fails when a committed file differs, is missing or is nobody's.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { withPanels } from './dashboards/alert-panels.js'
import { dashboards } from './dashboards/index.js'

const root = join(import.meta.dirname, '..')
const folder = join(root, 'helm', 'evenkeel', 'files', 'dashboards')
const name = relative(root, folder)

const wanted = new Map(dashboards().map(({ file, dashboard }) => [file, `${JSON.stringify(dashboard, null, 2)}\n`]))
mkdirSync(folder, { recursive: true })
const present = readdirSync(folder)
const strangers = present.filter((file) => !wanted.has(file))
const runbooks = join(root, 'docs', 'runbooks')
const outdated = readdirSync(runbooks).flatMap((file) => {
  const path = join(runbooks, file)
  const text = readFileSync(path, 'utf8')
  const linked = withPanels(text)
  return linked === text ? [] : [{ path, linked }]
})

if (process.argv.includes('--check')) {
  const differing = [...wanted].filter(
    ([file, text]) => !present.includes(file) || readFileSync(join(folder, file), 'utf8') !== text,
  )
  const faults = [...differing.map(([file]) => file), ...strangers, ...outdated.map(({ path }) => relative(root, path))]
  if (faults.length === 0) process.stdout.write(`${name} matches the code: ${wanted.size} dashboards.\n`)
  else {
    process.stderr.write(
      `${name} differs from scripts/dashboards: ${faults.join(', ')}. Run npm run docs:dashboards.\n`,
    )
    process.exitCode = 1
  }
} else {
  for (const file of strangers) rmSync(join(folder, file))
  for (const [file, text] of wanted) writeFileSync(join(folder, file), text)
  for (const { path, linked } of outdated) writeFileSync(path, linked)
  process.stdout.write(`Wrote ${wanted.size} dashboards to ${name}.\n`)
}
