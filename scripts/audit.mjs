// Asks the registry for advisories about the whole lock file, and tells those about packages that go out with a release, of any
// severity: the daemon's, and those that the console has in its bundle. One that does no harm here is explained in
// scripts/explained-advisories.json: `id` (GHSA-…), `package`, `reason`. Exit code 1 for an advisory that is not explained or an
// explanation of one that is found no more, 2 when the service gave no answer: nothing is known then.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { advisoriesIn, compared } from './advisories.mjs'
import { lock, releasedPackages, root } from './lock-file.mjs'
import { nameAt } from './shipped-modules.mjs'

const explained = JSON.parse(readFileSync(join(root, 'scripts', 'explained-advisories.json'), 'utf8'))
const released = releasedPackages()
const names = new Set(released.map(({ name, version }) => `${name}@${version}`))

const releasedAt = (path) => {
  const version = lock.packages[path]?.version
  const name = nameAt(path)
  return version !== undefined && names.has(`${name}@${version}`) ? { name, version } : undefined
}

/** npm's answer: it ends with 1 for any advisory, and for an error alike. */
const ask = () => {
  const { stdout, stderr, error } = spawnSync('npm', ['audit', '--json'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  })
  if (error) return { said: error.message }
  try {
    const report = JSON.parse(stdout)
    return { report, said: report.message ?? stderr.trim() }
  } catch {
    return { said: stderr.trim() || 'npm audit answered nothing' }
  }
}

const { report, said } = ask()
const advisories = advisoriesIn(report, releasedAt)
if (advisories === undefined) {
  console.error(`The service for advisories gave no answer, so that nothing is known: ${said}`)
  process.exitCode = 2
} else {
  const { open, outdated } = compared(advisories, explained)
  for (const { id, package: name, versions, severity, title, url } of open)
    console.log(`${severity}: ${name} ${versions.join(', ')}: ${title} (${id}, ${url})`)
  for (const { id, package: name } of outdated)
    console.log(`explained, and found no more: ${id} of ${name}; take it out of scripts/explained-advisories.json`)
  console.log(
    `${released.length} packages go out; ${advisories.length} advisories about them, ${advisories.length - open.length} explained`,
  )
  process.exitCode = open.length + outdated.length > 0 ? 1 : 0
}
