// Checks the alert rules with the tools of Prometheus itself: the rules parse, every rule test holds, every alert has a
// test in which it fires and one in which it is silent, and an Alertmanager with the example configuration routes and
// inhibits as the example says. One line per check; exit code 1 when one fails. Takes a few seconds.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { parse } from 'yaml'
import { check, close, fail, freePort, same } from './checks.mjs'
import { findPrometheus } from './find-prometheus.mjs'
import { run } from './tools.mjs'

const root = join(import.meta.dirname, '..')
const rulesFile = join(root, 'helm', 'evenkeel', 'files', 'rules', 'evenkeel.yaml')
const testsFile = join(root, 'test', 'monitoring', 'rules.test.yaml')
const alertmanagerFile = join(root, 'helm', 'evenkeel', 'files', 'alertmanager', 'alertmanager.yaml')
/** Always fires, so that nothing can show it silent. */
const neverSilent = ['EvenkeelWatchdog']

const checkTests = async (alerts) => {
  const cases = parse(readFileSync(testsFile, 'utf8')).tests.flatMap((one) => one.alert_rule_test ?? [])
  const fires = new Set(cases.filter((one) => one.exp_alerts.length > 0).map((one) => one.alertname))
  const silent = new Set(cases.filter((one) => one.exp_alerts.length === 0).map((one) => one.alertname))
  const names = alerts.map(({ alert }) => alert)
  await check('every alert has a case in which it fires', () => same(names.filter((one) => !fires.has(one)), [], 'without one')) // prettier-ignore
  await check('every alert has a case in which it is silent', () => same(names.filter((one) => !silent.has(one) && !neverSilent.includes(one)), [], 'without one')) // prettier-ignore
  await check('every case is about an alert that exists', () => same([...fires, ...silent].filter((one) => !names.includes(one)), [], 'unknown')) // prettier-ignore
}

/**
 * Runs `body` with the address of an Alertmanager that has the example as its configuration.
 * @param {string} path
 * @param {(url: string) => Promise<void>} body
 */
