// What the checks that build the image or run it share: the container tools, their storage, the build from the local
// bases, and the arguments that restrict a container as the chart restricts the pod.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from './checks.mjs'
import { buildBase, ensureBases, runtimeBase } from './image-bases.mjs'
import { installPackages, pathFolders, programIn } from './tools.mjs'

export const root = join(import.meta.dirname, '..')

/** Bases and layers stay here, so that a second build makes only what changed. */
export const cache = join(
  process.env.EVENKEEL_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'evenkeel'),
  'image',
)

/** The image under test, and what it says of itself: the same in every check, so that they share layers. */
export const image = 'localhost/evenkeel:check'
export const version = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version
export const revision = '0123456789abcdef'
export const created = '2026-01-02T03:04:05Z'
/** So many steps of builds are kept for the next ones: a dozen builds of different sources. */
const KEPT_STEPS = 300

/** Standard output of a command, or an error with the beginning and the end of all it wrote. */
export const execute = (command, args, { own = args, both = false } = {}) => {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  if (status === 0) return (both ? stdout + stderr : stdout).trim()
  const lines = `${stdout ?? ''}${stderr ?? ''}`.trim().split('\n')
  const output = [...lines.slice(0, 20), ...lines.slice(20).slice(-20)].join('\n')
  throw new Error(`${command} ${own.slice(0, 4).join(' ')} … ended with ${status ?? error?.message}:\n${output}`)
}

const storage = ['--root', join(cache, 'storage'), '--runroot', join(cache, 'run')]
export const buildah = (args) => execute('buildah', [...storage, ...args], { own: args })
export const podmanArguments = (args) => [...storage, '--runtime', 'runc', '--cgroup-manager', 'cgroupfs', ...args]
export const podman = (args, options = {}) => execute('podman', podmanArguments(args), { own: args, ...options })

/** Installs the container tools that are missing. Throws where it cannot. */
export const ensureTools = () => {
  const folders = [...pathFolders(), '/usr/sbin']
  const missing = ['buildah', 'podman', 'runc', 'debootstrap'].filter((tool) => !programIn(folders, tool))
  expect(
    process.getuid?.() === 0,
    'the image check needs root, because it builds a Debian and runs containers: run it as root',
  )
  mkdirSync(cache, { recursive: true })
  if (missing.length === 0) return
  expect(
    existsSync('/usr/bin/apt-get'),
    `the image check needs ${missing.join(', ')} and there is no apt-get to install them with: install them`,
  )
  installPackages(...missing)
}

/** Makes the stand-ins of the public bases where the storage lacks them; true when it had to. */
export const prepareBases = () => ensureBases(buildah, join(cache, 'work'))

/** Builds `tag` from this checkout on the local bases, without pulling anything, with one time for every file. */
export const build = ({ tag = image, options = [] } = {}) => {
  const secret = process.env.NODE_EXTRA_CA_CERTS ? ['--secret', `id=npm_ca,src=${process.env.NODE_EXTRA_CA_CERTS}`] : []
  buildah([
    'bud', '--runtime', 'runc', '--network', 'host', '--layers', '--pull-never', '--format', 'docker', ...secret,
    '--build-arg', `NODE_IMAGE=${buildBase}`,
    '--build-arg', `RUNTIME_IMAGE=${runtimeBase}`,
    '--build-arg', `VERSION=${version}`,
    '--build-arg', `REVISION=${revision}`,
    '--build-arg', `CREATED=${created}`,
    '--timestamp', String(Date.parse(created) / 1000),
    ...options, '-t', tag, '.',
  ]) // prettier-ignore
}

/** Forgets the steps of earlier builds once there are many of them; which are old, their one time cannot tell. */
export const forgetOldSteps = () => {
  const steps = podman(['images', '--all', '--quiet', '--filter', 'dangling=true']).split('\n')
  if (steps.length > KEPT_STEPS) podman(['image', 'prune', '--force'])
}

/** Arguments that give a container what the chart gives the pod, and nothing more. */
export const restricted = (files = {}, environment = {}) => [
  '--network=host',
  '--no-healthcheck', // Podman would hand it to systemd, which containers and CI machines often lack.
  '--read-only',
  '--tmpfs=/tmp:rw,size=16m,mode=1777',
  '--cap-drop=ALL',
  '--security-opt=no-new-privileges',
  '--memory=512m',
  '--pids-limit=100',
  '--ulimit=nofile=4096:4096',
  '--ulimit=nproc=4096:4096',
  ...Object.entries(files).map(([from, to]) => `--volume=${from}:${to}:ro`),
  ...Object.entries(environment).map(([name, value]) => `--env=${name}=${value}`),
]

/** What `probe` answers with as soon as that is truthy; an error with its last one when it is not within `seconds`. */
export const until = async (what, seconds, probe) => {
  const deadline = Date.now() + seconds * 1000
  let last = 'no answer'
  while (Date.now() < deadline) {
    try {
      const value = await probe()
      if (value) return value
    } catch (error) {
      last = error.message
    }
    await sleep(100)
  }
  throw new Error(`${what} not within ${seconds} s: ${last}`)
}
