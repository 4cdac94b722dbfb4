// Lints and renders the chart with a real Helm and checks the rendered objects, the refusals of its schema and the
// table of its README. One line per check; exit code 1 when one fails. Nothing is installed anywhere.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { tsImport } from 'tsx/esm/api'
import { parse, parseAllDocuments, stringify } from 'yaml'
import { check, close, expect, fail, same } from './checks.mjs'
import { findHelm } from './find-helm.mjs'

const chart = join(import.meta.dirname, '..', 'helm', 'evenkeel')
/** Oldest Kubernetes the chart takes, and the newest one it is rendered for. */
const kubeVersions = ['1.28.0', '1.34.0']
/** Objects each file must render: an empty render would pass every other check. */
const expectedKinds = {
  minimal: ['ConfigMap', 'Deployment', 'Pod', 'Service', 'Service'],
  default: ['ConfigMap', 'ConfigMap', 'Deployment', 'Job', 'NetworkPolicy', 'NetworkPolicy', 'Pod', 'Service', 'Service', 'ServiceAccount', 'ServiceAccount'],
  monitoring: [...Array(9).fill('ConfigMap'), 'Deployment', 'Job', 'NetworkPolicy', 'NetworkPolicy', 'Pod', 'PrometheusRule', 'Service', 'Service', 'ServiceAccount', 'ServiceAccount', 'ServiceMonitor'],
  ha: ['ConfigMap', 'ConfigMap', 'Deployment', 'Job', 'NetworkPolicy', 'NetworkPolicy', 'Pod', 'PodDisruptionBudget', 'Service', 'Service', 'ServiceAccount', 'ServiceAccount'],
} // prettier-ignore

const scratch = mkdtempSync(join(tmpdir(), 'evenkeel-chart-'))

/** Every finding of a check at once. */
const none = (findings) => expect(findings.length === 0, findings.join('; '))

let helmPath = ''
const helm = (args) => {
  try {
    return execFileSync(helmPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 26 })
  } catch (error) {
    throw new Error(`${error.stderr ?? ''}${error.stdout ?? ''}`.trim() || error.message, { cause: error })
  }
}

const render = (args, kubeVersion = kubeVersions[0]) =>
  helm(['template', 'rel', chart, '--namespace', 'funds', '--kube-version', kubeVersion, ...args])

/** Objects as Kubernetes reads them: its YAML is 1.1, where 0440 is octal. */
const objectsOf = (text) =>
  parseAllDocuments(text, { version: '1.1' })
    .map((document) => {
      if (document.errors.length > 0) throw document.errors[0]
      return document.toJS()
    })
    .filter((object) => object !== null)

/** Sorted, and one for each object. */
const kindsOf = (objects) => objects.map(({ kind }) => String(kind)).toSorted()

const podsOf = (objects) =>
  objects
    .filter(({ kind }) => ['Deployment', 'Job', 'Pod'].includes(kind))
    .map((object) => ({
      name: `${object.kind} ${object.metadata.name}`,
      labels: (object.kind === 'Pod' ? object : object.spec.template).metadata.labels,
      spec: object.kind === 'Pod' ? object.spec : object.spec.template.spec,
      hook: object.metadata.annotations?.['helm.sh/hook'],
    }))

const contains = (labels, selector) => Object.entries(selector).every(([key, value]) => labels?.[key] === value)

const componentsOf = (objects, kind) => objects.filter((object) => object.kind === kind)

