// Prints the paths of promtool, prometheus, alertmanager and amtool: of the folder PROMETHEUS_BIN_DIR, else on the path,
// else those of Debian, which apt-get then installs. Fails when one of them cannot be had.
import { execFileSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Each tool, and the names it goes by: Debian calls Alertmanager by the name of its package. */
const tools = {
  promtool: ['promtool'],
  prometheus: ['prometheus'],
  alertmanager: ['alertmanager', 'prometheus-alertmanager'],
  amtool: ['amtool'],
}

const run = (command, args) =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim()

const isExecutable = (path) => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Paths of the tools that are in these folders, by tool. */
const searched = (folders) =>
  Object.fromEntries(
    Object.entries(tools).map(([tool, names]) => [
      tool,
      names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable),
    ]),
  )

const missing = (found) => Object.keys(found).filter((tool) => found[tool] === undefined)

const onPath = () => searched((process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== ''))

const install = () => {
  const [command, ...before] = process.getuid?.() === 0 ? ['apt-get'] : ['sudo', '-n', 'apt-get']
  process.stderr.write('Not every tool of Prometheus is on the path: installing those of Debian.\n')
  run(command, [...before, 'update', '-q'])
  const packages = ['prometheus', 'prometheus-alertmanager']
  run(command, [...before, 'install', '-q', '-y', '--no-install-recommends', ...packages])
}

/** Paths of the tools, and the version of promtool. A PROMETHEUS_BIN_DIR that lacks one is an error: it was meant. */
export const findPrometheus = () => {
  const folder = process.env.PROMETHEUS_BIN_DIR
  let found = folder === undefined ? onPath() : searched([folder])
  if (missing(found).length > 0 && folder === undefined) {
    try {
      install()
    } catch (error) {
      throw new Error(
        `No ${missing(found).join(', ')} on the path, and apt-get cannot install them: ${String(error.stderr || error.message).trim()}`,
        { cause: error },
      )
    }
    found = onPath()
  }
  if (missing(found).length > 0)
    throw new Error(`Expected ${missing(found).join(', ')} in ${folder ?? 'a folder of the path'}, got none.`)
  return { ...found, version: /version (\S+)/.exec(run(found.promtool, ['--version']))?.[1] ?? 'unknown' }
}

if (process.argv[1] === import.meta.filename) {
  try {
    const { version: _version, ...paths } = findPrometheus()
    console.log(Object.values(paths).join('\n'))
  } catch (error) {
    console.error(error.message)
    process.exitCode = 1
  }
}
