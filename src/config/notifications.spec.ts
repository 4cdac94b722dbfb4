import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import { stringify } from 'yaml'
import { minimalConfig } from '../../test/support/minimal-config.js'
import { ConfigError, loadConfig } from './load.js'
import { missingSecrets } from './notification-findings.js'

const folder = mkdtempSync(join(tmpdir(), 'evenkeel-notifications-'))
afterAll(() => rmSync(folder, { recursive: true }))

const load = (notifications: readonly object[], environment: NodeJS.ProcessEnv = {}) => {
  const path = join(folder, 'evenkeel.yaml')
  writeFileSync(path, stringify({ ...minimalConfig(), notifications }))
  return loadConfig(path, environment)
}
const problems = (...given: Parameters<typeof load>) => {
  try {
    load(...given)
    return []
  } catch (error) {
    return (error as ConfigError).problems
  }
}

const webhook = {
  name: 'risk',
  kind: 'webhook',
  url: 'https://hooks.example/risk',
  secretVariable: 'EVENKEEL_NOTIFY_RISK',
  on: ['breaker', 'fill'],
}
const slack = {
  name: 'desk',
  kind: 'slack',
  urlVariable: 'EVENKEEL_NOTIFY_DESK',
  on: ['decision'],
  portfolios: ['core'],
}
const alertmanager = { name: 'pager', kind: 'alertmanager', url: 'http://127.0.0.1:9093' }

test('secrets come from the environment, and alerts are of whatever ends again', () => {
  const { file, secrets } = load([webhook, slack, alertmanager], {
    EVENKEEL_NOTIFY_RISK: 'sixteen-letters-',
    EVENKEEL_NOTIFY_DESK: 'https://hooks.example/T0/B0/x',
  })
  expect(secrets.notificationSecrets).toEqual({
    risk: { url: webhook.url, signature: 'sixteen-letters-' },
    desk: { url: 'https://hooks.example/T0/B0/x', signature: undefined },
    pager: { url: alertmanager.url, signature: undefined },
  })
  expect(file.notifications[2]!.on).toEqual(['breaker', 'transfer', 'approval', 'state'])
  expect(missingSecrets(file, secrets.notificationSecrets)).toEqual([])
})

test('a file can be checked where its secrets are not, and nothing starts without them', () => {
  const { file, secrets } = load([webhook, slack])
  expect(missingSecrets(file, secrets.notificationSecrets)).toEqual([
    'EVENKEEL_NOTIFY_RISK: expected the secret of the notifications risk, got none',
    'EVENKEEL_NOTIFY_DESK: expected the address of the notifications desk, got none',
  ])
})

test.each([
  ['a plain address', { ...webhook, url: 'http://hooks.example/risk' }, /^notifications\.0\.url: expected https/],
  ['no address', { ...webhook, url: undefined }, /^notifications\.0\.url: expected either url or urlVariable/],
  ['two addresses', { ...slack, url: 'http://127.0.0.1/x' }, /^notifications\.0\.url: expected either/],
  ['a written-down secret', { ...slack, urlVariable: undefined, url: 'https://h.example/T' }, /expected urlVariable/],
  ['any variable', { ...slack, urlVariable: 'DATABASE_URL' }, /EVENKEEL_NOTIFY_/],
  ['a webhook without signature', { ...webhook, secretVariable: undefined }, /^notifications\.0\.secretVariable: /],
  ['an unknown portfolio', { ...slack, portfolios: ['cora'] }, /expected one of the portfolios \(core\), got cora/],
  ['alerts of what never ends', { ...alertmanager, on: ['fill'] }, /^notifications\.0\.on\.0: /],
  ['an unknown kind', { ...webhook, kind: 'pigeon' }, /^notifications\.0\.kind: /],
])('%s is refused', (_, channel, finding) => {
  expect(problems([channel])).toEqual([expect.stringMatching(finding)])
})

test('names are told apart, and what stands in the environment has to be usable', () => {
  expect(problems([webhook, { ...alertmanager, name: 'risk' }])).toEqual([
    'notifications.1.name: expected a name of its own, got risk twice',
  ])
  const environment = { EVENKEEL_NOTIFY_RISK: 'short', EVENKEEL_NOTIFY_DESK: 'http://hooks.example/T' }
  expect(problems([webhook, slack], environment)).toEqual([
    expect.stringMatching(/^EVENKEEL_NOTIFY_RISK: expected at least 16 characters, got 5/),
    'EVENKEEL_NOTIFY_DESK: expected an https address, or plain http to this machine only',
  ])
})