/** What Kubernetes' restricted profile asks of a pod, and what we ask beyond it. */
const restrictedFindings = ({ name, spec }) => {
  const pod = spec.securityContext ?? {}
  const findings = []
  const want = (condition, text) => condition || findings.push(`${name}: ${text}`)
  want(pod.runAsNonRoot === true, 'runAsNonRoot is not true')
  want(
    pod.runAsUser === 65532 && pod.runAsGroup === 65532 && pod.fsGroup === 65532,
    'user, group and fsGroup are not 65532',
  )
  want(pod.seccompProfile?.type === 'RuntimeDefault', 'no seccomp profile')
  want(spec.automountServiceAccountToken === false, 'mounts a service account token')
  want(!spec.hostNetwork && !spec.hostPID && !spec.hostIPC, 'shares a namespace with its host')
  want(!(spec.volumes ?? []).some((volume) => volume.hostPath), 'mounts a folder of its host')
  want(spec.containers.length > 0, 'has no container')
  for (const container of [...spec.containers, ...(spec.initContainers ?? [])]) {
    const own = container.securityContext ?? {}
    want(own.allowPrivilegeEscalation === false, `${container.name} may gain privileges`)
    want(own.privileged !== true, `${container.name} is privileged`)
    want(own.readOnlyRootFilesystem === true, `${container.name} may write its root file system`)
    want(isDeepStrictEqual(own.capabilities, { drop: ['ALL'] }), `${container.name} keeps capabilities`)
    want(container.resources?.limits?.memory !== undefined, `${container.name} has no memory limit`)
    want(container.resources?.requests?.cpu !== undefined, `${container.name} requests no CPU`)
    want(
      /[:@]/.test(container.image.split('/').at(-1)) && !container.image.endsWith(':latest'),
      `${container.name} runs ${container.image}, which is no fixed version`,
    )
  }
  return findings
}

/** Everything a pod refers to must be rendered early enough, be given by the user, or be declared in the pod. */
const referenceFindings = (objects, values) => {
  const findings = []
  const given = {
    Secret: [values.existingSecret, ...(values.keystore ? [values.keystore.existingSecret] : [])],
    ConfigMap: (values.extraVolumes ?? []).flatMap(({ configMap }) => configMap?.name ?? []),
    ServiceAccount: [],
  }
  if (values.serviceAccount?.create === false) given.ServiceAccount.push(values.serviceAccount.name)
  for (const { name, spec, hook } of podsOf(objects)) {
    const want = (condition, text) => condition || findings.push(`${name}: ${text}`)
    const exists = (kind, wanted) =>
      given[kind].includes(wanted) ||
      objects.some(
        ({ kind: other, metadata }) =>
          other === kind &&
          metadata.name === wanted &&
          (hook !== 'pre-install,pre-upgrade' || metadata.annotations?.['helm.sh/hook'] === hook),
      )
    want(
      exists('ServiceAccount', spec.serviceAccountName),
      `service account ${spec.serviceAccountName} is not there when it starts`,
    )
    const volumes = spec.volumes ?? []
    for (const volume of volumes) {
      if (volume.configMap)
        want(
          exists('ConfigMap', volume.configMap.name),
          `ConfigMap ${volume.configMap.name} is not there when it starts`,
        )
      if (volume.secret) {
        want(exists('Secret', volume.secret.secretName), `Secret ${volume.secret.secretName} is not the given one`)
        want(volume.secret.defaultMode === 0o440, `secret files have mode ${volume.secret.defaultMode}, expected 0440`)
      }
    }
    for (const container of spec.containers) {
      const mounts = container.volumeMounts ?? []
      for (const mount of mounts)
        want(
          volumes.some((volume) => volume.name === mount.name),
          `mount ${mount.name} has no volume`,
        )
      const files = new Set(
        mounts.flatMap((mount) => {
          const volume = volumes.find((one) => one.name === mount.name)
          const items = volume?.secret?.items?.map(({ path }) => path) ?? []
          const map =
            volume?.configMap &&
            objects.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === volume.configMap.name)
          return [...items, ...Object.keys(map?.data ?? {})].map((file) => `${mount.mountPath}/${file}`)
        }),
      )
      const { file, passwordFile } = values.config.signer ?? {}
      if (container.args?.[0] === 'start')
        for (const needed of [file, passwordFile].filter((one) => one !== undefined))
          want(files.has(needed), `config.signer names ${needed}, which is not mounted`)
      const config = container.args?.[container.args.indexOf('--config') + 1]
      if (container.args) want(files.has(config), `${config} is not mounted`)
      for (const { name: variable, value } of container.env ?? [])
        if (variable.endsWith('_FILE')) want(files.has(value), `${variable} names ${value}, which is not mounted`)
      for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe']) {
        const port = container[probe]?.httpGet?.port
        if (port !== undefined)
          want(
            (container.ports ?? []).some((one) => one.name === port),
            `${probe} asks port ${port}, which is not declared`,
          )
      }
    }
  }
  const ports = podsOf(objects).flatMap(({ labels, spec }) =>
    spec.containers.flatMap((container) => (container.ports ?? []).map((port) => ({ labels, name: port.name }))),
  )
  const open = (selector, port) => ports.some((one) => one.name === port && contains(one.labels, selector))
  for (const { metadata, spec } of componentsOf(objects, 'Service'))
    for (const { targetPort } of spec.ports)
      if (!open(spec.selector, targetPort))
        findings.push(`Service ${metadata.name}: no selected pod has port ${targetPort}`)
  for (const { metadata, spec } of componentsOf(objects, 'NetworkPolicy'))
    for (const { port } of (spec.ingress ?? []).flatMap((rule) => rule.ports ?? []))
      if (!open(spec.podSelector.matchLabels, port))
        findings.push(`NetworkPolicy ${metadata.name}: no selected pod has port ${port}`)
  return findings
}

