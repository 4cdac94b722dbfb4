// Prints the paths of promtool, prometheus, alertmanager and amtool: of the folder PROMETHEUS_BIN_DIR, else on the path,
// else those of Debian, which apt-get then installs. Fails when one of them cannot be had.
import { installPackages, pathFolders, programIn, run } from './tools.mjs'

/** Each tool, and the names it goes by: Debian calls Alertmanager by the name of its package. */
const tools = {
  promtool: ['promtool'],
  prometheus: ['prometheus'],
  alertmanager: ['alertmanager', 'prometheus-alertmanager'],
  amtool: ['amtool'],
}

/** Paths of the tools that are in these folders, by tool. */
const searched = (folders) =>
  Object.fromEntries(
    Object.entries(tools).map(([tool, names]) => [
      tool,
      names.map((name) => programIn(folders, name)).find((path) => path !== undefined),
    ]),
  )

const missing = (found) => Object.keys(found).filter((tool) => found[tool] === undefined)

/** Paths of the tools, and the version of promtool. A PROMETHEUS_BIN_DIR that lacks one is an error: it was meant. */
export const findPrometheus = () => {
  const folder = process.env.PROMETHEUS_BIN_DIR
  let found = folder === undefined ? searched(pathFolders()) : searched([folder])
  if (missing(found).length > 0 && folder === undefined) {
    try {
      installPackages('prometheus', 'prometheus-alertmanager')
    } catch (error) {
      throw new Error(
        `No ${missing(found).join(', ')} on the path, and apt-get cannot install them: ${String(error.stderr || error.message).trim()}`,
        { cause: error },
      )
    }
    found = searched(pathFolders())
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
