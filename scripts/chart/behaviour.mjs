// What single values do to the rendered objects.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { check, expect, same } from '../checks.mjs'
import { restrictedFindings } from './findings.mjs'
import {
  chart,
  componentsOf,
  hookOf,
  kindsOf,
  none,
  objectsOf,
  objectsWith,
  only,
  podsOf,
  programOf,
  render,
  valuesFile,
} from './rendered.mjs'

const templateOf = (objects) => only(objects, 'Deployment').spec.template
const withFile = (name, ...args) => objectsOf(render(['--values', valuesFile(name), ...args]))

export const checkBehaviour = async () => {
  await checkPods()
  await checkSecrets()
  await checkWaysIn()
  await checkEgress()
  await checkMigration()
  await checkExtras()
}

const checkPods = async () => {
  await check('the checksum changes with the configuration and with nothing else', () => {
    const checksum = (...args) => templateOf(objectsWith(...args)).metadata.annotations['checksum/config']
    expect(/^[0-9a-f]{64}$/.test(checksum()), 'no checksum')
    expect(
      checksum() !== checksum('--set', 'config.portfolios.treasury.rebalancing.cooldownSeconds=60'),
      'it stayed the same',
    )
    same(checksum('--set', 'replicaCount=2,podLabels.a=b'), checksum(), 'checksum')
  })
  await check('a digest wins over a tag, a tag over the version of the chart', () => {
    const image = (...args) => programOf(templateOf(objectsWith(...args)).spec).image
    const digest = `sha256:${'a'.repeat(64)}`
    const { appVersion } = parse(readFileSync(join(chart, 'Chart.yaml'), 'utf8'))
    same(
      [image(), image('--set', 'image.tag=1.2.3'), image('--set', `image.tag=1.2.3,image.digest=${digest}`), image('--set', 'image.registry=a.example,global.imageRegistry=b.example')],
      [`evenkeel:${appVersion}`, 'evenkeel:1.2.3', `evenkeel@${digest}`, `b.example/evenkeel:${appVersion}`],
      'images',
    ) // prettier-ignore
  })
  await check('placement and names of hosts are those of every pod', () => {
    const { priorityClassName, runtimeClassName, hostAliases, dnsConfig, nodeSelector, tolerations } = parse(
      readFileSync(valuesFile('ha'), 'utf8'),
    )
    const wanted = { priorityClassName, runtimeClassName, hostAliases, dnsConfig, nodeSelector, tolerations }
    for (const { name, spec } of podsOf(withFile('ha')))
      same(Object.fromEntries(Object.keys(wanted).map((key) => [key, spec[key]])), wanted, name)
  })
  await check('two pods keep away from one another unless told otherwise', () => {
    const affinity = (...args) => templateOf(objectsWith('--set', 'replicaCount=2', ...args)).spec.affinity
    expect(affinity().podAntiAffinity !== undefined, 'no affinity')
    same(affinity('--set-json', 'affinity={"nodeAffinity":{}}'), { nodeAffinity: {} }, 'affinity')
    same(templateOf(objectsWith()).spec.affinity, undefined, 'affinity of one pod')
  })
}

const secretsOf = (objects, kind) =>
  podsOf(objects)
    .find((pod) => pod.kind === kind)
    .spec.volumes.flatMap(({ secret }) => secret?.secretName ?? [])

const checkSecrets = async () => {
  await check('each Secret is mounted where it is needed and nowhere else', () => {
    same(secretsOf(withFile('ha'), 'Deployment'), ['evenkeel-postgres', 'evenkeel-credentials', 'evenkeel-key'], 'Secrets of the daemon') // prettier-ignore
    same(secretsOf(withFile('ha'), 'Job'), ['evenkeel-postgres', 'evenkeel-credentials'], 'Secrets of the migration')
    same(secretsOf(objectsWith(), 'Deployment'), ['evenkeel', 'evenkeel'], 'Secrets of the daemon')
    same(secretsOf(objectsWith(), 'Job'), ['evenkeel'], 'Secrets of the migration')
    same(podsOf(withFile('ha')).find(({ kind }) => kind === 'Pod').spec.volumes, undefined, 'volumes of the test')
  })
  await check('the authority of the database lies beside its address', () => {
    const { items } = templateOf(withFile('ha')).spec.volumes.find(({ name }) => name === 'database').secret
    same(items, [{ key: 'uri', path: 'DATABASE_URL' }, { key: 'ca.crt', path: 'ca.crt' }], 'files') // prettier-ignore
  })
}

const componentOf = ({ podSelector }) => podSelector?.matchLabels?.['app.kubernetes.io/component']

const checkWaysIn = async () => {
  await check('without peers nobody but the test may enter', () => {
    const { ingress } = only(objectsWith(), 'NetworkPolicy').spec
    same(ingress.map(({ from, ports }) => [from.map(componentOf), ports.map(({ port }) => port)]), [[['test'], ['metrics']]], 'ingress') // prettier-ignore
  })
  await check('the migration and the test let nobody in', () => {
    const policies = componentsOf(objectsWith(), 'NetworkPolicy').filter((policy) => hookOf(policy))
    same(policies.map(({ spec }) => [spec.policyTypes, spec.ingress]), Array(2).fill([['Ingress', 'Egress'], undefined]), 'ingress') // prettier-ignore
  })
  await check(
    'neither Ingress nor HTTPRoute is there unless it is asked for; both lead everything to the admin port',
    () => {
      for (const kind of ['Ingress', 'HTTPRoute']) same(componentsOf(objectsWith(), kind), [], kind)
      const ingress = only(withFile('ha'), 'Ingress').spec
      same(
      ingress.rules,
      [{ host: 'evenkeel.example.com', http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'rebalancer', port: { name: 'admin' } } } }] } }],
      'rules of the Ingress',
    ) // prettier-ignore
      const { rules } = only(withFile('ha'), 'HTTPRoute').spec
      same(rules, [{ matches: [{ path: { type: 'PathPrefix', value: '/' } }], backendRefs: [{ name: 'rebalancer', port: 80 }] }], 'rules of the HTTPRoute') // prettier-ignore
    },
  )
}