const selectorFindings = (objects) => {
  const findings = []
  const pods = podsOf(objects)
  const daemons = (selector) =>
    pods.filter(({ labels }) => contains(labels, selector)).map(({ name }) => name.split(' ')[0])
  for (const { kind, metadata, spec } of objects) {
    const selector =
      kind === 'Service' ? spec.selector
      : kind === 'NetworkPolicy' ? spec.podSelector.matchLabels
      : kind === 'Deployment' || kind === 'PodDisruptionBudget' ? spec.selector.matchLabels
      : undefined // prettier-ignore
    if (selector === undefined) continue
    const wanted = kind === 'NetworkPolicy' && metadata.annotations?.['helm.sh/hook'] ? ['Job'] : ['Deployment']
    if (!isDeepStrictEqual(daemons(selector), wanted))
      findings.push(
        `${kind} ${metadata.name} selects ${daemons(selector).join(', ') || 'nothing'}, expected ${wanted.join()}`,
      )
  }
  for (const { metadata, spec } of componentsOf(objects, 'ServiceMonitor')) {
    const services = componentsOf(objects, 'Service').filter((service) =>
      contains(service.metadata.labels, spec.selector.matchLabels),
    )
    if (services.length !== 1)
      findings.push(`ServiceMonitor ${metadata.name} selects ${services.length} Services, expected 1`)
    for (const { port } of spec.endpoints)
      if (!services.every((service) => service.spec.ports.some((one) => one.name === port)))
        findings.push(`ServiceMonitor ${metadata.name}: no Service port ${port}`)
  }
  return findings
}

const only = (objects, kind) => {
  const found = componentsOf(objects, kind).filter(({ metadata }) => !metadata.annotations?.['helm.sh/hook'])
  expect(found.length === 1, `expected one ${kind} outside hooks, got ${found.length}`)
  return found[0]
}

