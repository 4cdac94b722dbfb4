// Which installed packages are shipped, by the lock file. The image is pruned by it, and the bill of materials and the
// list of licences tell of the same set.

/**
 * Declared by a package and imported by nothing of it that runs; they would bring over a hundred packages along.
 * `prune-modules.mjs` fails where one of them is imported after all.
 */
export const UNUSED = {
  'node_modules/@0x/swap-ts-sdk': ['@0x/contract-addresses', '@0x/utils', 'trpc-openapi', 'zod'],
}

/** Paths in the lock file of every package that the daemon can load. */
export const shippedModules = ({ packages }) => modulesNeeded({ packages }, Object.keys(packages[''].dependencies))

/** Paths of what these packages of the project need, and of themselves; without what is optional. */
export function modulesNeeded({ packages }, names) {
  const needed = new Set()
  const take = (from, name) => {
    const place = placeOf(packages, from, name)
    if (place === undefined) throw new Error(`The lock file has no ${name}, which ${from || 'the project'} needs.`)
    if (needed.has(place)) return
    needed.add(place)
    const { dependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} } = packages[place]
    const peers = Object.keys(peerDependencies).filter((peer) => !peerDependenciesMeta[peer]?.optional)
    for (const next of [...Object.keys(dependencies), ...peers]) if (!UNUSED[place]?.includes(next)) take(place, next)
  }
  for (const name of names) take('', name)
  return needed
}

/** Where `name` is found from `path`: the nearest node_modules upwards that has it. */
function placeOf(packages, path, name) {
  for (let folder = path; ; folder = folder.slice(0, Math.max(folder.lastIndexOf('/node_modules/'), 0))) {
    const place = `${folder && `${folder}/`}node_modules/${name}`
    if (packages[place]) return place
    if (folder === '') return undefined
  }
}

/** The name of the package at a path of the lock file. */
export const nameAt = (path) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
