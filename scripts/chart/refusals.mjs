// Values that must not render, each with the message it must be refused with.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { check, expect } from '../checks.mjs'
import { kubeVersions, render, root, valuesOf } from './rendered.mjs'

/** Helm before 3.18 and after it word the findings of a schema differently; the path is the same. */
const finding = (path, before, after) => ({ path, words: [before, after] })
const least = (path, length) => finding(path, `String length must be greater than or equal to ${length}`, `minLength: got 0, want ${length}`) // prettier-ignore
const unknown = (path, key) => finding(path, `Additional property ${key} is not allowed`, `additional properties '${key}' not allowed`) // prettier-ignore
const pattern = (path) => finding(path, 'Does not match pattern', 'does not match pattern')
const fewest = (path) => finding(path, 'Array must have at least 1 items', 'minItems: got 0, want 1')

/** Helm since 3.18 names another place for a bad name of a property. */
const anywhere = undefined

/** No refusal may repeat it. */
const SECRET = 'q7Wd0aKx2LmVb93tYc5eNrPz'
const exampleConfig = () => parse(readFileSync(join(root, 'config', 'example.mainnet.yaml'), 'utf8'))
const on = { enabled: true }
const peers = [{ podSelector: {} }]
const source = (tokenVariable) => ({ setter: 'source', source: { kind: 'http', location: 'https://a.example', tokenVariable } }) // prettier-ignore

/**
 * What is changed, the change, and what the schema must say of it.
 * @type {[string, (values: any) => void, { path: string | undefined, words: [string, string] }][]}
 */