const checkFile = async (name, loadConfig) => {
  const file = join(chart, 'ci', `${name}-values.yaml`)
  const values = parse(readFileSync(file, 'utf8'))
  await check(`${name}: lints`, () => void helm(['lint', chart, '--strict', '--values', file]))
  for (const kubeVersion of kubeVersions) {
    await check(`${name}: renders for Kubernetes ${kubeVersion}`, () => {
      same(kindsOf(objectsOf(render(['--values', file], kubeVersion))), expectedKinds[name], 'kinds')
      return `${expectedKinds[name].length} objects`
    })
  }
  const objects = objectsOf(render(['--values', file]))
  await check(`${name}: names are unique, valid and in one namespace`, () => {
    const ids = objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)
    none(ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `${id} is there twice`))
    none(
      objects
        .filter(
          ({ kind, metadata }) =>
            !/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(metadata.name) ||
            metadata.name.length > (kind === 'ConfigMap' ? 253 : 63),
        )
        .map(({ metadata }) => metadata.name),
    )
    none(
      objects
        .filter(({ metadata }) => metadata.namespace !== 'funds')
        .map(({ metadata }) => `${metadata.name} is in ${metadata.namespace}`),
    )
  })
  await check(`${name}: every pod satisfies the restricted profile`, () => {
    none(podsOf(objects).flatMap(restrictedFindings))
    return podsOf(objects).map((pod) => pod.name.split(' ')[0]).join(', ') // prettier-ignore
  })
  await check(`${name}: selectors match their pods and nothing else`, () => none(selectorFindings(objects)))
  await check(`${name}: everything a pod refers to exists when it starts`, () =>
    none(referenceFindings(objects, values)),
  )
  await check(`${name}: no Secret is rendered and no secret is in an environment`, () => {
    same(componentsOf(objects, 'Secret').length, 0, 'Secrets')
    const settings = Object.keys(values.secretKeys ?? { DATABASE_URL: '', EVENKEEL_ADMIN_TOKEN: '' })
    for (const { name: pod, spec } of podsOf(objects).filter(({ spec }) => spec.containers[0].args)) {
      const names = spec.containers[0].env.map((variable) => variable.name)
      none(
        settings
          .filter((setting) => names.includes(setting))
          .map((setting) => `${pod} has ${setting} in its environment`),
      )
      none(
        settings
          .filter((setting) => !names.includes(`${setting}_FILE`))
          .map((setting) => `${pod} lacks ${setting}_FILE`),
      )
    }
  })
  await check(`${name}: probes ask the metrics port, and never readiness for life`, () => {
    const [container] = only(objects, 'Deployment').spec.template.spec.containers
    const probe = (kind) => [container[kind].httpGet.path, container[kind].httpGet.port]
    same(['startupProbe', 'livenessProbe', 'readinessProbe'].map(probe), [['/livez', 'metrics'], ['/livez', 'metrics'], ['/readyz', 'metrics']], 'probes') // prettier-ignore
    const { server } = { server: { adminPort: 3000, metricsPort: 9464 }, ...values.config }
    same(
      Object.fromEntries(container.ports.map((port) => [port.name, port.containerPort])),
      { admin: server.adminPort, metrics: server.metricsPort },
      'ports',
    )
  })
  await check(`${name}: an upgrade replaces pods without a surge`, () => {
    const { replicas, strategy, template } = only(objects, 'Deployment').spec
    same([replicas, strategy], [values.replicaCount ?? 1, { type: 'Recreate' }], 'replicas and strategy')
    expect(template.spec.terminationGracePeriodSeconds >= 30, 'the grace period is shorter than 30 s')
    same(componentsOf(objects, 'PodDisruptionBudget').length, replicas > 1 ? 1 : 0, 'disruption budgets')
  })
  await check(`${name}: the daemon accepts the rendered configuration`, () => {
    const texts = componentsOf(objects, 'ConfigMap').flatMap(({ data }) => data['evenkeel.yaml'] ?? [])
    expect(
      texts.length === (values.migrations?.enabled === false ? 1 : 2) && texts.every((text) => text === texts[0]),
      'the migration and the daemon are given different files',
    )
    const rendered = parse(texts[0])
    same(
      rendered,
      { ...values.config, server: { host: '0.0.0.0', adminPort: 3000, metricsPort: 9464, ...values.config.server } },
      'configuration',
    )
    const path = join(scratch, `${name}.yaml`)
    writeFileSync(path, texts[0])
    const { file: loaded } = loadConfig(path, {})
    same(Object.values(loaded.portfolios).map(({ mode }) => mode), Object.values(values.config.portfolios).map(({ mode }) => mode ?? 'dry-run'), 'modes') // prettier-ignore
  })
}