const withAlertmanager = async (path, body) => {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-alertmanager-'))
  const url = `http://127.0.0.1:${await freePort()}`
  const child = spawn(
    path,
    [
      `--config.file=${alertmanagerFile}`,
      `--storage.path=${folder}`,
      `--web.listen-address=${url.slice(7)}`,
      '--cluster.listen-address=',
      '--log.level=error',
    ],
    { stdio: 'ignore' },
  )
  const ended = once(child, 'exit')
  try {
    for (let waited = 0; waited < 10_000; waited += 50) {
      if ((await fetch(`${url}/-/ready`).catch(() => undefined))?.ok) return await body(url)
      if (child.exitCode !== null) throw new Error(`Alertmanager ended with ${child.exitCode}.`)
      await sleep(50)
    }
    throw new Error('Alertmanager was not ready within 10 s.')
  } finally {
    child.kill()
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What fires, and which of it nobody is told about. */
const inhibitions = [
  {
    name: 'a page mutes the tickets of its chain and of no other one',
    fires: [
      { alertname: 'EvenkeelChainHeadStale', severity: 'critical', chain: 'bay' },
      { alertname: 'EvenkeelRpcEndpointErrors', severity: 'warning', chain: 'bay' },
      { alertname: 'EvenkeelRpcEndpointErrors', severity: 'warning', chain: 'cove' },
      { alertname: 'EvenkeelPausedLong', severity: 'warning', scope: 'global' },
    ],
    muted: ['EvenkeelRpcEndpointErrors bay'],
  },
  {
    name: 'a page mutes the tickets of its portfolio in its own namespace',
    fires: [
      { alertname: 'EvenkeelCycleStalled', severity: 'critical', portfolio: 'core', namespace: 'funds' },
      { alertname: 'EvenkeelValuationStale', severity: 'warning', portfolio: 'core', namespace: 'funds' },
      { alertname: 'EvenkeelValuationStale', severity: 'warning', portfolio: 'core', namespace: 'staging' },
      { alertname: 'EvenkeelAdminDenied', severity: 'warning', namespace: 'funds' },
    ],
    muted: ['EvenkeelValuationStale core funds'],
  },
  {
    name: 'without a quorum nothing is said of a chain but that, and of foreign transactions',
    fires: [
      { alertname: 'EvenkeelRpcQuorumLost', severity: 'critical', chain: 'bay' },
      { alertname: 'EvenkeelChainHeadStale', severity: 'critical', chain: 'bay' },
      { alertname: 'EvenkeelForeignTransaction', severity: 'critical', chain: 'bay' },
      { alertname: 'EvenkeelChainHeadStale', severity: 'critical', chain: 'cove' },
      { alertname: 'EvenkeelBreakerTripped', severity: 'critical', breaker: 'B-10', scope: 'chain', id: 'bay' },
    ],
    muted: ['EvenkeelChainHeadStale bay'],
  },
  {
    name: 'while nothing runs only what stops trading is told, in that namespace',
    fires: [
      { alertname: 'EvenkeelDown', severity: 'critical', namespace: 'funds' },
      { alertname: 'EvenkeelReconciliationStale', severity: 'critical', chain: 'bay', namespace: 'funds' },
      { alertname: 'EvenkeelHalted', severity: 'critical', scope: 'global', namespace: 'funds' },
      { alertname: 'EvenkeelReconciliationStale', severity: 'critical', chain: 'bay', namespace: 'staging' },
      { alertname: 'EvenkeelWatchdog', severity: 'none' },
    ],
    muted: ['EvenkeelReconciliationStale bay funds'],
  },
  {
    name: 'the same where there are no namespaces; alerts of others go on',
    fires: [
      { alertname: 'EvenkeelDown', severity: 'critical', job: 'evenkeel' },
      { alertname: 'EvenkeelCycleStalled', severity: 'critical', portfolio: 'core' },
      { alertname: 'DiskFull', severity: 'critical' },
      { alertname: 'EvenkeelWatchdog', severity: 'none' },
    ],
    muted: ['EvenkeelCycleStalled core'],
  },
]

const nameOf = ({ alertname, chain, portfolio, namespace }) =>
  [alertname, chain, portfolio, namespace].filter((part) => part !== undefined).join(' ')

const checkInhibition = ({ alertmanager }, { name, fires, muted }) =>
  check(`inhibited: ${name}`, () =>
    withAlertmanager(alertmanager, async (url) => {
      const answer = await fetch(`${url}/api/v2/alerts`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(fires.map((labels) => ({ labels }))),
      })
      if (!answer.ok) throw new Error(`the alerts were answered ${answer.status}: ${await answer.text()}`)
      let found = []
      for (let waited = 0; waited < 10_000 && !isDeepStrictEqual(found, muted); waited += 100) {
        await sleep(100)
        const alerts = await (await fetch(`${url}/api/v2/alerts`)).json()
        found = alerts.filter(({ status }) => status.inhibitedBy.length > 0).map(({ labels }) => nameOf(labels))
      }
      same(found, muted, 'muted')
    }),
  )

/** @type {[string, string, string[]][]} */
const routes = [
  ['a critical alert is a page', 'pages', ['alertname=EvenkeelHalted', 'severity=critical', 'scope=global']],
  ['a warning is a ticket', 'tickets', ['alertname=EvenkeelPausedLong', 'severity=warning', 'scope=global']],
  ['the watchdog goes to the dead man’s switch', 'dead-mans-switch', ['alertname=EvenkeelWatchdog', 'severity=none']],
]

try {
  const found = findPrometheus()
  console.log(`promtool ${found.version}`)
  const groups = parse(readFileSync(rulesFile, 'utf8')).groups
  const alerts = groups.flatMap(({ rules }) => rules).filter(({ alert }) => alert !== undefined)
  await check('promtool takes the rules', () => {
    run(found.promtool, ['check', 'rules', '--lint=all', '--lint-fatal', rulesFile])
    return `${alerts.length} alerts`
  })
  await check('every rule test holds', () => void run(found.promtool, ['test', 'rules', testsFile]))
  await checkTests(alerts)
  await check('amtool takes the example of an Alertmanager', () => void run(found.amtool, ['check-config', alertmanagerFile])) // prettier-ignore
  for (const [name, receiver, labels] of routes)
    await check(`routed: ${name}`, () =>
      same(run(found.amtool, ['config', 'routes', 'test', `--config.file=${alertmanagerFile}`, ...labels]), receiver, 'receiver'),
    ) // prettier-ignore
  for (const one of inhibitions) await checkInhibition(found, one)
} catch (error) {
  fail(error.message)
}
process.exitCode = close()
