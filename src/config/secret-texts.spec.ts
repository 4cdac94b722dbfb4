import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import { stringify } from 'yaml'
import { minimalConfig } from '../../test/support/minimal-config.js'
import { createLogger } from '../adapters/observability/log.js'
import { loadConfig } from './load.js'
import { secretTexts } from './secret-texts.js'

const folder = mkdtempSync(join(tmpdir(), 'evenkeel-secrets-'))
afterAll(() => rmSync(folder, { recursive: true }))

const PASSWORD = 'swordfish-and-chips'
/** What each variable holds, and what of that must not be read. */
const HELD: Readonly<Record<string, readonly [text: string, hidden: string]>> = {
  DATABASE_URL: [`postgres://evenkeel:${PASSWORD}-1@db:5432/evenkeel`, `${PASSWORD}-1`],
  JOURNAL_DATABASE_URL: [`postgres://evenkeel:${PASSWORD}%402@db:5432/journal`, `${PASSWORD}@2`],
  EVENKEEL_ADMIN_TOKEN: [`${PASSWORD}-3`, `${PASSWORD}-3`],
  LIFI_API_KEY: [`${PASSWORD}-4`, `${PASSWORD}-4`],
  ZEROX_API_KEY: [`${PASSWORD}-5`, `${PASSWORD}-5`],
  EVENKEEL_RPC_BIRCH: [`https://birch.example/v2/${PASSWORD}-14`, `${PASSWORD}-14`],
  EVENKEEL_TARGETS_TOKEN: [`${PASSWORD}-6`, `${PASSWORD}-6`],
  EVENKEEL_NOTIFY_URL: [`https://hooks.example/services/T1/${PASSWORD}-7`, `${PASSWORD}-7`],
  EVENKEEL_NOTIFY_SECRET: [`${PASSWORD}-8`, `${PASSWORD}-8`],
  EVENKEEL_TRACES_HEADERS: [`authorization: Bearer ${PASSWORD}-9\nx-tenant: ${PASSWORD}-10`, `${PASSWORD}-10`],
}
const IN_FILE = [`${PASSWORD}-11`, `${PASSWORD}-12`, `${PASSWORD}-13`]

function load(environment: NodeJS.ProcessEnv) {
  const config = minimalConfig()
  const { core } = config.portfolios
  Object.assign(config.chains['alpha']!, {
    rpc: [`https://rpc.example/v3/${IN_FILE[0]}`, { name: 'birch', urlVariable: 'EVENKEEL_RPC_BIRCH' }],
  })
  Object.assign(config.prices.http[0]!, { url: `https://${IN_FILE[1]}@prices.example` })
  const location = `https://weights.example/core?key=${IN_FILE[2]}`
  Object.assign(core!, { targetSetting: { setter: 'source', source: { kind: 'http', location } } })
  Object.assign(config, {
    traces: { url: 'https://collector.example/v1/traces' },
    notifications: [
      {
        name: 'ops',
        kind: 'webhook',
        urlVariable: 'EVENKEEL_NOTIFY_URL',
        secretVariable: 'EVENKEEL_NOTIFY_SECRET',
        on: ['breaker'],
      },
    ],
  })
  const path = join(folder, 'evenkeel.yaml')
  writeFileSync(path, stringify(config))
  return loadConfig(path, environment)
}

const asVariables = Object.fromEntries(Object.entries(HELD).map(([name, [text]]) => [name, text]))
const asFiles = Object.fromEntries(
  Object.entries(HELD).map(([name, [text]]) => {
    const path = join(folder, name)
    writeFileSync(path, `${text}\n`)
    return [`${name}_FILE`, path]
  }),
)

test('every variable with a secret that the configuration reads stands above', () => {
  const asked = new Set<string>()
  load(
    new Proxy<NodeJS.ProcessEnv>(asVariables, {
      get: (target, name) => {
        asked.add(String(name))
        return target[String(name)]
      },
    }),
  )
  const secrets = [...asked].filter((name) => name.endsWith('_FILE')).map((name) => name.replace(/_FILE$/, ''))
  expect(secrets.toSorted()).toEqual(Object.keys(HELD).toSorted())
})

test.each([
  ['variables', asVariables],
  ['files', asFiles],
])('P-30: no line of any level has a secret that came in %s', (_name, environment) => {
  const config = load(environment)
  const hidden = [...Object.values(HELD).map(([, text]) => text), ...IN_FILE]
  for (const pretty of [false, true])
    for (const level of ['debug', 'info', 'warn', 'error', 'fatal'] as const) {
      let written = ''
      const destination = { write: (text: string) => void (written += text) }
      const log = createLogger({ level: 'debug', pretty, destination, secrets: secretTexts(config) })
      log[level]({ config: config.file, environment, all: { secrets: config.secrets } }, 'The whole.')
      for (const secret of [...Object.values(HELD).map(([text]) => text), ...hidden]) {
        const cause = new Error(`GET https://api.example/?key=${secret}`)
        log[level]({ err: new Error(`Refused: ${secret}`, { cause }), deep: [{ text: secret }] }, `Told ${secret}`)
      }
      expect(written).toContain('The whole.')
      expect(written).toContain('rpc.example')
      for (const secret of [...hidden, PASSWORD]) expect(written).not.toContain(secret)
    }
})

test('what is no secret can be read', () => {
  const texts = secretTexts(load(asVariables))
  for (const word of ['evenkeel', 'db', 'https://weights.example', 'collector.example', '/v1/traces'])
    expect(texts).not.toContain(word)
})
