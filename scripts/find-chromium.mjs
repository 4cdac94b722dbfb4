// Prints the path of a Chromium: CHROMIUM_BIN, else `chromium` on the path, else the one of Debian, which apt-get then
// installs, with a font. Fails when none can be had.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const run = (command, args) =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim()

const runs = (path) => {
  try {
    return run(path, ['--version']).startsWith('Chromium')
  } catch {
    return false
  }
}

function install() {
  const isRoot = process.getuid?.() === 0
  const quiet = ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get']
  const [command, ...before] = isRoot ? quiet : ['sudo', '-n', ...quiet]
  process.stderr.write('No chromium on the path: installing that of Debian.\n')
  run(command, [...before, 'update', '-q'])
  run(command, [...before, 'install', '-q', '-y', '--no-install-recommends', 'chromium', 'fonts-dejavu-core'])
}

function find() {
  const given = process.env.CHROMIUM_BIN
  if (given !== undefined) {
    if (existsSync(given) && runs(given)) return given
    throw new Error(`CHROMIUM_BIN: expected a Chromium that runs, got ${given}.`)
  }
  if (!runs('chromium')) install()
  if (runs('chromium')) return run('which', ['chromium'])
  throw new Error('No Chromium runs here: put one on the path as `chromium`, or name it in CHROMIUM_BIN.')
}

try {
  process.stdout.write(`${find()}\n`)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}
