// What goes out with a release, read from the lock file: the daemon's packages and those the console may have in its bundle.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { modulesNeeded, nameAt, shippedModules } from './shipped-modules.mjs'

export const root = join(import.meta.dirname, '..')
export const lockText = readFileSync(join(root, 'package-lock.json'), 'utf8')
export const lock = JSON.parse(lockText)

export const byText = (one, other) => (one < other ? -1 : one > other ? 1 : 0)

/** Packages of the project that the console's sources import. */
const importedByConsole = () => {
  const folder = join(root, 'src', 'console')
  const names = new Set()
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!/\.tsx?$/.test(file) || /\.spec\.tsx?$|(^|\/)vite\.config\.ts$/.test(file)) continue
    for (const [, from] of readFileSync(join(folder, file), 'utf8').matchAll(/(?:from|import) '([^.'][^']*)'/g)) {
      const parts = from.split('/')
      if (!from.startsWith('node:')) names.add(parts.slice(0, from.startsWith('@') ? 2 : 1).join('/'))
    }
  }
  return [...names].toSorted(byText)
}

const shipped = shippedModules(lock)
const bundled = modulesNeeded(lock, importedByConsole())

/** As the lock file tells it; packages of before that field tell it in an older one of their own. */
const licenceAt = (path) => {
  const { license } = lock.packages[path]
  if (license !== undefined) return license
  const { licenses = [] } = JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8'))
  return licenses.map(({ type }) => type).join(' OR ') || 'unknown'
}

/** Every package that goes out, once for each version, in order; and in which part: `daemon`, `console` or both. */
export const releasedPackages = () => {
  const found = new Map()
  for (const path of [...shipped, ...bundled]) {
    const { version, integrity } = lock.packages[path]
    const name = nameAt(path)
    const known = found.get(`${name}@${version}`)
    const parts = [...(shipped.has(path) ? ['daemon'] : []), ...(bundled.has(path) ? ['console'] : [])]
    found.set(`${name}@${version}`, {
      name,
      version,
      integrity,
      licence: licenceAt(path),
      parts: [...new Set([...(known?.parts ?? []), ...parts])].toSorted(byText),
    })
  }
  return [...found.values()].toSorted((a, b) => byText(a.name, b.name) || byText(a.version, b.version))
}
