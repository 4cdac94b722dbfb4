// What is wrong with rendered objects, as lists of sentences: security, references, selectors.
import { isDeepStrictEqual } from 'node:util'
import { componentsOf, contains, containersOf, hookOf, podsOf, programOf } from './rendered.mjs'

/** What Kubernetes' restricted profile asks of a pod, and what we ask beyond it. */
export const restrictedFindings = ({ name, spec }) => {
  const pod = spec.securityContext ?? {}
  const findings = []
  const want = (condition, text) => condition || findings.push(`${name}: ${text}`)
  want(pod.runAsNonRoot === true, 'runAsNonRoot is not true')
  want(
    pod.runAsUser === 65532 && pod.runAsGroup === 65532 && pod.fsGroup === 65532,
    'user, group and fsGroup are not 65532',
  )
  want(pod.seccompProfile?.type === 'RuntimeDefault', 'no seccomp profile')
  want(!spec.hostNetwork && !spec.hostPID && !spec.hostIPC, 'shares a namespace with its host')
  want(!(spec.volumes ?? []).some((volume) => volume.hostPath), 'mounts a folder of its host')
  want(spec.containers.length > 0, 'has no container')
  for (const container of containersOf(spec)) {
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

/** Keys of every Secret that the values promise, by its name. */
const promisedSecrets = (values) => {
  const { existingSecret, secretKeys = {}, database = {}, keystore } = values
  const secrets = {}
  const promise = (name, ...keys) => name && (secrets[name] = new Set([...(secrets[name] ?? []), ...keys]))
  const tokenKey =
    secretKeys.EVENKEEL_ADMIN_TOKEN === null ? [] : [secretKeys.EVENKEEL_ADMIN_TOKEN ?? 'EVENKEEL_ADMIN_TOKEN']
  promise(existingSecret, ...tokenKey, ...Object.values(secretKeys).filter((key) => key !== null))
  promise(database.existingSecret || existingSecret, database.urlKey ?? 'DATABASE_URL', database.caKey ?? '')
  promise(keystore?.existingSecret, keystore?.keystoreKey, keystore?.passwordKey)
  return secrets
}

/** Everything a pod refers to must be rendered early enough, be given by the user, or be declared in the pod. */
export const podFindings = (objects, values) => {
  const secrets = promisedSecrets(values)
  const given = {
    ConfigMap: (values.extraVolumes ?? []).flatMap(({ configMap }) => configMap?.name ?? []),
    ServiceAccount: values.serviceAccount?.create === false ? [values.serviceAccount.name] : [],
  }
  return podsOf(objects).flatMap((pod) => {
    const findings = []
    const want = (condition, text) => condition || findings.push(`${pod.name}: ${text}`)
    const isEarly = (object) => hookOf(object) === pod.hook || hookOf(object) === undefined
    const exists = (kind, wanted) =>
      given[kind].includes(wanted) ||
      componentsOf(objects, kind).some(
        (object) =>
          object.metadata.name === wanted && (pod.hook === 'test' ? isEarly(object) : hookOf(object) === pod.hook),
      )
    const { serviceAccountName, volumes = [] } = pod.spec
    want(exists('ServiceAccount', serviceAccountName), `service account ${serviceAccountName} is not there yet`)
    for (const { configMap, secret } of volumes) {
      if (configMap) want(exists('ConfigMap', configMap.name), `ConfigMap ${configMap.name} is not there yet`)
      if (!secret) continue
      want(secret.defaultMode === 0o440, `secret files have mode ${secret.defaultMode}, expected 0440`)
      want(secret.items?.length > 0, `all of Secret ${secret.secretName} is mounted, expected named keys`)
      for (const { key } of secret.items ?? [])
        want(secrets[secret.secretName]?.has(key), `key ${key} of Secret ${secret.secretName} is not a promised one`)
    }
    for (const container of containersOf(pod.spec))
      for (const text of containerFindings(container, volumes, objects)) want(false, text)
    const { file, passwordFile } = values.config.signer ?? {}
    if (pod.kind === 'Deployment') {
      const files = filesOf(programOf(pod.spec), volumes, objects)
      for (const needed of [file, passwordFile].filter((one) => one !== undefined))
        want(files.has(needed), `config.signer names ${needed}, which is not mounted`)
    }
    return findings
  })
}

/** Paths of the files that ConfigMaps and Secrets give a container. */
const filesOf = ({ volumeMounts = [] }, volumes, objects) =>
  new Set(
    volumeMounts.flatMap(({ name, mountPath }) => {
      const { secret, configMap } = volumes.find((volume) => volume.name === name) ?? {}
      const map = componentsOf(objects, 'ConfigMap').find(({ metadata }) => metadata.name === configMap?.name)
      const files = [...(secret?.items ?? []).map(({ path }) => path), ...Object.keys(map?.data ?? {})]
      return files.map((file) => `${mountPath}/${file}`)
    }),
  )

const containerFindings = (container, volumes, objects) => {
  const findings = []
  const want = (condition, text) => condition || findings.push(text)
  const { args = [], env = [], ports = [], volumeMounts = [] } = container
  for (const { name } of volumeMounts)
    want(
      volumes.some((volume) => volume.name === name),
      `mount ${name} has no volume`,
    )
  const files = filesOf(container, volumes, objects)
  if (args.includes('--config')) {
    const config = args[args.indexOf('--config') + 1]
    want(files.has(config), `${config} is not mounted`)
  }
  for (const { name, value } of env)
    if (name.endsWith('_FILE')) want(files.has(value), `${name} names ${value}, which is not mounted`)
  for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe']) {
    const port = container[probe]?.httpGet?.port
    if (port !== undefined)
      want(
        ports.some(({ name }) => name === port),
        `${probe} asks port ${port}, which is not declared`,
      )
  }
  return findings
}

const backendsOf = ({ kind, spec }) =>
  kind === 'Ingress'
    ? spec.rules.flatMap(({ http }) =>
        http.paths.map(({ backend }) => [backend.service.name, backend.service.port.name]),
      )
    : kind === 'HTTPRoute'
      ? spec.rules.flatMap(({ backendRefs }) => backendRefs.map(({ name, port }) => [name, port]))
      : []

/** Services, policies and ways in lead to ports that exist. */
export const portFindings = (objects) => {
  const findings = []
  const ports = podsOf(objects).flatMap(({ labels, spec }) =>
    containersOf(spec).flatMap((container) => (container.ports ?? []).map((port) => ({ labels, ...port }))),
  )
  const isOpen = (selector, port) =>
    ports.some(({ name, containerPort, labels }) => [name, containerPort].includes(port) && contains(labels, selector))
  for (const { metadata, spec } of componentsOf(objects, 'Service'))
    for (const { targetPort } of spec.ports)
      if (!isOpen(spec.selector, targetPort))
        findings.push(`Service ${metadata.name}: no selected pod has port ${targetPort}`)
  for (const { metadata, spec } of componentsOf(objects, 'NetworkPolicy')) {
    for (const { port } of (spec.ingress ?? []).flatMap((rule) => rule.ports ?? []))
      if (!isOpen(spec.podSelector.matchLabels, port))
        findings.push(`NetworkPolicy ${metadata.name}: no selected pod has port ${port}`)
    for (const { to = [], ports: open } of spec.egress ?? [])
      for (const { podSelector, namespaceSelector } of to)
        if (podSelector?.matchLabels?.['app.kubernetes.io/component'] && !namespaceSelector)
          for (const { port } of open)
            if (!isOpen(podSelector.matchLabels, port))
              findings.push(`NetworkPolicy ${metadata.name}: leads to port ${port}, which no such pod has`)
  }
  for (const object of objects)
    for (const [name, port] of backendsOf(object)) {
      const service = componentsOf(objects, 'Service').find(({ metadata }) => metadata.name === name)
      if (!service?.spec.ports.some((one) => [one.name, one.port].includes(port)))
        findings.push(`${object.kind} ${object.metadata.name}: no Service ${name} with port ${port}`)
    }
  return findings
}

/** Kinds of pods that an object is meant for. */
const meantFor = ({ kind, metadata }) =>
  kind === 'NetworkPolicy' && hookOf({ metadata }) === 'test' ? ['Pod']
  : kind === 'NetworkPolicy' && hookOf({ metadata }) ? ['Job']
  : ['Deployment'] // prettier-ignore

const selectorOf = ({ kind, spec }) =>
  kind === 'Service' ? spec.selector
  : kind === 'NetworkPolicy' ? spec.podSelector.matchLabels
  : kind === 'Deployment' || kind === 'PodDisruptionBudget' ? spec.selector.matchLabels
  : undefined // prettier-ignore

export const selectorFindings = (objects) => {
  const findings = []
  const pods = podsOf(objects)
  for (const object of objects) {
    const selector = selectorOf(object)
    if (selector === undefined) continue
    const selected = pods.filter(({ labels }) => contains(labels, selector)).map(({ kind }) => kind)
    if (!isDeepStrictEqual(selected, meantFor(object)))
      findings.push(
        `${object.kind} ${object.metadata.name} selects ${selected.join(', ') || 'nothing'}, expected ${meantFor(object).join()}`,
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
