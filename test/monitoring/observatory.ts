import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse, stringify } from 'yaml'
import { freePorts } from '../../sandbox/demo/daemon.js'
import { startProgram } from './process.js'

export type Labels = Readonly<Record<string, string>>

/** An alert as it came through Alertmanager. */
export interface Received {
  readonly status: 'firing' | 'resolved'
  readonly labels: Labels
  readonly annotations: Labels
  /** Milliseconds since 1970. */
  readonly at: number
}

/** A Prometheus that scrapes, an Alertmanager it tells, and the webhook that Alertmanager tells. */
export interface Observatory {
  readonly received: readonly Received[]
  /** Of Prometheus. */
  readonly url: string
  /** The answer of Prometheus' API under /api/v1, its `data`. */
  readonly ask: (path: string, parameters?: Readonly<Record<string, string>>) => Promise<unknown>
  readonly stop: () => Promise<void>
}

const exampleFile = new URL('../../helm/evenkeel/files/alertmanager/alertmanager.yaml', import.meta.url)

/**
 * Everything in `dir`. The Alertmanager has the routes of the example, told at once and without inhibitions: each alert is
 * to be seen here, and what inhibits what is tested with the rules.
 */
export async function startObservatory(options: {
  readonly dir: string
  readonly rules: string
  readonly targets: readonly string[]
}): Promise<Observatory> {
  const { dir, rules, targets } = options
  await rm(dir, { recursive: true, force: true })
  await mkdir(dir, { recursive: true })
  const tools = findTools()
  const [prometheusPort, alertmanagerPort] = (await freePorts(2)) as [number, number]
  const stops: (() => Promise<void>)[] = []
  const stop = async () => {
    for (const end of stops.toReversed()) await end()
  }
  try {
    const receiver = await startReceiver()
    stops.push(receiver.stop)
    await writeFile(join(dir, 'rules.yaml'), rules)
    await writeFile(join(dir, 'alertmanager.yaml'), await alertmanagerConfig(receiver.url))
    await writeFile(
      join(dir, 'prometheus.yaml'),
      stringify({
        global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
        rule_files: ['rules.yaml'],
        alerting: { alertmanagers: [{ static_configs: [{ targets: [`127.0.0.1:${alertmanagerPort}`] }] }] },
        scrape_configs: [{ job_name: 'evenkeel', static_configs: [{ targets: [...targets] }] }],
      }),
    )
    const alertmanager = await startProgram(
      tools.alertmanager,
      [
        `--config.file=${join(dir, 'alertmanager.yaml')}`,
        `--storage.path=${join(dir, 'alertmanager')}`,
        `--web.listen-address=127.0.0.1:${alertmanagerPort}`,
        '--cluster.listen-address=',
      ],
      `http://127.0.0.1:${alertmanagerPort}/-/ready`,
    )
    stops.push(alertmanager.stop)
    const url = `http://127.0.0.1:${prometheusPort}`
    const prometheus = await startProgram(
      tools.prometheus,
      [
        `--config.file=${join(dir, 'prometheus.yaml')}`,
        `--storage.tsdb.path=${join(dir, 'data')}`,
        `--web.listen-address=127.0.0.1:${prometheusPort}`,
        // Told again soon where an Alertmanager was just done with the last one; a minute otherwise.
        '--rules.alert.resend-delay=2s',
      ],
      `${url}/-/ready`,
    )
    stops.push(prometheus.stop)
    return {
      received: receiver.received,
      url,
      async ask(path, parameters = {}) {
        const answer = await fetch(`${url}/api/v1/${path}?${new URLSearchParams(parameters)}`)
        const body = (await answer.json()) as { status: string; error?: string; data: unknown }
        if (body.status !== 'success') throw new Error(`Prometheus refused ${path}: ${body.error}`)
        return body.data
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

function findTools(): { prometheus: string; alertmanager: string } {
  const script = fileURLToPath(new URL('../../scripts/find-prometheus.mjs', import.meta.url))
  const [, prometheus = '', alertmanager = ''] = execFileSync(process.execPath, [script], { encoding: 'utf8' }).split(
    '\n',
  )
  return { prometheus, alertmanager }
}

async function startReceiver(): Promise<{ url: string; received: Received[]; stop: () => Promise<void> }> {
  const received: Received[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => (body += text))
    request.on('end', () => {
      const { alerts } = JSON.parse(body) as { alerts: Omit<Received, 'at'>[] }
      for (const { status, labels, annotations } of alerts)
        received.push({ status, labels, annotations, at: Date.now() })
      response.writeHead(200).end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

interface Route {
  group_wait?: string
  group_interval?: string
  repeat_interval?: string
  routes?: Route[]
}

async function alertmanagerConfig(receiver: string): Promise<string> {
  const text = (await readFile(exampleFile, 'utf8')).replaceAll('http://127.0.0.1:9099', receiver)
  const { inhibit_rules: _, ...config } = parse(text) as { inhibit_rules: unknown; route: Route }
  for (const route of [config.route, ...(config.route.routes ?? [])]) {
    route.group_wait = '0s'
    route.group_interval = '1s'
    // What is repeated every minute, so that silence shows, is repeated in our minute.
    if (route.repeat_interval === '1m') route.repeat_interval = '1s'
  }
  return stringify(config)
}
