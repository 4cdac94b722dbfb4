// Where programs are, and how those of Debian come to be there.
import { execFileSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Standard output of a program; its error has what it wrote. */
export const run = (command, args, options = {}) =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], ...options }).trim()

const isExecutable = (path) => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** The first program of that name in these folders; undefined where none of them has one. */
export const programIn = (folders, name) => folders.map((folder) => join(folder, name)).find(isExecutable)

export const pathFolders = () => (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')

export const onPath = (name) => programIn(pathFolders(), name)

/** Installs packages of Debian, as root or by sudo without a question. */
export const installPackages = (...packages) => {
  const apt = ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get']
  const [command, ...before] = process.getuid?.() === 0 ? apt : ['sudo', '-n', ...apt]
  process.stderr.write(`Installing ${packages.join(', ')} of Debian.\n`)
  run(command, [...before, 'update', '-q'])
  run(command, [...before, 'install', '-q', '-y', '--no-install-recommends', ...packages])
}
