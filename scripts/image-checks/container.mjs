// Containers of the image under test, restricted as the chart restricts the pod.
import { spawnSync } from 'node:child_process'
import { expect, freePort } from '../checks.mjs'
import { image, podman, podmanArguments, restricted, until } from '../image-tools.mjs'
import { adminToken, given } from './place.mjs'

const prefix = `evenkeel-check-${process.pid}`
let made = 0

/** Runs one command of the image to its end. */
export const runOnce = (settings, ...args) => {
  const options = ['run', '--rm', '--name', `${prefix}-${++made}`, ...restricted(...settings), image, ...args]
  const { status, stdout, stderr } = spawnSync('podman', podmanArguments(options), { encoding: 'utf8' })
  return { status, stdout: stdout.trim(), stderr: stderr.trim() }
}

/** The same, for one that has to work: its standard output. */
export const mustRun = (settings, ...args) => {
  const { status, stdout, stderr } = runOnce(settings, ...args)
  expect(status === 0, `${args.join(' ')} ended with ${status}: ${stderr || stdout}`)
  return stdout
}

/** A configuration in which the daemon listens on free ports of this machine. */
export const listening = async (config) => {
  const [adminPort, metricsPort] = [await freePort(), await freePort()]
  return { ...config, server: { ...config.server, host: '127.0.0.1', adminPort, metricsPort } }
}

/** Files and environment of a daemon with this configuration on a database that was migrated. */
export const installed = async (place, name, config) => {
  const settings = given(place.folder, name, config, await place.databases.create(name))
  mustRun(settings, 'migrate', '--config', '/etc/evenkeel/evenkeel.yaml')
  return settings
}

/** Starts the daemon. */
export const startDaemon = (settings, { server }) => {
  const name = `${prefix}-${++made}`
  podman(['run', '--detach', '--name', name, ...restricted(...settings), image])
  const state = () => JSON.parse(podman(['inspect', name]))[0].State
  const ask = (port, path, init) =>
    fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(2000), ...init })
  const log = () => podman(['logs', name], { both: true })
  const authorization = `Bearer ${adminToken}`
  return {
    state,
    log,
    probe: (path) => ask(server.metricsPort, path),
    get: async (path) => (await ask(server.adminPort, path, { headers: { authorization } })).json(),
    post: async (path, body) => {
      const headers = { authorization, 'content-type': 'application/json' }
      const answer = await ask(server.adminPort, path, { method: 'POST', headers, body: JSON.stringify(body) })
      expect(answer.ok, `${path} answered ${answer.status}: ${await answer.text()}`)
    },
    exec: (...command) => podman(['exec', name, ...command]),
    ready: () =>
      until('/readyz answers 200', 60, async () => {
        const { Running, ExitCode } = state()
        expect(Running, `the container ended with ${ExitCode}; its last words:\n${log().slice(-2000)}`)
        const answer = await ask(server.metricsPort, '/readyz')
        expect(answer.ok, `/readyz answered ${answer.status}: ${(await answer.text()).slice(0, 300)}`)
        return true
      }),
    /** Sends SIGTERM to PID 1. Exit code and seconds; throws when it has not ended after ten of them. */
    terminate: async () => {
      const from = Date.now()
      podman(['kill', '--signal', 'TERM', name])
      await until('the daemon ends', 10, () => !state().Running)
      return { exitCode: state().ExitCode, seconds: (Date.now() - from) / 1000 }
    },
    remove: () => podman(['rm', '--force', '--time', '0', name]),
  }
}
