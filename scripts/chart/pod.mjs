// The rendered pods on the real image: the migration, the daemon with its probes, the test of the release, and the end.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { check, expect, freePort, hasFailed, same } from '../checks.mjs'
import { build, ensureTools, image, podman, prepareBases, until, version } from '../image-tools.mjs'
import { adminToken, openPlace } from '../image-checks/place.mjs'
import { podRun } from './pod-run.mjs'
import { componentsOf, objectsOf, only, podsOf, release, render, valuesFile } from './rendered.mjs'

const prefix = `evenkeel-chart-${process.pid}`

/** Builds the image, which costs little where its layers are there, and runs the pods of the default values in it. */
export const checkPod = async () => {
  let isBuilt = false
  await check('the image is there to run the rendered pods with', () => {
    ensureTools()
    prepareBases()
    const from = Date.now()
    build()
    isBuilt = true
    return `${((Date.now() - from) / 1000).toFixed(1)} s`
  })
  if (!isBuilt) return
  const place = await openPlace()
  try {
    // The file is there before it is full.
    const sandbox = await until('the sandbox has written its configuration', 10, () => place.configuration())
    const objects = await renderPods(place.folder, sandbox)
    const secrets = {
      evenkeel: {
        DATABASE_URL: await place.databases.create('chart'),
        EVENKEEL_ADMIN_TOKEN: adminToken,
        ZEROX_API_KEY: sandbox.venues.zeroex.apiKey,
      },
    }
    await checkPods(place.folder, objects, secrets)
  } finally {
    await place.close()
  }
}

/** The default values with the sandbox as their world, and free ports of this machine, which the pods share. */
const renderPods = async (scratch, sandbox) => {
  const [adminPort, metricsPort] = [await freePort(), await freePort()]
  const portfolios = Object.fromEntries(
    Object.entries(sandbox.portfolios).map(([id, portfolio]) => [id, { ...portfolio, mode: 'dry-run' }]),
  )
  // The chart takes no key there; it is given as a secret.
  const venues = structuredClone(sandbox.venues)
  delete venues.zeroex.apiKey
  const [repository, tag] = image.split(/:(?=[^:/]*$)/)
  const values = {
    image: { repository, tag },
    metrics: { service: { port: metricsPort } },
    secretKeys: { ZEROX_API_KEY: 'ZEROX_API_KEY' },
    config: {
      ...sandbox,
      venues,
      portfolios,
      // The image holds no key that everybody knows.
      signer: { kind: 'none' },
      server: { ...sandbox.server, host: '0.0.0.0', adminPort, metricsPort },
    },
  }
  const { existingSecret } = parse(readFileSync(valuesFile('default'), 'utf8'))
  const file = join(scratch, 'values.yaml')
  writeFileSync(file, stringify({ existingSecret, ...values }, { version: '1.1' }))
  return objectsOf(render(['--values', file]))
}