const bySchema = [
  ['three replicas', (v) => void (v.replicaCount = 3), finding('replicaCount', 'Must be less than or equal to 2', 'maximum: got 3, want 2')],
  ['no replica', (v) => void (v.replicaCount = 0), finding('replicaCount', 'Must be greater than or equal to 1', 'minimum: got 0, want 1')],
  ['no secret', (v) => void delete v.existingSecret, least('existingSecret', 1)],
  ['an empty secret', (v) => void (v.existingSecret = ''), least('existingSecret', 1)],
  ['a database with a Secret of its own, and none for the rest', (v) => void Object.assign(v, { existingSecret: '', database: { existingSecret: 'postgres' } }), least('existingSecret', 1)],
  ['a secret by another kind of name', (v) => void (v.secretKeys = { 'database-url': 'x' }), finding(anywhere, 'Property name of "database-url" does not match', "invalid propertyName 'database-url'")],
  ['an unknown part of a keystore', (v) => void (v.keystore = { secret: 'x' }), unknown('keystore', 'secret')],
  ['a keystore by a path', (v) => void (v.keystore = { keystoreKey: '../key' }), pattern('keystore.keystoreKey')],
  ['a bad digest', (v) => void (v.image = { digest: 'sha256:123' }), pattern('image.digest')],
  ['the tag latest', (v) => void (v.image = { tag: 'latest' }), finding('image.tag', 'Must not validate the schema (not)', "'not' failed")],
  ['an unknown key', (v) => void (v.replicas = 2), unknown('', 'replicas')],
  ['an unknown key inside', (v) => void (v.service = { prot: 3000 }), unknown('service', 'prot')],
  ['a misspelt field of a security context', (v) => void (v.securityContext = { readOnlyRootFileSystem: true }), unknown('securityContext', 'readOnlyRootFileSystem')],
  ['an unknown kind of resource list', (v) => void (v.resources = { limit: { memory: '1Gi' } }), unknown('resources', 'limit')],
  ['a number for text', (v) => void (v.podLabels = { team: 5 }), finding('podLabels.team', 'Invalid type. Expected: string, given: integer', 'got number, want string')],
  ['a label value that Kubernetes refuses', (v) => void (v.commonLabels = { team: 'the desk' }), pattern('commonLabels.team')],
  ['a label of the chart itself', (v) => void (v.podLabels = { 'app.kubernetes.io/component': 'x' }), finding(anywhere, 'Property name of "app.kubernetes.io/component" does not match', "invalid propertyName 'app.kubernetes.io/component'")],
  ['no chains', (v) => void delete v.config.chains, finding('config', 'chains is required', "missing property 'chains'")],
  ['no portfolio', (v) => void (v.config.portfolios = {}), finding('config.portfolios', 'Must have at least 1 properties', 'minProperties: got 0, want 1')],
  ['a host only the pod itself can reach', (v) => void (v.config.server = { host: '127.0.0.1' }), finding('config.server.host', 'config.server.host must be one of the following', "value must be one of '0.0.0.0', '::'")],
  ['a misspelt key of the configuration', (v) => void (v.config.executoin = {}), unknown('config', 'executoin')],
  ['a misspelt key of a portfolio', (v) => void (v.config.portfolios.treasury.shedule = '* * * * *'), unknown('config.portfolios.treasury', 'shedule')],
  ['a misspelt key of one kind of venue', (v) => void (v.config.venues.zeroex.integrator = 'a'), unknown('config.venues.zeroex', 'integrator')],
  ['a misspelt key of an endpoint', (v) => void (v.config.chains.ethereum.rpc = [{ name: 'a', ulr: 'https://a.example' }]), unknown('config.chains.ethereum.rpc.0', 'ulr')],
  ['an unknown kind of signer', (v) => void (v.config.signer = { kind: 'keystroe' }), finding('config.signer.kind', 'config.signer.kind must be one of the following', 'value must be one of')],
  ['a weight that YAML reads as a number', (v) => void (v.config.portfolios.treasury.targets.ETH.weight = 0.6), finding('config.portfolios.treasury.targets.ETH.weight', 'Invalid type. Expected: string, given: number', 'got number, want string')],
  ['a variable that no endpoint may name', (v) => void (v.config.chains.ethereum.rpc = [{ name: 'a', urlVariable: 'DATABASE_URL' }]), pattern('config.chains.ethereum.rpc.0.urlVariable')],
  ['a key that Helm reads as true', (v) => void (v.config.notifications = [{ name: 'a', kind: 'slack', url: 'http://127.0.0.1/a', true: ['breaker'] }]), unknown('config.notifications.0', 'true')],
  ['a privileged port', (v) => void (v.config.server = { adminPort: 80 }), finding('config.server.adminPort', 'Must be greater than or equal to 1024', 'minimum: got 80, want 1,024')],
  ['a foreign service account without a name', (v) => void (v.serviceAccount = { create: false }), least('serviceAccount.name', 1)],
  ['scraping that the network policy forbids', (v) => void (v.serviceMonitor = on), fewest('networkPolicy.metricsFrom')],
  ['an Ingress that the network policy forbids', (v) => void (v.ingress = { ...on, host: 'a.example' }), fewest('networkPolicy.adminFrom')],
  ['an HTTPRoute that the network policy forbids', (v) => void (v.httpRoute = { ...on, parentRefs: [{ name: 'a' }] }), fewest('networkPolicy.adminFrom')],
  ['an Ingress without a host', (v) => void Object.assign(v, { ingress: on, networkPolicy: { adminFrom: peers } }), least('ingress.host', 1)],
  ['an HTTPRoute without a gateway', (v) => void Object.assign(v, { httpRoute: on, networkPolicy: { adminFrom: peers } }), fewest('httpRoute.parentRefs')],
  ['a peer that is none', (v) => void (v.networkPolicy = { metricsFrom: [{ pods: {} }] }), unknown('networkPolicy.metricsFrom.0', 'pods')],
  ['egress as a list', (v) => void (v.networkPolicy = { egress: [] }), finding('networkPolicy.egress', 'Invalid type. Expected: object, given: array', 'got array, want object')],
  ['a label of dashboards that is none', (v) => void (v.dashboards = { label: 'a b' }), pattern('dashboards.label')],
  ['too short a grace period', (v) => void (v.terminationGracePeriodSeconds = 5), finding('terminationGracePeriodSeconds', 'Must be greater than or equal to 30', 'minimum: got 5, want 30')],
  ['a sidecar without an image', (v) => void (v.extraContainers = [{ name: 'a' }]), finding('extraContainers.0', 'image is required', "missing property 'image'")],
] // prettier-ignore

/**
 * Services, the place of their address, and what puts another one there.
 * @type {[string, string, (values: any, url: string) => void][]}
 */
const addresses = [
  ['a price service', 'config.prices.http.0.url', (v, url) => void (v.config.prices.http[0].url = url)],
  ['a venue', 'config.venues.zeroex.url', (v, url) => void (v.config.venues.zeroex.url = url)],
  ['a receiver of traces', 'config.traces.url', (v, url) => void (v.config.traces = { url })],
  ['a receiver of notifications', 'config.notifications.0.url', (v, url) => void (v.config.notifications = [{ name: 'a', kind: 'alertmanager', url, on: ['breaker'] }])],
  ['a remote signer', 'config.signer.urls.ethereum', (v, url) => void (v.config.signer = { kind: 'remote', urls: { ethereum: url }, address: `0x${'1'.repeat(40)}` })],
  ['a source of weights', 'config.portfolios.treasury.targetSetting.source.location', (v, url) => void (v.config.portfolios.treasury.targetSetting = { source: { ...source('EVENKEEL_TARGETS_TOKEN_A').source, location: url } })],
] // prettier-ignore

/**
 * What is changed, the change, and the words of the chart about it.
 * @type {[string, (values: any) => void, string[]][]}
 */