const checkRefusals = async () => {
  const good = parse(readFileSync(join(chart, 'ci', 'default-values.yaml'), 'utf8'))
  /**
   * What is changed, the change, and what the refusal must contain.
   * @type {[string, (values: any) => void, RegExp][]}
   */
  const refusals = [
    ['three replicas', (v) => void (v.replicaCount = 3), /replicaCount/],
    ['no replica', (v) => void (v.replicaCount = 0), /replicaCount/],
    ['no secret', (v) => void delete v.existingSecret, /existingSecret/],
    ['an empty secret', (v) => void (v.existingSecret = ''), /existingSecret/],
    ['no database', (v) => void (v.secretKeys = { DATABASE_URL: null }), /DATABASE_URL/],
    [
      'a secret by another kind of name',
      (v) => void (v.secretKeys = { 'database-url': 'x' }),
      /database-url|secretKeys/,
    ],
    ['an unknown part of a keystore', (v) => void (v.keystore = { password: 'x' }), /password/],
    ['a keystore by a path', (v) => void (v.keystore = { keystoreKey: '../key' }), /keystoreKey/],
    ['a bad digest', (v) => void (v.image = { digest: 'sha256:123' }), /digest/],
    ['the tag latest', (v) => void (v.image = { tag: 'latest' }), /tag/],
    ['an unknown key', (v) => void (v.replicas = 2), /replicas/],
    ['an unknown key inside', (v) => void (v.service = { prot: 3000 }), /prot/],
    ['a number for text', (v) => void (v.podLabels = { team: 5 }), /team/],
    [
      'a label of the chart itself',
      (v) => void (v.podLabels = { 'app.kubernetes.io/component': 'x' }),
      /app.kubernetes.io.component/,
    ],
    ['no chains', (v) => void delete v.config.chains, /chains/],
    ['no portfolio', (v) => void (v.config.portfolios = {}), /portfolios/],
    ['a host only the pod itself can reach', (v) => void (v.config.server = { host: '127.0.0.1' }), /host/],
    ['a privileged port', (v) => void (v.config.server = { adminPort: 80 }), /adminPort/],
    [
      'a foreign service account without a name',
      (v) => void (v.serviceAccount = { create: false }),
      /serviceAccount|name/,
    ],
    ['scraping that the network policy forbids', (v) => void (v.serviceMonitor = { enabled: true }), /metricsFrom/],
    ['a label of dashboards that is none', (v) => void (v.dashboards = { label: 'a b' }), /label/],
    ['too short a grace period', (v) => void (v.terminationGracePeriodSeconds = 5), /terminationGracePeriodSeconds/],
  ]
  const file = join(scratch, 'refused.yaml')
  for (const [what, change, words] of refusals) {
    await check(`refused: ${what}`, () => {
      const values = structuredClone(good)
      change(values)
      writeFileSync(file, stringify(values))
      let message
      try {
        render(['--values', file])
      } catch (error) {
        message = error.message
      }
      expect(message !== undefined, 'it was rendered')
      expect(
        message.includes("don't meet the specifications of the schema") && words.test(message),
        `expected the schema to name ${words.source}, got: ${message}`,
      )
    })
  }
  await check('refused: a cluster older than the chart takes', () => {
    let message = 'it was rendered'
    try {
      render(['--values', join(chart, 'ci', 'default-values.yaml')], '1.27.9')
    } catch (error) {
      message = error.message
    }
    expect(message.includes('kubeVersion'), message)
  })
}

