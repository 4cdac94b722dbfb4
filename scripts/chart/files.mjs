// Every file in ci/ lints, renders for both Kubernetes versions into the same objects, and these fit each other.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { check, expect, same } from '../checks.mjs'
import { podFindings, portFindings, restrictedFindings, selectorFindings } from './findings.mjs'
import {
  chart,
  componentsOf,
  contains,
  helm,
  kindsOf,
  kubeVersions,
  names,
  none,
  objectsOf,
  only,
  podsOf,
  programOf,
  release,
  render,
  valuesFile,
  valuesOf,
} from './rendered.mjs'

const base = ['ConfigMap', 'ConfigMap', 'Deployment', 'Job', 'NetworkPolicy', 'NetworkPolicy', 'NetworkPolicy', 'Pod', 'Service', 'Service', 'ServiceAccount', 'ServiceAccount'] // prettier-ignore
/** @param {string[]} more */
const and = (...more) => [...base, ...more].toSorted((one, other) => one.localeCompare(other, 'en'))
/** Objects each file must render: an empty render would pass every other check. */
export const expectedKinds = {
  minimal: ['ConfigMap', 'Deployment', 'Pod', 'Service', 'Service'],
  default: base,
  monitoring: and(...Array(7).fill('ConfigMap'), 'PrometheusRule', 'ServiceMonitor'),
  ha: and('HTTPRoute', 'Ingress', 'PodDisruptionBudget'),
  'external-secrets': and('ConfigMap', 'ExternalSecret'),
  'restricted-egress': base,
}

/** Checks every file; answers with the rendered objects, by file. */
export const checkFiles = async (loadConfig, scratch) => {
  await check('every file in ci/ is known here', () =>
    same(names.toSorted(), Object.keys(expectedKinds).toSorted(), 'files'),
  )
  const rendered = {}
  for (const name of Object.keys(expectedKinds)) rendered[name] = await checkFile(name, loadConfig, scratch)
  return rendered
}

const checkFile = async (name, loadConfig, scratch) => {
  const file = valuesFile(name)
  const values = valuesOf(name)
  await check(`${name}: lints`, () => void helm(['lint', chart, '--strict', '--values', file]))
  let texts = []
  for (const kubeVersion of kubeVersions)
    await check(`${name}: renders for Kubernetes ${kubeVersion}`, () => {
      const text = render(['--values', file], kubeVersion)
      same(kindsOf(objectsOf(text)), expectedKinds[name], 'kinds')
      texts = [...texts, text]
      return `${expectedKinds[name].length} objects`
    })
  await check(`${name}: both versions get the same objects, so that what follows holds for both`, () => {
    same(texts.length, kubeVersions.length, 'renders')
    same(new Set(texts).size, 1, 'different renders')
  })
  const objects = objectsOf(texts[0])
  const pods = podsOf(objects)
  await check(`${name}: names are unique, valid and in one namespace`, () => none(nameFindings(objects)))
  await check(`${name}: labels and annotations for all are on every object and pod, and in no selector`, () =>
    none(labelFindings(objects, values)),
  )
  await check(`${name}: every pod satisfies the restricted profile`, () => {
    none(pods.flatMap(restrictedFindings))
    same(pods.map(({ kind, spec }) => [kind, spec.automountServiceAccountToken]), pods.map(({ kind }) => [kind, kind !== 'Pod' && values.automountServiceAccountToken === true]), 'tokens') // prettier-ignore
    return pods.map(({ kind }) => kind).join(', ')
  })
  await check(`${name}: selectors match their pods and nothing else`, () => none(selectorFindings(objects)))
  await check(`${name}: everything a pod refers to exists when it starts`, () => none(podFindings(objects, values)))
  await check(`${name}: every port that is led to exists`, () => none(portFindings(objects)))
  await check(`${name}: no Secret is rendered and no secret is in an environment`, () =>
    none(secretFindings(objects, values)),
  )
  await check(`${name}: probes ask the metrics port, and never readiness for life`, () => {
    const program = programOf(only(objects, 'Deployment').spec.template.spec)
    const probe = (kind) => [program[kind].httpGet.path, program[kind].httpGet.port]
    same(['startupProbe', 'livenessProbe', 'readinessProbe'].map(probe), [['/livez', 'metrics'], ['/livez', 'metrics'], ['/readyz', 'metrics']], 'probes') // prettier-ignore
    const server = { adminPort: 3000, metricsPort: 9464, ...values.config.server }
    same(
      Object.fromEntries(program.ports.map((port) => [port.name, port.containerPort])),
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
  await check(`${name}: the daemon accepts the rendered configuration`, () =>
    checkConfig(objects, values, loadConfig, join(scratch, `${name}.yaml`)),
  )
  return objects
}

const nameFindings = (objects) => {
  const ids = objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)
  const longest = (kind) => (kind === 'ConfigMap' ? 253 : 63)
  return [
    ...ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `${id} is there twice`),
    ...objects
      .filter(
        ({ kind, metadata: { name } }) => !/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name) || name.length > longest(kind),
      )
      .map(({ metadata }) => `${metadata.name} is no valid name`),
    ...objects
      .filter(({ metadata }) => metadata.namespace !== release.namespace)
      .map(({ metadata }) => `${metadata.name} is in ${metadata.namespace}`),
  ]
}

