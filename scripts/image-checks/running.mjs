// How the image runs: its commands, its probes, and what the process may do.
import { readFileSync } from 'node:fs'
import { check, expect, hasFailed, same } from '../checks.mjs'
import { image, podman, revision, version } from '../image-tools.mjs'
import { installed, listening, mustRun, runOnce, startDaemon } from './container.mjs'
import { given } from './place.mjs'

const FILE = ['--config', '/etc/evenkeel/evenkeel.yaml']

export const checkRun = async (place) => {
  const config = await listening({ ...place.configuration(), signer: { kind: 'none' } })
  for (const portfolio of Object.values(config.portfolios)) portfolio.mode = 'dry-run'

  await check('version is printed without configuration', () => {
    const printed = mustRun([], 'version')
    same(printed, version, 'what it prints')
    return printed
  })
  await check('the development signer is refused with one line and exit code 2', async () => {
    const settings = given(place.folder, 'development', place.configuration(), await place.databases.create('unused'))
    mustRun(settings, 'migrate', ...FILE)
    for (const command of ['check-config', 'start']) {
      const { status, stderr } = runOnce(settings, command, ...FILE)
      same(status, 2, `exit code of ${command}`)
      expect(/^signer\.kind: [^\n]+, got development: [^\n]+$/.test(stderr), `${command} said: ${stderr}`)
    }
  })
  const settings = await installed(place, 'dry_run', config)
  await check('check-config accepts the configuration of a dry run in the sandbox', () => {
    mustRun(settings, 'check-config', ...FILE)
  })
  await check('migrate brings an empty database up, and again changes nothing', () => {
    same(mustRun(settings, 'migrate', ...FILE), 'The database is at this schema already.', 'what it prints')
  })

  const from = Date.now()
  const daemon = startDaemon(settings, config)
  try {
    await check('the daemon is live and ready, by every probe', async () => {
      await daemon.ready()
      same((await daemon.probe('/livez')).status, 200, '/livez')
      return `${((Date.now() - from) / 1000).toFixed(1)} s after start`
    })
    if (!daemon.state().Running) return
    await check('the health check of the image passes, and fails where nobody listens', () => {
      const [kind, ...command] = JSON.parse(podman(['image', 'inspect', image]))[0].Healthcheck.Test
      const at = (port) => command.map((part) => part.replace(':9464/', `:${port}/`))
      same(kind, 'CMD', 'kind of health check')
      daemon.exec(...at(config.server.metricsPort))
      expect(
        fails(() => daemon.exec(...at(1))),
        'it passes on a port where nobody listens',
      )
    })
    await check('/metrics and GET /v1/version name the same build', async () => {
      const metrics = await (await daemon.probe('/metrics')).text()
      const labels = (name) =>
        Object.fromEntries(
          [...new RegExp(`^${name}\\{.*`, 'm').exec(metrics)[0].matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [
            key,
            value,
          ]),
        )
      const told = await daemon.get('/v1/version')
      same([told.version, told.revision], [version, revision], 'version and revision')
      const { version: build, revision: source, node_version: nodeVersion } = labels('evenkeel_build_info')
      same([build, source, nodeVersion], [told.version, told.revision, told.nodeVersion], 'evenkeel_build_info')
      same(labels('evenkeel_config_info').config_hash, told.configHash, 'config_hash')
      return JSON.stringify(told)
    })
    await check('PID 1 runs as 65532 without capabilities, new privileges or free system calls', () => {
      const status = readFileSync(`/proc/${daemon.state().Pid}/status`, 'utf8')
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
        daemon.exec(
          'node',
          '-e',
          `try { require('node:fs').writeFileSync('${path}', 'x'); console.log('written') } catch (e) { console.log(e.code) }`,
        )
      same(['/app/x', '/x', '/tmp/x'].map(attempt), ['EROFS', 'EROFS', 'written'], 'writing to /app, / and /tmp')
    })
    await check('SIGTERM to PID 1 of a daemon at rest ends it with 0 within 10 s', async () => {
      const { exitCode, seconds } = await daemon.terminate()
      same(exitCode, 0, 'exit code')
      return `${seconds.toFixed(1)} s`
    })
  } finally {
    if (hasFailed()) console.log(`last lines of the daemon:\n${daemon.log().split('\n').slice(-20).join('\n')}`)
    daemon.remove()
  }
}

const fails = (act) => {
  try {
    act()
    return false
  } catch {
    return true
  }
}