const checkPods = async (scratch, objects, secrets) => {
  const given = { configMaps: componentsOf(objects, 'ConfigMap'), secrets }
  const runOf = (kind) =>
    podRun(podsOf(objects).find((pod) => pod.kind === kind).spec, { ...given, folder: join(scratch, kind) })
  const once = (kind, ...more) => podman(['run', '--rm', '--name', `${prefix}-${kind.toLowerCase()}`, ...more, ...runOf(kind).args], { both: true }) // prettier-ignore

  await check('pod: what has no translation is refused, and what is not given', () => {
    const { spec } = podsOf(objects).find(({ kind }) => kind === 'Job')
    const refusal = (pod, held) => {
      try {
        podRun(pod, { ...held, folder: join(scratch, 'refused') })
      } catch (error) {
        return error.message
      }
      return 'it was translated'
    }
    for (const [word, pod, held] of [
      ['hostNetwork', { ...spec, hostNetwork: true }, given],
      ['volumes.hostPath', { ...spec, volumes: spec.volumes.map(({ name }) => ({ name, hostPath: { path: '/' } })) }, given], // prettier-ignore
      ['key DATABASE_URL, which Secret evenkeel lacks', spec, { ...given, secrets: { evenkeel: {} } }],
      ['ConfigMap rel-evenkeel-migrate, which is not rendered', spec, { ...given, configMaps: [] }],
    ])
      expect(refusal(pod, held).includes(word), `expected ${word}, got: ${refusal(pod, held)}`)
  })
  await check('pod: the rendered migration brings an empty database up', () => void once('Job'))
  const daemon = `${prefix}-daemon`
  const { args, probes, graceSeconds } = runOf('Deployment')
  const state = () => JSON.parse(podman(['inspect', daemon]))[0].State
  try {
    podman(['run', '--detach', '--name', daemon, ...args])
    for (const probe of probes) await checkProbe(probe, state)
    await check('pod: the rendered security context is in force', () => checkSecurity(daemon, state().Pid))
    await check('pod: the admin port answers nobody without a token, and whoever has it', async () => {
      const { containerPort } = only(objects, 'Deployment').spec.template.spec.containers[0].ports[0]
      const ask = async (headers) =>
        (await fetch(`http://127.0.0.1:${containerPort}/v1/portfolios`, { headers })).status
      same([await ask({}), await ask({ authorization: `Bearer ${adminToken}` })], [401, 200], 'answers')
    })
    await check('pod: the rendered test of the release finds it ready', () => {
      const service = componentsOf(objects, 'Service').find(({ spec }) => spec.ports[0].name === 'metrics')
      return once('Pod', `--add-host=${service.metadata.name}:127.0.0.1`).split('\n').at(-1)
    })
    await check(`pod: SIGTERM ends it with 0 within its ${graceSeconds} s`, async () => {
      const from = Date.now()
      podman(['kill', '--signal', 'TERM', daemon])
      await until('the daemon ends', graceSeconds, () => !state().Running)
      same(state().ExitCode, 0, 'exit code')
      return `${((Date.now() - from) / 1000).toFixed(1)} s`
    })
    await check('pod: the rendered test of the release fails when it is gone', () => {
      let output = 'it passed'
      try {
        once('Pod', `--add-host=${release.name}-evenkeel-metrics:127.0.0.1`)
      } catch (error) {
        output = error.message
      }
      expect(output.includes('fetch failed'), output)
    })
  } finally {
    if (hasFailed())
      console.log(`last lines of the daemon:\n${podman(['logs', '--tail', '20', daemon], { both: true })}`)
    podman(['rm', '--force', '--ignore', '--time', '0', daemon])
  }
}

/** Asks as the kubelet does: often enough for the start, and within the time of one answer. */
const checkProbe = ({ name, path, port, periodSeconds, timeoutSeconds, failureThreshold }, state) =>
  check(`pod: the rendered ${name} of ${path} succeeds`, async () => {
    const from = Date.now()
    const patience = name === 'startupProbe' ? periodSeconds * failureThreshold : 60
    const ask = async () => {
      const { Running, ExitCode } = state()
      if (!Running) return `the container ended with ${ExitCode}`
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
        signal: AbortSignal.timeout(timeoutSeconds * 1000),
      })
      expect(answer.ok, `${path} answered ${answer.status}: ${(await answer.text()).slice(0, 300)}`)
      return 'success'
    }
    same(await until(`${path} answers 200`, patience, ask), 'success', 'probe')
    return `port ${port}, ${((Date.now() - from) / 1000).toFixed(1)} s`
  })

const checkSecurity = (daemon, pid) => {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const field = (name) => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1]?.split(/\s+/)[0]
  same(
    ['Uid', 'Gid', 'CapEff', 'CapBnd', 'NoNewPrivs', 'Seccomp'].map(field),
    ['65532', '65532', '0000000000000000', '0000000000000000', '1', '2'],
    'Uid, Gid, CapEff, CapBnd, NoNewPrivs, Seccomp',
  )
  const attempt = (path) =>
    podman(['exec', daemon, 'node', '-e', `try { require('node:fs').writeFileSync('${path}', 'x'); console.log('written') } catch (e) { console.log(e.code) }`]) // prettier-ignore
  same(['/app/x', '/etc/evenkeel/x', '/tmp/x'].map(attempt), ['EROFS', 'EROFS', 'written'], 'writing to /app, /etc/evenkeel and /tmp') // prettier-ignore
  const limit = JSON.parse(podman(['inspect', daemon]))[0].HostConfig.Memory
  same(limit, 2 ** 30, 'memory limit')
  return `version ${version}, ${limit / 2 ** 20} MiB`
}