const checkBehaviour = async () => {
  const file = join(chart, 'ci', 'default-values.yaml')
  const deployment = (...args) => only(objectsOf(render(['--values', file, ...args])), 'Deployment').spec.template
  const checksum = (...args) => deployment(...args).metadata.annotations['checksum/config']
  await check('the checksum changes with the configuration and with nothing else', () => {
    expect(/^[0-9a-f]{64}$/.test(checksum()), 'no checksum')
    expect(
      checksum() !== checksum('--set', 'config.portfolios.treasury.rebalancing.cooldownSeconds=60'),
      'it stayed the same',
    )
    same(checksum('--set', 'replicaCount=2,podLabels.a=b'), checksum(), 'checksum')
  })
  await check('a digest wins over a tag, a tag over the version of the chart', () => {
    const image = (...args) => deployment(...args).spec.containers[0].image
    const digest = `sha256:${'a'.repeat(64)}`
    const { appVersion } = parse(readFileSync(join(chart, 'Chart.yaml'), 'utf8'))
    same(
      [image(), image('--set', 'image.tag=1.2.3'), image('--set', `image.tag=1.2.3,image.digest=${digest}`), image('--set', 'image.registry=a.example,global.imageRegistry=b.example')],
      [`evenkeel:${appVersion}`, 'evenkeel:1.2.3', `evenkeel@${digest}`, `b.example/evenkeel:${appVersion}`],
      'images',
    ) // prettier-ignore
  })
  await check('a keystore is mounted in the daemon alone, and only when a Secret is named', () => {
    const holders = (...args) =>
      podsOf(objectsOf(render(args))).flatMap(({ name, spec }) =>
        spec.volumes?.some((volume) => volume.name === 'keystore') ? [name.split(' ')[0]] : [],
      )
    same(holders('--values', file), [], 'pods without a Secret')
    same(holders('--values', join(chart, 'ci', 'ha-values.yaml')), ['Deployment'], 'pods with one')
  })
  await check('without peers nobody but the test may enter', () => {
    const { ingress } = only(objectsOf(render(['--values', file])), 'NetworkPolicy').spec
    same(ingress.map(({ from, ports }) => [from.map((peer) => peer.podSelector?.matchLabels['app.kubernetes.io/component']), ports.map(({ port }) => port)]), [[['test'], ['metrics']]], 'ingress') // prettier-ignore
  })
  await check('the rules are those of the file, with links to the given place and without what is switched off', () => {
    const text = readFileSync(join(chart, 'files', 'rules', 'evenkeel.yaml'), 'utf8')
    const groupsOf = (...args) =>
      only(objectsOf(render(['--values', file, '--set', 'prometheusRule.enabled=true', ...args])), 'PrometheusRule').spec.groups // prettier-ignore
    same(groupsOf(), parse(text).groups, 'groups')
    const { groups } = parse(text.replaceAll('docs/runbooks/', 'https://runbooks.example.com/x/'))
    same(groupsOf('--set', 'prometheusRule.runbookBaseUrl=https://runbooks.example.com/x/'), groups, 'groups')
    const left = groupsOf('--set', 'prometheusRule.disabled={EvenkeelDown,EvenkeelGasLow}').flatMap(
      ({ rules }) => rules,
    )
    const all = groups.flatMap(({ rules }) => rules)
    const names = (rules) => rules.map(({ alert, record }) => alert ?? record)
    same(
      names(left),
      names(all).filter((name) => !['EvenkeelDown', 'EvenkeelGasLow'].includes(name)),
      'rules',
    )
    return `${left.length + 2} rules`
  })
  await check('rules of your own come in a group of their own', () => {
    const { labels } = parse(readFileSync(join(chart, 'ci', 'monitoring-values.yaml'), 'utf8')).prometheusRule
    const { metadata, spec } = only(objectsOf(render(['--values', join(chart, 'ci', 'monitoring-values.yaml')])), 'PrometheusRule') // prettier-ignore
    expect(contains(metadata.labels, labels), 'the labels are missing')
    const last = spec.groups.at(-1)
    same([last.name, last.rules.map(({ alert }) => alert)], ['evenkeel.extra', ['EvenkeelTreasurySmall']], 'last group')
  })
  await check('refused: an alert to leave out that does not exist', () => {
    let message = 'it was rendered'
    try {
      render(['--values', file, '--set', 'prometheusRule.enabled=true,prometheusRule.disabled={EvenkeelDwon}'])
    } catch (error) {
      message = error.message
    }
    expect(message.includes('EvenkeelDwon'), message)
  })
  await check('whatever the release is called, its job is the one that the rules ask for', () => {
    const { endpoints } = only(objectsOf(render(['--values', join(chart, 'ci', 'monitoring-values.yaml'), '--set', 'nameOverride=other'])), 'ServiceMonitor').spec // prettier-ignore
    same(endpoints[0].relabelings, [{ targetLabel: 'job', replacement: 'evenkeel' }, { action: 'replace', targetLabel: 'cluster', replacement: 'one' }], 'relabelings') // prettier-ignore
  })
  await check('the migration runs before the rest and brings what it needs', () => {
    const hooks = objectsOf(render(['--values', file])).filter(
      ({ metadata }) => metadata.annotations?.['helm.sh/hook'] === 'pre-install,pre-upgrade',
    )
    const weight = ({ metadata }) => Number(metadata.annotations['helm.sh/hook-weight'])
    const job = hooks.find(({ kind }) => kind === 'Job')
    same(kindsOf(hooks), ['ConfigMap', 'Job', 'NetworkPolicy', 'ServiceAccount'], 'hooks')
    expect(
      hooks.every((hook) => hook === job || weight(hook) < weight(job)),
      'something it needs comes after it',
    )
    same(job.spec.template.spec.containers[0].args, ['migrate', '--config', '/etc/evenkeel/evenkeel.yaml'], 'arguments')
  })
  await check('the notes name the portfolios, their mode and what is off', () => {
    // `helm install --dry-run` wants a cluster, so the notes are rendered as part of an object.
    const copy = join(scratch, 'chart')
    cpSync(chart, copy, { recursive: true })
    const text = readFileSync(join(copy, 'templates', 'NOTES.txt'), 'utf8').replaceAll(/^/gm, '    ')
    writeFileSync(
      join(copy, 'templates', 'notes.yaml'),
      `kind: Notes\nmetadata:\n  name: notes\ndata:\n  text: |\n${text}`,
    )
    const rendered = helm(['template', 'rel', copy, '--kube-version', kubeVersions[0], '--values', file])
    const notes = only(objectsOf(rendered), 'Notes').data.text
    for (const words of [
      'treasury: dry-run',
      'image.digest is not set',
      'service/rel-evenkeel ',
      'networkPolicy.adminFrom is empty',
    ])
      expect(notes.includes(words), `"${words}" is missing in:\n${notes}`)
  })
  await check('dashboards are the generated files to the byte, labelled for a sidecar', () => {
    const folder = join(chart, 'files', 'dashboards')
    const files = readdirSync(folder)
    expect(files.length === 7, `expected 7 dashboards, got ${files.length}`)
    const args = ['--set', 'dashboards.enabled=true,dashboards.namespace=grafana,dashboards.annotations.folder=a,dashboards.label=sidecar'] // prettier-ignore
    const maps = componentsOf(objectsOf(render(['--values', file, ...args])), 'ConfigMap').filter(({ metadata }) =>
      metadata.name.includes('-dashboard-'),
    )
    same(
      Object.fromEntries(maps.flatMap(({ data }) => Object.entries(data))),
      Object.fromEntries(files.map((one) => [`evenkeel-${one}`, readFileSync(join(folder, one), 'utf8')])),
      'dashboards',
    )
    for (const { metadata } of maps)
      same(
        [metadata.namespace, metadata.labels.sidecar, metadata.annotations.folder],
        ['grafana', '1', 'a'],
        metadata.name,
      )
    const largest = Math.max(...maps.map((map) => JSON.stringify(map).length))
    expect(largest < 200_000, `a ConfigMap of ${largest} bytes is more than kubectl apply takes`)
    return `${maps.length} ConfigMaps, the largest of ${largest} bytes`
  })
  await check('the version of the chart is the version of the package', () => {
    const { version } = JSON.parse(readFileSync(join(chart, '..', '..', 'package.json'), 'utf8'))
    same(parse(readFileSync(join(chart, 'Chart.yaml'), 'utf8')).appVersion, version, 'appVersion')
  })
  await check('the table of the README lists every value with its default', () => {
    const leaves = (value, path) =>
      typeof value === 'object' &&
      value !== null &&
      !Array.isArray(value) &&
      Object.keys(value).length > 0 &&
      !wholes.has(path)
        ? Object.entries(value).flatMap(([key, inner]) => leaves(inner, path === '' ? key : `${path}.${key}`))
        : [[path, JSON.stringify(value)]]
    const values = parse(readFileSync(join(chart, 'values.yaml'), 'utf8'))
    const rows = [
      ...readFileSync(join(chart, 'README.md'), 'utf8').matchAll(/^\| `([^`]+)` +\| (?:`([^`]*)`|[^|`]*) *\|/gm),
    ].map(([, path, value]) => [path, value])
    const wanted = leaves(values, '').map(([path, value]) => [path, wholes.has(path) ? undefined : value])
    same(Object.fromEntries(rows), Object.fromEntries(wanted), 'rows')
    return `${rows.length} values`
  })
}

/** Values the README describes as one row in words. */
const wholes = new Set(['podSecurityContext', 'securityContext', 'networkPolicy.egress'])

try {
  const { path, version, way } = findHelm()
  helmPath = path
  console.log(`Helm ${version} (${way})`)
  const { loadConfig } = await tsImport('../src/config/load.ts', import.meta.url)
  const files = readdirSync(join(chart, 'ci')).map((file) => basename(file, '-values.yaml'))
  await check('every file in ci/ is known here', () =>
    same(files.toSorted(), Object.keys(expectedKinds).toSorted(), 'files'),
  )
  for (const name of Object.keys(expectedKinds)) await checkFile(name, loadConfig)
  await checkRefusals()
  await checkBehaviour()
} catch (error) {
  fail(error.message)
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
process.exitCode = close()