const byTemplate = [
  ['nobody who may operate', (v) => void (v.secretKeys = { EVENKEEL_ADMIN_TOKEN: null }), ['secretKeys.EVENKEEL_ADMIN_TOKEN: expected a key of existingSecret, or config.server.auth.oidc']],
  ['the shared token beside an OpenID provider', (v) => void (v.config.server = { auth: { oidc: { issuer: 'https://a.example', audience: 'a' } } }), ['secretKeys.EVENKEEL_ADMIN_TOKEN: expected null beside config.server.auth.oidc']],
  ['the address of the database among other secrets', (v) => void (v.secretKeys = { DATABASE_URL: 'url' }), ['secretKeys.DATABASE_URL: expected none; the key with the address of the database is database.urlKey']],
  [
    'notifications whose variables are given nowhere',
    (v) => void (v.config.notifications = [{ name: 'a', kind: 'webhook', urlVariable: 'EVENKEEL_NOTIFY_A_URL', secretVariable: 'EVENKEEL_NOTIFY_A', on: ['breaker'] }]),
    ['config.notifications.0.urlVariable names EVENKEEL_NOTIFY_A_URL, which the daemon is not given; add it to secretKeys', 'config.notifications.0.secretVariable names EVENKEEL_NOTIFY_A,'],
  ],
  ['a source of weights whose token is given nowhere', (v) => void (v.config.portfolios.treasury.targetSetting = source('EVENKEEL_TARGETS_TOKEN_A')), ['config.portfolios.treasury.targetSetting.source.tokenVariable names EVENKEEL_TARGETS_TOKEN_A, which the daemon is not given', 'with an empty value for a source that needs no token']],
  ['a key of a venue, which would lie in a ConfigMap', (v) => void (v.config.venues.zeroex.apiKey = SECRET), ['config.venues.zeroex.apiKey: expected none, for config becomes a ConfigMap that many may read; put the key into existingSecret and name it in secretKeys.ZEROX_API_KEY']],
  ...['https://rpc.example/v2/', 'https://rpc.example/?key=', 'https://rpc.example?key='].map((start) => [`an endpoint with a key in ${start}`, (v) => void (v.config.chains.ethereum.rpc = [start + SECRET, { name: 'b', url: start + SECRET }]), ['config.chains.ethereum.rpc.0: expected an address without a key, for config becomes a ConfigMap that many may read; put the address into existingSecret, name its variable EVENKEEL_RPC_… in secretKeys and in urlVariable here', 'config.chains.ethereum.rpc.1: ']]),
  ['an endpoint with a password', (v) => void (v.config.chains.ethereum.rpc = [`https://a:${SECRET}@rpc.example`]), ['config.chains.ethereum.rpc.0: expected an address without user and password']],
  ['a price service with a password', (v) => void (v.config.prices.http[0].url = `https://${SECRET}@prices.example`), ['config.prices.http.0.url: expected an address without user and password']],
  ...addresses.flatMap(([what, path, set]) => [
    [`${what} with a key in its query`, (v) => set(v, `https://service.example/v1?fund=a&apiKey=${SECRET}`), [`${path}: expected an address without a query`]],
    [`${what} with a key before its host`, (v) => set(v, `https://a:${SECRET}@service.example/v1`), [`${path}: expected an address without user and password`]],
  ]),
  ['an endpoint whose variable is given nowhere', (v) => void (v.config.chains.ethereum.rpc = [{ name: 'a', urlVariable: 'EVENKEEL_RPC_A' }]), ['config.chains.ethereum.rpc.0.urlVariable names EVENKEEL_RPC_A, which the daemon is not given; add it to secretKeys']],
  ['a keystore that is not mounted', (v) => void (v.config.signer = { kind: 'keystore', file: '/var/run/secrets/evenkeel-keystore/keystore.json', passwordFile: '/other/password' }), ['config.signer.file names /var/run/secrets/evenkeel-keystore/keystore.json, which is not mounted; name its Secret in keystore.existingSecret']],
  ['a keystore that nothing signs with', (v) => void (v.keystore = { existingSecret: 'key' }), ['keystore.existingSecret: expected none where config.signer.kind is not keystore, got key']],
  ['a name that Helm reads as true', (v) => void (v.config.assets.true = v.config.assets.ETH), ["config.assets has the key true; write the key that is meant in quotes, such as 'on'"]],
  ['an alert to leave out that does not exist', (v) => void (v.prometheusRule = { ...on, disabled: ['EvenkeelDwon'] }), ['prometheusRule.disabled names EvenkeelDwon, expected one of EvenkeelWatchdog, ']],
] // prettier-ignore

/**
 * The same with one thing different that makes it right: no refusal may be for another reason.
 * @type {[string, (values: any) => void][]}
 */
