// Builds stand-ins for the two public base images of the Dockerfile out of Debian packages and the npm packages of
// Node and npm, so that the image can be built and run where no image registry can be reached. They have what the
// public ones have: the build base a shell, Node and npm; the runtime base Node at /nodejs/bin/node with the libraries
// it is linked to, certificates, user 65532 and no shell. Built once and kept in the container storage they are put in.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const debian = 'bookworm'
const node = '24.21.0'
const npm = '11.21.2'

/** Bases made by another recipe are never taken for these. */
const recipe = createHash('sha256')
  .update(readFileSync(import.meta.filename))
  .digest('hex')
  .slice(0, 12)

export const buildBase = `localhost/evenkeel-base/node:${recipe}`
export const runtimeBase = `localhost/evenkeel-base/runtime:${recipe}`

/**
 * Makes sure both bases are in the storage `buildah` works on. `buildah` is a function of arguments that returns
 * standard output; `folder` is a place for work files that is removed afterwards.
 */
export const ensureBases = (buildah, folder) => {
  const missing = [buildBase, runtimeBase].filter(
    (image) => buildah(['images', '--quiet', '--filter', `reference=${image}`]) === '',
  )
  if (missing.length === 0) return false
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  try {
    const root = join(folder, 'debian')
    run('debootstrap', ['--variant=minbase', '--include=ca-certificates', debian, root])
    const nodeFolder = unpack(`node-linux-${process.arch === 'arm64' ? 'arm64' : 'x64'}@${node}`, folder)
    const nodeBinary = join(nodeFolder, 'bin', 'node')
    const npmFolder = unpack(`npm@${npm}`, folder)

    const runtime = join(folder, 'runtime')
    copy(nodeBinary, join(runtime, 'nodejs/bin/node'))
    for (const library of librariesOf(root, nodeBinary)) copy(realpathSync(join(root, library)), join(runtime, library))
    copy(join(root, 'etc/ssl/certs/ca-certificates.crt'), join(runtime, 'etc/ssl/certs/ca-certificates.crt'))
    write(
      join(runtime, 'etc/passwd'),
      'root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n',
    )
    write(join(runtime, 'etc/group'), 'root:x:0:\nnonroot:x:65532:\n')
    write(join(runtime, 'etc/nsswitch.conf'), 'hosts: files dns\n')
    mkdirSync(join(runtime, 'tmp'), { recursive: true })
    chmodSync(join(runtime, 'tmp'), 0o1777)
    commit(buildah, runtimeBase, runtime, ['--user', '65532:65532'])

    copy(nodeBinary, join(root, 'usr/local/bin/node'))
    cpSync(npmFolder, join(root, 'usr/local/lib/node_modules/npm'), { recursive: true })
    write(
      join(root, 'usr/local/bin/npm'),
      '#!/bin/sh\nexec node /usr/local/lib/node_modules/npm/bin/npm-cli.js "$@"\n',
      0o755,
    )
    commit(buildah, buildBase, root, [])
    return true
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const run = (command, args, options = {}) =>
  execFileSync(command, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 1 << 28,
    ...options,
  }).trim()

const unpack = (spec, folder) => {
  const [{ filename }] = JSON.parse(run('npm', ['pack', '--json', '--ignore-scripts', spec], { cwd: folder }))
  const target = join(folder, spec.replace('@', '-'))
  mkdirSync(target)
  run('tar', ['-xzf', join(folder, filename), '-C', target, '--strip-components=1'])
  return target
}

const copy = (from, to) => {
  mkdirSync(dirname(to), { recursive: true })
  cpSync(from, to)
}

const write = (path, text, mode = 0o644) => {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  chmodSync(path, mode)
}

/** Paths, as the loader will look for them, of every library the binary needs, taken from the Debian in `root`. */
const librariesOf = (root, binary) => {
  copy(binary, join(root, 'tmp/node'))
  const listed = run('chroot', [root, 'ldd', '/tmp/node'])
  rmSync(join(root, 'tmp/node'))
  const missing = listed.split('\n').filter((line) => line.includes('not found'))
  if (missing.length > 0)
    throw new Error(`Debian ${debian} lacks libraries of Node ${node}: ${missing.join(', ').trim()}`)
  const paths = [...listed.matchAll(/(\/\S+) \(0x/g)].map(([, path]) => path)
  // Name resolution is loaded on first use, so the loader does not list it.
  const folder = dirname(paths.find((path) => path.includes('/libc.so')) ?? '/lib/x86_64-linux-gnu/libc.so.6')
  return [
    ...paths,
    ...['libnss_files.so.2', 'libnss_dns.so.2', 'libresolv.so.2'].map((name) => join(folder, name)),
  ].filter((path) => existsSync(join(root, path)))
}

const commit = (buildah, name, folder, config) => {
  const container = buildah(['from', 'scratch'])
  try {
    buildah(['add', '--quiet', container, folder, '/'])
    if (config.length > 0) buildah(['config', ...config, container])
    buildah(['commit', '--quiet', container, name])
  } finally {
    buildah(['rm', container])
  }
}
