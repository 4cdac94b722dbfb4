import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { z } from 'zod'

const root = join(import.meta.dirname, '..', '..')
const readYaml = (path: string): unknown => parse(readFileSync(join(root, path), 'utf8'), { merge: true })

const build = z.union([z.string(), z.strictObject({ context: z.string(), dockerfile: z.string() })])
const service = z.strictObject({
  image: z.string(),
  build: build.optional(),
  user: z.string().regex(/^\d+:\d+$/),
  read_only: z.literal(true),
  cap_drop: z.tuple([z.literal('ALL')]),
  security_opt: z.tuple([z.literal('no-new-privileges:true')]),
  tmpfs: z.array(z.string().regex(/^\/[\w/]+:size=\d+m(,(mode|uid|gid)=\d+)+$/)),
  stop_grace_period: z.string(),
  environment: z.record(z.string(), z.string()).optional(),
  command: z.array(z.string()).optional(),
  entrypoint: z.array(z.string()).optional(),
  volumes: z.array(z.string()).default([]),
  ports: z.array(z.string().regex(/^127\.0\.0\.1:\d+:\d+$/)).default([]),
  network_mode: z
    .string()
    .regex(/^service:\w+$/)
    .optional(),
  depends_on: z
    .union([z.array(z.string()), z.record(z.string(), z.strictObject({ condition: z.string() }))])
    .default([]),
  healthcheck: z
    .strictObject({ test: z.array(z.string()), interval: z.string(), timeout: z.string(), retries: z.int() })
    .optional(),
  mem_limit: z.string().optional(),
  pids_limit: z.int().optional(),
})
const compose = z
  .looseObject({ services: z.record(z.string(), service), volumes: z.record(z.string(), z.strictObject({})) })
  .parse(readYaml('docker-compose.yaml'))
const services = Object.entries(compose.services)

const mounts = services.flatMap(([name, { volumes }]) =>
  volumes.map((volume) => {
    const [from, to, mode] = volume.split(':') as [string, string, string | undefined]
    return { name, from, to, mode }
  }),
)
/** The file of the repository that a service sees at a path. */
const seenBy = (name: string, path: string): string | undefined => {
  const mount = mounts.find((one) => one.name === name && `${path}/`.startsWith(`${one.to}/`))
  return mount && join(root, mount.from, path.slice(mount.to.length))
}

describe('docker-compose.yaml', () => {
  test('has a daemon, its database, what watches it and a world to run in, each restricted', () => {
    expect(services.map(([name]) => name).toSorted()).toEqual([
      'alertmanager',
      'alerts',
      'daemon',
      'grafana',
      'migrate',
      'postgres',
      'prometheus',
      'sandbox',
    ])
    for (const [, { user }] of services) expect(user).not.toMatch(/^0:/)
  })

  test('names every image by a version, which can be replaced', () => {
    for (const [, { image }] of services) {
      expect(image).toMatch(/^\$\{[A-Z]+_IMAGE:-[\w./-]+:[\w.-]+\}$/)
      expect(image).not.toContain(':latest')
    }
  })

  test('mounts what is there, read-only where it is of the repository', () => {
    for (const { from, mode } of mounts)
      if (from.startsWith('./')) {
        expect([from, existsSync(join(root, from))]).toEqual([from, true])
        expect([from, mode]).toEqual([from, 'ro'])
      } else expect(Object.keys(compose.volumes)).toContain(from)
    expect(new Set(mounts.filter(({ from }) => !from.startsWith('./')).map(({ from }) => from))).toEqual(
      new Set(Object.keys(compose.volumes)),
    )
  })

  test('refers to services that are there, and builds from files that are there', () => {
    const named = services.flatMap(([, { depends_on, network_mode }]) => [
      ...(Array.isArray(depends_on) ? depends_on : Object.keys(depends_on)),
      ...(network_mode ? [network_mode.replace('service:', '')] : []),
    ])
    expect(named.filter((name) => compose.services[name] === undefined)).toEqual([])
    for (const [, { build: from }] of services)
      if (typeof from === 'object') {
        expect(existsSync(join(root, from.dockerfile))).toBe(true)
        expect(existsSync(join(root, `${from.dockerfile}.dockerignore`))).toBe(true)
      }
  })

  test('no two services publish the same port', () => {
    const published = services.flatMap(([, { ports }]) => ports.map((port) => port.split(':')[1]))
    expect(new Set(published).size).toBe(published.length)
  })
})