const portsOf = ({ ports }) => ports.map(({ port }) => port)

const checkEgress = async () => {
  const policy = (objects, hook) => componentsOf(objects, 'NetworkPolicy').find((one) => hookOf(one) === hook).spec
  await check('egress is DNS, the database and the ports of the addresses in the configuration', () => {
    const egress = (config) => policy(objectsWith('--set-json', config), undefined).egress.map(portsOf)
    same(egress('config.environment="a"'), [[53, 53], [5432], [443]], 'ports')
    const addresses = ['http://a.example', 'http://a.example:8545/x', 'https://a.example:8443', 'http://[fd00::1]:8546', 'HTTPS://a.example:444', 'http://127.0.0.1:7000', 'http://[::1]:7001', 'http://localhost:7002'] // prettier-ignore
    same(
      egress(`config.chains.ethereum.rpc=${JSON.stringify(addresses)}`).at(-1),
      [443, 444, 80, 8443, 8545, 8546],
      'ports',
    )
    const oidc = { issuer: 'https://a.example:9443', audience: 'https://b.example:9444' }
    const withProvider = objectsWith(
      '--set-json',
      'config.traces={"url":"http://collector:4318"}',
      '--set-json',
      `config.server.auth=${JSON.stringify({ oidc })}`,
      '--set-json',
      'secretKeys={"EVENKEEL_ADMIN_TOKEN":null}',
    )
    same(policy(withProvider, undefined).egress.map(portsOf).at(-1), [4318, 443, 9443], 'ports')
  })
  await check('restricted egress leads to the given peers and ports alone', () => {
    const { egress } = policy(withFile('restricted-egress'), undefined)
    same(egress.map(portsOf), [[5353, 5353], [6432], [4318, 443, 8545, 8546], [9093]], 'ports')
    expect(
      egress.every(({ to }) => to.length > 0),
      'a rule leads anywhere',
    )
    const proxy = ['--set', 'networkPolicy.egress.addresses.ports={3128}']
    same(policy(withFile('restricted-egress', ...proxy), undefined).egress.map(portsOf)[2], [3128], 'ports')
  })
  await check('the migration reaches no address of the configuration, the test the daemon alone', () => {
    const objects = withFile('restricted-egress')
    same(policy(objects, 'pre-install,pre-upgrade').egress.map(portsOf), [[5353, 5353], [6432], [9093]], 'ports')
    const [dns, daemon] = policy(objects, 'test').egress
    same([portsOf(dns), portsOf(daemon), daemon.to.map(componentOf)], [[5353, 5353], [9464], ['daemon']], 'egress')
  })
}

const checkMigration = async () => {
  await check('the migration runs before the rest and brings what it needs', () => {
    const hooks = objectsWith().filter((object) => hookOf(object) === 'pre-install,pre-upgrade')
    const weight = ({ metadata }) => Number(metadata.annotations['helm.sh/hook-weight'])
    const job = hooks.find(({ kind }) => kind === 'Job')
    same(kindsOf(hooks), ['ConfigMap', 'Job', 'NetworkPolicy', 'ServiceAccount'], 'hooks')
    expect(
      hooks.every((hook) => hook === job || weight(hook) < weight(job)),
      'something it needs comes after it',
    )
    // What Helm waits for without --timeout.
    expect(job.spec.activeDeadlineSeconds < 5 * 60, 'the Job goes on after Helm has given it up')
    same(programOf(job.spec.template.spec).args, ['migrate', '--config', '/etc/evenkeel/evenkeel.yaml'], 'arguments')
  })
}

const checkExtras = async () => {
  const extras = (...args) => podsOf(withFile('ha', ...args))
  await check('containers of your own come as templates, in the restricted profile unless they say otherwise', () => {
    const [daemon, job] = ['Deployment', 'Job'].map((kind) => extras().find((pod) => pod.kind === kind).spec)
    same([daemon, job].map(({ initContainers }) => initContainers.map(({ args }) => args)), Array(2).fill([['--instance=rel']]), 'init containers') // prettier-ignore
    same([daemon, job].map(({ containers }) => containers.map(({ name }) => name)), [['evenkeel', 'log-shipper'], ['migrate']], 'containers') // prettier-ignore
    none(extras().flatMap(restrictedFindings))
    const own = extras(
      '--set-json',
      'extraContainers=[{"name":"a","image":"a:1","securityContext":{"privileged":true}}]',
    )
    same(own.find(({ kind }) => kind === 'Deployment').spec.containers[1].securityContext, { privileged: true }, 'security context') // prettier-ignore
  })
  await check('objects of your own come as templates, as YAML and as text', () => {
    const objects = withFile('external-secrets')
    const [secret] = componentsOf(objects, 'ExternalSecret')
    same([secret.metadata.namespace, secret.metadata.labels['app.kubernetes.io/instance']], ['funds', 'rel'], 'metadata') // prettier-ignore
    same(componentsOf(objects, 'ConfigMap').find(({ data }) => data.owner)?.metadata.name, 'rel-evenkeel-desk', 'name')
  })
}
