// What is in the image, and what it says of itself.
import { createHash } from 'node:crypto'
import { existsSync, lstatSync, readFileSync, readdirSync, readlinkSync } from 'node:fs'
import { join, relative } from 'node:path'
import { check, expect, same } from '../checks.mjs'
import { build, buildah, created, image, podman, revision, root, version } from '../image-tools.mjs'
import { releasedPackages } from '../lock-file.mjs'
import { nameAt, shippedModules } from '../shipped-modules.mjs'

const MAX_BYTES = 200e6

/** Left out of every image: its keys are known to everybody. */
const DEVELOPMENT_SIGNER = 'adapters/signers/development-signer'
const DEVELOPMENT_PHRASE = 'test test test test test test test test test test test junk'

const walk = (folder) =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? [path, ...walk(path)] : [path]
  })

const isFile = (path) => lstatSync(path).isFile()
const readTextOf = (path) => (isFile(path) ? readFileSync(path, 'utf8') : '')

/** Paths of installed packages below `folder`, written as the lock file writes them. */
const packagesIn = (folder, prefix = 'node_modules') =>
  !existsSync(folder)
    ? []
    : readdirSync(folder)
        .flatMap((name) =>
          name.startsWith('@') ? readdirSync(join(folder, name)).map((inner) => `${name}/${inner}`) : [name],
        )
        .flatMap((name) => [
          `${prefix}/${name}`,
          ...packagesIn(join(folder, name, 'node_modules'), `${prefix}/${name}/node_modules`),
        ])

const mounted = async (name, act) => {
  const mount = podman(['image', 'mount', name])
  try {
    return await act(mount)
  } finally {
    podman(['image', 'unmount', name])
  }
}