describe('what watches in it', () => {
  const prometheus = z
    .object({
      scrape_configs: z.array(
        z.object({ job_name: z.string(), static_configs: z.array(z.object({ targets: z.array(z.string()) })) }),
      ),
      rule_files: z.array(z.string()),
      alerting: z.object({
        alertmanagers: z.array(z.object({ static_configs: z.array(z.object({ targets: z.array(z.string()) })) })),
      }),
    })
    .parse(readYaml('deploy/compose/prometheus.yaml'))

  test('Prometheus scrapes the daemon under the name the rules expect, with the rules of the chart', () => {
    const [job, ...others] = prometheus.scrape_configs
    expect(others).toEqual([])
    expect(job!.job_name).toBe('evenkeel')
    const [host] = job!.static_configs[0]!.targets[0]!.split(':')
    expect(compose.services['daemon']!.network_mode).toBe(`service:${host}`)
    expect(prometheus.rule_files.map((path) => seenBy('prometheus', path))).toEqual([
      join(root, 'helm/evenkeel/files/rules/evenkeel.yaml'),
    ])
    expect(prometheus.alerting.alertmanagers[0]!.static_configs[0]!.targets).toEqual(['alertmanager:9093'])
  })

  test('every webhook of Alertmanager’s example is answered beside it', () => {
    const { receivers } = z
      .object({ receivers: z.array(z.object({ webhook_configs: z.array(z.object({ url: z.url() })) })) })
      .parse(readYaml('helm/evenkeel/files/alertmanager/alertmanager.yaml'))
    const hosts = receivers.flatMap(({ webhook_configs }) => webhook_configs.map(({ url }) => new URL(url).host))
    expect(new Set(hosts)).toEqual(new Set(['127.0.0.1:9099']))
    expect(compose.services['alerts']!.network_mode).toBe('service:alertmanager')
    expect(readFileSync(join(root, 'deploy/compose/print-alerts.mjs'), 'utf8')).toContain("listen(9099, '127.0.0.1')")
  })

  test('Grafana is provisioned with Prometheus and every dashboard', () => {
    const { datasources } = z
      .strictObject({
        apiVersion: z.literal(1),
        datasources: z.array(
          z.looseObject({ uid: z.string(), type: z.string(), url: z.url(), isDefault: z.boolean() }),
        ),
      })
      .parse(readYaml('deploy/compose/grafana/datasources/prometheus.yaml'))
    expect(datasources).toMatchObject([{ type: 'prometheus', url: 'http://prometheus:9090', isDefault: true }])
    const { providers } = z
      .strictObject({
        apiVersion: z.literal(1),
        providers: z.array(z.looseObject({ type: z.literal('file'), options: z.strictObject({ path: z.string() }) })),
      })
      .parse(readYaml('deploy/compose/grafana/dashboards/evenkeel.yaml'))
    expect(providers.map(({ options }) => seenBy('grafana', options.path))).toEqual([
      join(root, 'helm/evenkeel/files/dashboards'),
    ])
    const home = compose.services['grafana']!.environment!['GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH']!
    expect(existsSync(seenBy('grafana', home)!)).toBe(true)
    for (const kind of ['datasources', 'dashboards'])
      expect(readdirSync(seenBy('grafana', `/etc/grafana/provisioning/${kind}`)!)).toHaveLength(1)
  })
})
