// A rendered pod as arguments of Podman, so that configuration, secrets, probes, security context and shutdown are tried
// together with the real image. What cannot be translated is an error: nothing rendered is left out in silence.
import { chmodSync, chownSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const refuse = (what) => {
  throw new Error(`pod-run: ${what} has no translation into arguments of Podman`)
}

/** Fails for members of a rendered object that the translation does not know. */
const knows = (what, object, ...members) => {
  for (const name of Object.keys(object)) if (!members.includes(name)) refuse(`${what}.${name}`)
}

const units = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, k: 1e3, M: 1e6, G: 1e9, '': 1 }

/** Bytes of a quantity of Kubernetes, such as 512Mi. */
export const bytesOf = (quantity) => {
  const [, number, unit] = /^(\d+)(Ki|Mi|Gi|k|M|G|)$/.exec(String(quantity)) ?? refuse(`the quantity ${quantity}`)
  return Number(number) * units[unit]
}

/**
 * Podman's arguments for each mount, after writing the files below `folder` as the kubelet would: owned by root and the
 * group of the pod, with the mode of the volume.
 */
const mountsOf = (pod, container, { configMaps, secrets, folder }) =>
  (container.volumeMounts ?? []).map((mount) => {
    knows('volumeMounts', mount, 'name', 'mountPath', 'readOnly')
    const volume = pod.volumes.find(({ name }) => name === mount.name) ?? refuse(`mount ${mount.name} without a volume`)
    knows('volumes', volume, 'name', 'configMap', 'secret', 'emptyDir')
    if (volume.emptyDir) {
      knows('emptyDir', volume.emptyDir, 'sizeLimit')
      const size = volume.emptyDir.sizeLimit ? `,size=${bytesOf(volume.emptyDir.sizeLimit)}` : ''
      return `--tmpfs=${mount.mountPath}:rw,mode=1777${size}`
    }
    const place = mkdtempSync(join(folder, `${volume.name}-`))
    for (const [name, text] of Object.entries(filesOf(volume, configMaps, secrets)))
      writeAs(join(place, name), text, volume.secret?.defaultMode ?? 0o644, pod.securityContext?.fsGroup ?? 0)
    chmodSync(place, 0o755)
    return `--volume=${place}:${mount.mountPath}:ro`
  })

const writeAs = (path, text, mode, group) => {
  writeFileSync(path, text)
  chmodSync(path, mode)
  chownSync(path, 0, group)
}

/** Files of a volume, by name. A Secret or key that is not there is an error, as it is to the kubelet. */
const filesOf = ({ configMap, secret }, configMaps, secrets) => {
  if (configMap) {
    knows('configMap', configMap, 'name')
    return configMaps.find(({ metadata }) => metadata.name === configMap.name)?.data ?? refuse(`ConfigMap ${configMap.name}, which is not rendered,`) // prettier-ignore
  }
  knows('secret', secret, 'secretName', 'defaultMode', 'items')
  const held = secrets[secret.secretName] ?? refuse(`Secret ${secret.secretName}, which is not given,`)
  return Object.fromEntries(
    secret.items.map(({ key, path }) => [
      path,
      held[key] ?? refuse(`key ${key}, which Secret ${secret.secretName} lacks,`),
    ]),
  )
}

const securityOf = (pod, container) => {
  const { seccompProfile, runAsUser, runAsGroup, fsGroup, ...rest } = pod.securityContext
  knows('securityContext', rest, 'runAsNonRoot')
  const { capabilities = {}, readOnlyRootFilesystem, allowPrivilegeEscalation, ...own } = container.securityContext
  knows('container.securityContext', own)
  if (seccompProfile.type !== 'RuntimeDefault') refuse(`seccomp profile ${seccompProfile.type}`)
  return [
    `--user=${runAsUser}:${runAsGroup}`,
    `--group-add=${fsGroup}`,
    ...(readOnlyRootFilesystem ? ['--read-only', '--read-only-tmpfs=false'] : []),
    ...(capabilities.drop ?? []).map((one) => `--cap-drop=${one}`),
    ...(capabilities.add ?? []).map((one) => `--cap-add=${one}`),
    ...(allowPrivilegeEscalation === false ? ['--security-opt=no-new-privileges'] : []),
  ]
}

const environmentOf = ({ env = [], envFrom }) => {
  if (envFrom) refuse('envFrom')
  return env.map(({ name, value, ...rest }) => {
    knows('env', rest)
    return `--env=${name}=${value}`
  })
}

/** What the kubelet would ask: path, port and patience of each probe, by its name. */
const probesOf = (container) =>
  ['startupProbe', 'livenessProbe', 'readinessProbe']
    .filter((name) => container[name])
    .map((name) => {
      const { httpGet, periodSeconds, timeoutSeconds, failureThreshold, ...rest } = container[name]
      knows(name, rest)
      knows(`${name}.httpGet`, httpGet, 'path', 'port')
      const port = container.ports.find((one) => one.name === httpGet.port)?.containerPort ?? httpGet.port
      return { name, path: httpGet.path, port, periodSeconds, timeoutSeconds, failureThreshold }
    })

/**
 * The only container of a pod, as arguments of `podman run` up to and with its image and command, and its probes.
 * `configMaps` are rendered objects, `secrets` values by key and by name; files are written below `folder`. The pod has
 * the network of this machine.
 */
export const podRun = (pod, { configMaps, secrets, folder }) => {
  knows('pod', pod, 'automountServiceAccountToken', 'enableServiceLinks', 'securityContext', 'serviceAccountName', 'terminationGracePeriodSeconds', 'restartPolicy', 'containers', 'volumes') // prettier-ignore
  const [container, ...others] = pod.containers
  if (others.length > 0) refuse('a pod of several containers')
  knows('container', container, 'name', 'image', 'imagePullPolicy', 'securityContext', 'command', 'args', 'env', 'envFrom', 'volumeMounts', 'ports', 'resources', 'startupProbe', 'livenessProbe', 'readinessProbe') // prettier-ignore
  const { limits } = container.resources
  knows('limits', limits, 'memory')
  mkdirSync(folder, { recursive: true })
  const [entrypoint, ...command] = container.command ?? []
  return {
    args: [
      '--network=host',
      '--no-healthcheck', // Podman would hand it to systemd, and Kubernetes has its own probes.
      // Podman's own limits are higher than some machines allow.
      '--ulimit=nofile=4096:4096',
      '--ulimit=nproc=4096:4096',
      ...securityOf(pod, container),
      ...mountsOf(pod, container, { configMaps, secrets, folder }),
      ...environmentOf(container),
      `--memory=${bytesOf(limits.memory)}b`,
      ...(entrypoint ? [`--entrypoint=${entrypoint}`] : []),
      container.image,
      ...command,
      ...(container.args ?? []),
    ],
    probes: probesOf(container),
    graceSeconds: pod.terminationGracePeriodSeconds,
  }
}
