// Prints the path of a Chromium: CHROMIUM_BIN, else `chromium` on the path, else the one of Debian, which apt-get then
// installs, with a font. Fails when none can be had.
import { installPackages, onPath, run } from './tools.mjs'

const runs = (path) => {
  try {
    return run(path, ['--version']).startsWith('Chromium')
  } catch {
    return false
  }
}

const find = () => {
  const given = process.env.CHROMIUM_BIN
  if (given !== undefined) {
    if (runs(given)) return given
    throw new Error(`CHROMIUM_BIN: expected a Chromium that runs, got ${given}.`)
  }
  if (onPath('chromium') === undefined) installPackages('chromium', 'fonts-dejavu-core')
  const path = onPath('chromium')
  if (path !== undefined && runs(path)) return path
  throw new Error('No Chromium runs here: put one on the path as `chromium`, or name it in CHROMIUM_BIN.')
}

try {
  console.log(find())
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}