/** Objects that the user brought are theirs to label. */
const labelFindings = (objects, { commonLabels = {}, commonAnnotations = {} }) =>
  objects
    .filter(({ metadata }) => metadata.labels?.['helm.sh/chart'])
    .flatMap(({ kind, metadata, spec }) => {
      const parts = [metadata, ...(spec?.template ? [spec.template.metadata] : [])]
      const selector = spec?.selector?.matchLabels ?? spec?.podSelector?.matchLabels ?? spec?.selector ?? {}
      return [
        ...parts
          .filter(
            ({ labels, annotations }) => !contains(labels, commonLabels) || !contains(annotations, commonAnnotations),
          ) // prettier-ignore
          .map(() => `${kind} ${metadata.name} lacks one`),
        ...Object.keys(selector)
          .filter((key) => key in commonLabels)
          .map((key) => `${kind} ${metadata.name} selects by ${key}`),
      ]
    })

const secretFindings = (objects, { secretKeys = {} }) => {
  const findings = componentsOf(objects, 'Secret').map(({ metadata }) => `Secret ${metadata.name} is rendered`)
  const all = { EVENKEEL_ADMIN_TOKEN: '', ...secretKeys }
  const settings = Object.keys(all).filter((setting) => all[setting] !== null)
  for (const { name: pod, kind, spec } of podsOf(objects)) {
    const variables = programOf(spec)?.env.map(({ name }) => name) ?? []
    const wanted =
      kind === 'Deployment' ? ['DATABASE_URL', ...settings]
      : kind === 'Job' ? ['DATABASE_URL', ...settings.filter((setting) => setting === 'JOURNAL_DATABASE_URL')]
      : [] // prettier-ignore
    for (const setting of settings)
      if (variables.includes(setting)) findings.push(`${pod} has ${setting} in its environment`)
    const files = variables.filter((name) => name.endsWith('_FILE')).map((name) => name.slice(0, -'_FILE'.length))
    for (const setting of wanted.filter((one) => !files.includes(one))) findings.push(`${pod} lacks ${setting}_FILE`)
    for (const setting of files.filter((one) => !wanted.includes(one)))
      findings.push(`${pod} has ${setting}_FILE, which it does not need`)
  }
  return findings
}

const checkConfig = (objects, { config, migrations }, loadConfig, path) => {
  const texts = componentsOf(objects, 'ConfigMap').flatMap(({ data }) => data['evenkeel.yaml'] ?? [])
  expect(
    texts.length === (migrations?.enabled === false ? 1 : 2) && texts.every((text) => text === texts[0]),
    'the migration and the daemon are given different files',
  )
  const server = { host: '0.0.0.0', adminPort: 3000, metricsPort: 9464, ...config.server }
  same(parse(texts[0]), { ...config, server }, 'configuration')
  writeFileSync(path, texts[0])
  const { file } = loadConfig(path, {})
  const modes = (portfolios) => Object.values(portfolios).map(({ mode = 'dry-run' }) => mode)
  same(modes(file.portfolios), modes(config.portfolios), 'modes')
}
