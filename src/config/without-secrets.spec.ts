import { expect, test } from '@jest/globals'
import { minimalConfig } from '../../test/support/minimal-config.js'
import type { Secrets } from './load.js'
import { configSchema } from './schema.js'
import { LEFT_OUT, withoutSecrets } from './without-secrets.js'

let count = 0
/** A secret that nothing else contains. */
const hidden: string[] = []
const secret = () => {
  count += 1
  hidden.push(`s3cret-${count}-abcdef`)
  return hidden.at(-1)!
}
const address = (host: string) =>
  `https://${secret()}:${secret()}@${host}.example:8443/v2/${secret()}?key=${secret()}#${secret()}`

const secrets: Secrets = {
  databaseUrl: `postgres://evenkeel:${secret()}@127.0.0.1/evenkeel`,
  journalDatabaseUrl: undefined,
  adminToken: secret(),
  lifiApiKey: secret(),
  zeroexApiKey: secret(),
  rpcUrls: { EVENKEEL_RPC_THREE: address('three') },
  targetsTokens: { core: secret() },
  notificationSecrets: { ops: { url: address('ops'), signature: secret() } },
  tracesHeaders: { authorization: `Bearer ${secret()}` },
}

test('of a configuration full of secrets none is shown, and everything else is', () => {
  const config = minimalConfig()
  const { core } = config.portfolios
  Object.assign(config.chains['alpha']!, {
    rpc: [address('one'), { name: 'two', url: address('two') }, { name: 'three', urlVariable: 'EVENKEEL_RPC_THREE' }],
  })
  Object.assign(config.prices.http[0]!, { url: address('prices') })
  Object.assign(config.venues.zeroex, { url: address('zeroex'), apiKey: secret() })
  Object.assign(config, {
    // A secret that was written where it does not belong.
    environment: `production ${secrets.adminToken}`,
    signer: {
      kind: 'remote',
      url: address('signer'),
      urls: { alpha: address('alpha-signer') },
    },
    notifications: [
      { name: 'risk', kind: 'webhook', url: address('risk'), secretVariable: 'EVENKEEL_NOTIFY_RISK', on: ['breaker'] },
    ],
    server: { auth: { oidc: { issuer: address('login'), audience: 'evenkeel', jwksUrl: address('keys') } } },
  })
  Object.assign(core!, { targetSetting: { setter: 'source', source: { kind: 'http', location: address('weights') } } })
  const file = configSchema.parse(config)
  const shown = withoutSecrets(file, secrets)
  const text = JSON.stringify(shown)
  expect(hidden.length).toBeGreaterThan(45)
  expect(hidden.filter((one) => text.includes(one))).toEqual([])
  expect(shown).toMatchObject({
    environment: LEFT_OUT,
    chains: {
      alpha: {
        rpc: [
          `https://one.example:8443/${LEFT_OUT}`,
          { name: 'two' },
          { name: 'three', urlVariable: 'EVENKEEL_RPC_THREE' },
        ],
        chainId: 9_710_001,
      },
    },
    venues: { zeroex: { apiKey: LEFT_OUT, allowed: file.venues['zeroex']!.allowed } },
    portfolios: { core: { targets: file.portfolios['core']!.targets } },
  })
})

test('of a keystore its password file is not told', () => {
  const signer = { kind: 'keystore', file: '/keys/one.json', passwordFile: '/run/secrets/one' }
  const file = configSchema.parse({ ...minimalConfig(), signer })
  expect(withoutSecrets(file, secrets)).toMatchObject({ signer: { file: '/keys/one.json', passwordFile: LEFT_OUT } })
})

test('where there is no secret nothing is left out', () => {
  const file = configSchema.parse(minimalConfig())
  expect(withoutSecrets(file, secrets)).toEqual(file)
})
