// Leaves in node_modules what the daemon can load, for the image: the shipped packages, and of those not the files that
// Node.js never reads. Licences stay.
//
// Usage: node scripts/prune-modules.mjs FOLDER, where FOLDER has package-lock.json and node_modules.
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { nameAt, shippedModules, UNUSED } from './shipped-modules.mjs'

const root = process.argv[2]
if (root === undefined) throw new Error('Expected the folder of node_modules. Usage: prune-modules.mjs FOLDER')
const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
const shipped = shippedModules({ packages })

/** Types, source maps, sources of what is compiled; and what is written for people, unless it is a licence. */
const UNREAD = /\.([cm]?tsx?|map|flow|tsbuildinfo|h|c|cc|gypi?)$/i
const PROSE = /\.(md|markdown)$/i
const LEGAL = /^(licen[cs]e|notice|copying|authors)/i

/** Folders at the top of a package that nothing outside of its own development reads. */
const FOREIGN = ['test', 'tests', '__tests__', 'bench', 'benchmark', 'benchmarks', 'example', 'examples', '.github']

/**
 * The same code once more, in a form that nothing here asks for: CommonJS of packages that only ES modules import, and
 * what is there for browsers and bundlers.
 */
const COPIES = [
  [/^(viem|ox)$/, ['_cjs']],
  [/^kysely$/, ['dist/cjs']],
  [/^rxjs$/, ['dist/bundles', 'dist/esm', 'dist/esm5']],
  [/^@opentelemetry\//, ['build/esm', 'build/esnext']],
  [/^luxon$/, ['build/amd', 'build/cjs-browser', 'build/global']],
  [/^csv-parse$/, ['dist/iife', 'dist/umd']],
  [/^swagger-ui-dist$/, ['swagger-ui-es-bundle.js', 'swagger-ui-es-bundle-core.js']],
]

const remove = (path) => rmSync(path, { recursive: true, force: true })
const removeEmpty = (path) => {
  if (existsSync(path) && readdirSync(path).length === 0) remove(path)
}

/** Goes through an installed node_modules folder, and through those within its packages. */
const pruneFolder = (path) => {
  for (const name of readdirSync(join(root, path))) {
    if (name.startsWith('.')) remove(join(root, path, name))
    else if (!name.startsWith('@')) prunePackage(`${path}/${name}`)
    else for (const inner of readdirSync(join(root, path, name))) prunePackage(`${path}/${name}/${inner}`)
    removeEmpty(join(root, path, name))
  }
  removeEmpty(join(root, path))
}

const prunePackage = (place) => {
  const folder = join(root, place)
  if (!shipped.has(place)) return remove(folder)
  const copies = COPIES.flatMap(([packages, paths]) => (packages.test(nameAt(place)) ? paths : []))
  for (const path of [...FOREIGN, ...copies]) remove(join(folder, path))
  pruneFiles(folder)
  if (existsSync(join(folder, 'node_modules'))) pruneFolder(`${place}/node_modules`)
}

const pruneFiles = (folder) => {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) {
      if (entry.name === 'node_modules') continue
      pruneFiles(path)
      removeEmpty(path)
    } else if (UNREAD.test(entry.name) || (PROSE.test(entry.name) && !LEGAL.test(entry.name))) remove(path)
  }
}

/** Fails where a package imports what it is said not to use. */
const checkUnused = () => {
  for (const [place, names] of Object.entries(UNUSED))
    for (const file of readdirSync(join(root, place), { recursive: true, encoding: 'utf8' })) {
      if (!/\.[cm]?js$/.test(file) || file.startsWith('node_modules')) continue
      const text = readFileSync(join(root, place, file), 'utf8')
      const used = names.find((name) => new RegExp(`['"]${name}(/[^'"]*)?['"]`).test(text))
      if (used !== undefined) throw new Error(`${place}/${file} imports ${used}, which shipped-modules.mjs leaves out.`)
    }
}

pruneFolder('node_modules')
checkUnused()
console.log(`${shipped.size} packages are shipped.`)