export const checkContent = async () => {
  const { Config, Healthcheck, Size } = JSON.parse(podman(['image', 'inspect', image]))[0]
  await check('the image names user, ports, entry point and health check', () => {
    same(Config.User, '65532:65532', 'user')
    same(Object.keys(Config.ExposedPorts).toSorted(), ['3000/tcp', '9464/tcp'], 'ports')
    same(Config.Entrypoint, ['node', '--enable-source-maps', '/app/dist/main.js'], 'entry point')
    expect(Healthcheck?.Test?.join(' ').includes('/livez'), 'no health check on /livez')
  })
  await check('the image carries the OCI labels of its build', () => {
    const label = (name) => Config.Labels?.[`org.opencontainers.image.${name}`]
    same(
      ['title', 'licenses', 'version', 'revision', 'created'].map(label),
      ['evenkeel', 'Apache-2.0', version, revision, created],
      'labels',
    )
    expect(label('description') && label('source'), 'description or source is missing')
  })
  await check('the image is no larger than 200 MB', () => {
    expect(Size <= MAX_BYTES, `expected at most ${MAX_BYTES} bytes, got ${Size}`)
    return `${(Size / 1e6).toFixed(1)} MB`
  })
  await mounted(image, async (mount) => {
    const app = join(mount, 'app')
    await check('/app holds the licence, the package file, its modules and the build, nothing else', () =>
      checkApp(app),
    )
    await check('node_modules holds what is shipped by the lock file, and no dev dependency', () => checkModules(app))
    await check('the console goes with the texts of its licences, of packages that docs/licenses.md knows', () => {
      const texts = readFileSync(join(app, 'dist', 'console', 'licenses.md'), 'utf8')
      const bundled = [...texts.matchAll(/^## (.+) - (\S+) \(/gm)].map(([, name, at]) => `${name}@${at}`)
      const known = new Set(releasedPackages().map(({ name, version: at }) => `${name}@${at}`))
      expect(bundled.length > 0, 'expected the text of at least one package')
      same(
        bundled.filter((one) => !known.has(one)),
        [],
        'packages that docs/licenses.md lacks',
      )
      return `${bundled.length} packages`
    })
    await check('the development signer is not there, nor its phrase', () => {
      expect(!existsSync(join(app, 'dist', `${DEVELOPMENT_SIGNER}.js`)), `${DEVELOPMENT_SIGNER}.js is in the image`)
      const found = walk(join(app, 'dist')).filter((path) => readTextOf(path).includes(DEVELOPMENT_PHRASE))
      same(
        found.map((path) => relative(mount, path)),
        [],
        'files of the build with the development phrase',
      )
    })
    await check('every file of /app belongs to root and only root may write it', () => {
      const loose = [app, ...walk(app)].filter((path) => {
        const { uid, gid, mode } = lstatSync(path)
        return uid !== 0 || gid !== 0 || ((mode & 0o022) !== 0 && (mode & 0o170000) !== 0o120000)
      })
      const first = loose.slice(0, 5).map((path) => relative(mount, path))
      same(first, [], `${loose.length} loose files, the first`)
    })
    await check('the image holds no shell, package manager or Postgres', () => {
      const tools = /\/(sh|bash|dash|ash|busybox|apt|apt-get|dpkg|npm|npx|initdb|pg_ctl|postgres|anvil)$/
      const found = walk(mount).filter(
        (path) => tools.test(path) && isFile(path) && (lstatSync(path).mode & 0o111) !== 0,
      )
      same(
        found.map((path) => relative(mount, path)),
        [],
        'executables',
      )
    })
  })
}

const checkApp = (app) => {
  same(readdirSync(app).toSorted(), ['LICENSE', 'dist', 'node_modules', 'package.json'], '/app')
  const list = (folder, extension) =>
    walk(folder)
      .filter((path) => path.endsWith(extension) && !path.endsWith('.spec.ts') && !path.endsWith('.d.ts'))
      .map((path) => relative(folder, path).slice(0, -extension.length))
      .filter((path) => !path.startsWith('console/'))
      .toSorted()
  const built = list(join(app, 'dist'), '.js')
  const sources = list(join(root, 'src'), '.ts').filter((path) => path !== DEVELOPMENT_SIGNER)
  same(built, sources, 'modules of the build against sources without specs')
  same(list(join(app, 'dist'), '.mjs'), list(join(root, 'src'), '.mjs'), 'plain modules')
  const page = readdirSync(join(app, 'dist', 'console')).toSorted()
  same(
    page,
    ['assets', 'icon.svg', 'index.html', 'licenses.md'],
    'the console as it is served, and none of its sources',
  )
  return `${built.length} modules`
}

const checkModules = (app) => {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  const installed = packagesIn(join(app, 'node_modules'))
  const shipped = shippedModules(lock)
  const [excess, absent] = [
    installed.filter((path) => !shipped.has(path)),
    [...shipped].filter((path) => !installed.includes(path)),
  ]
  same({ excess, absent }, { excess: [], absent: [] }, 'packages')
  same(
    installed.filter((path) => lock.packages[path].dev),
    [],
    'dev dependencies',
  )
  for (const path of installed) {
    const { name, version: found } = JSON.parse(readFileSync(join(app, path, 'package.json'), 'utf8'))
    same([name, found], [nameAt(path), lock.packages[path].version], path)
  }
  return `${installed.length} packages`
}

/** Builds once more from nothing, without any layer of the first build, and compares. */
export const checkReproducible = () =>
  check(
    'a second build from nothing is equal: every file, its mode, owner and time, and the configuration',
    async () => {
      const again = `${image}-again`
      const from = Date.now()
      build({ tag: again, options: ['--layers=false'] })
      try {
        const [one, two] = [await mounted(image, filesOf), await mounted(again, filesOf)]
        const differing = [...new Set([...one.keys(), ...two.keys()])].filter((path) => one.get(path) !== two.get(path))
        same(
          differing.slice(0, 5).map((path) => [path, one.get(path), two.get(path)]),
          [],
          `${differing.length} of ${one.size} files differ, the first`,
        )
        same(configurationOf(again), configurationOf(image), 'configuration')
        return `${one.size} files, ${((Date.now() - from) / 1000).toFixed(1)} s`
      } finally {
        buildah(['rmi', again])
      }
    },
  )

/** By path: kind and mode, owner, time in seconds, and the digest of what is in it. */
const filesOf = (mount) =>
  new Map(
    walk(mount).map((path) => {
      const { mode, uid, gid, mtimeMs } = lstatSync(path)
      const kind = mode & 0o170000
      const content =
        kind === 0o100000
          ? createHash('sha256').update(readFileSync(path)).digest('hex')
          : kind === 0o120000
            ? readlinkSync(path)
            : ''
      return [relative(mount, path), [mode.toString(8), uid, gid, Math.floor(mtimeMs / 1000), content].join(' ')]
    }),
  )

/** Without the name of the container it was made in. */
const configurationOf = (name) => {
  const { Config, Created, Architecture, Os } = JSON.parse(podman(['image', 'inspect', name]))[0]
  return { Config: { ...Config, Hostname: '' }, Created, Architecture, Os }
}