const accepted = [
  ['the example for public networks as it is in the repository', (v) => void (v.config = { ...exampleConfig(), server: {} })],
  ['endpoints without a key, and one whose address is a secret', (v) => {
    v.config.chains.ethereum.rpc = ['https://1rpc.example/eth', 'http://geth.nodes.svc:8546/', { name: 'a', urlVariable: 'EVENKEEL_RPC_A' }]
    v.secretKeys = { EVENKEEL_RPC_A: 'rpc-a' }
  }],
  ['variables that extraEnv gives, as values or as files', (v) => {
    v.config.portfolios.treasury.targetSetting = source('EVENKEEL_TARGETS_TOKEN_A')
    v.config.notifications = [{ name: 'a', kind: 'slack', urlVariable: 'EVENKEEL_NOTIFY_A_URL', on: ['breaker'] }]
    v.extraEnv = [{ name: 'EVENKEEL_TARGETS_TOKEN_A', value: '' }, { name: '{{ printf "EVENKEEL_NOTIFY_A_URL_FILE" }}', value: '/run/a' }]
  }],
  ['a query that says what is meant, where weights are fetched and where public keys lie', (v) => {
    v.config.portfolios.treasury.targetSetting = { source: { ...source('EVENKEEL_TARGETS_TOKEN_A').source, location: 'https://weights.example/v1?fund=a' } }
    v.config.server = { auth: { oidc: { issuer: 'https://a.example', audience: 'a', jwksUrl: 'https://a.example/keys?p=b2c' } } }
    v.secretKeys = { EVENKEEL_ADMIN_TOKEN: null, EVENKEEL_TARGETS_TOKEN_A: 'token' }
  }],
  ['no existingSecret where nothing is read from it', (v) => {
    Object.assign(v, { existingSecret: '', secretKeys: { EVENKEEL_ADMIN_TOKEN: null }, database: { existingSecret: 'postgres' } })
    v.config.server = { auth: { oidc: { issuer: 'https://a.example', audience: 'a' } } }
  }],
  ['a security context without the user that the platform gives out', (v) => void (v.podSecurityContext = { runAsUser: null, runAsGroup: null, fsGroup: null })],
] // prettier-ignore

/** The message of a refusal; undefined where it was rendered. */
const refusalOf = (file, change, kubeVersion) => {
  const values = structuredClone(valuesOf('default'))
  change(values)
  // As Helm reads it: YAML 1.1, in which `on` needs quotes.
  writeFileSync(file, stringify(values, { version: '1.1' }))
  try {
    render(['--values', file], kubeVersion)
    return undefined
  } catch (error) {
    return error.message
  }
}

/** Where the finding of a schema stands: `a.b:` before Helm 3.18, `at '/a/b':` after it. */
const isAt = (line, path) =>
  path === anywhere ||
  line.startsWith(`- ${path || '(root)'}: `) ||
  line.includes(`at '${path && `/${path.replaceAll('.', '/')}`}': `)

export const checkRefusals = async (scratch) => {
  const file = join(scratch, 'refused.yaml')
  for (const [what, change, { path, words }] of bySchema)
    await check(`refused by the schema: ${what}`, () => {
      const message = refusalOf(file, change) ?? 'it was rendered'
      const lines = message.split('\n').map((line) => line.trim())
      expect(
        message.includes("don't meet the specifications of the schema") &&
          lines.some((line) => isAt(line, path) && words.some((one) => line.includes(one))),
        `expected the schema to say ${words.join(' or ')} of ${path ?? 'a name'}, got: ${message}`,
      )
    })
  for (const [what, change, words] of byTemplate)
    await check(`refused by the chart: ${what}`, () => {
      const message = refusalOf(file, change) ?? 'it was rendered'
      for (const one of words) expect(message.includes(one), `expected ${one}, got: ${message}`)
      expect(!message.includes(SECRET), 'expected the refusal not to repeat the secret')
      expect(!message.includes('specifications of the schema'), `expected no finding of the schema, got: ${message}`)
    })
  for (const [what, change] of accepted)
    await check(`taken: ${what}`, () => {
      const message = refusalOf(file, change)
      expect(message === undefined, `it was refused: ${message}`)
    })
  await check('refused: a cluster older than the chart takes', () => {
    const message = refusalOf(file, () => undefined, '1.27.9') ?? 'it was rendered'
    expect(
      message.includes('chart requires kubeVersion: >=1.28.0-0 which is incompatible with Kubernetes v1.27.9'),
      message,
    )
  })
  await check(`taken: ${kubeVersions[0]}, the oldest cluster`, () =>
    expect(refusalOf(file, () => undefined, kubeVersions[0]) === undefined, 'it was refused'),
  )
}
