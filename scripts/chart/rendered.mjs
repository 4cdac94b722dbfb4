// The chart as a real Helm renders it, and questions to the rendered objects.
import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parse, parseAllDocuments } from 'yaml'
import { expect } from '../checks.mjs'

export const root = join(import.meta.dirname, '..', '..')
export const chart = join(root, 'helm', 'evenkeel')
/** Oldest Kubernetes the chart takes, and the newest one it is rendered for. */
export const kubeVersions = ['1.28.0', '1.34.0']
/** The release under test. */
export const release = { name: 'rel', namespace: 'funds' }

const valuesFolder = join(chart, 'ci')
/** Names of the files with values, without what they share. */
export const names = readdirSync(valuesFolder).map((file) => basename(file, '-values.yaml'))
export const valuesFile = (name) => join(valuesFolder, `${name}-values.yaml`)
export const valuesOf = (name) => parse(readFileSync(valuesFile(name), 'utf8'))

let helmPath = ''
export const useHelm = (path) => void (helmPath = path)

/** Standard output of Helm; an error with all it wrote where it fails. */
export const helm = (args) => {
  try {
    return execFileSync(helmPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 26 })
  } catch (error) {
    throw new Error(`${error.stderr ?? ''}${error.stdout ?? ''}`.trim() || error.message, { cause: error })
  }
}

export const render = (args, kubeVersion = kubeVersions[0], folder = chart) =>
  helm(['template', release.name, folder, '--namespace', release.namespace, '--kube-version', kubeVersion, ...args])

/** Objects as Kubernetes reads them: its YAML is 1.1, where 0440 is octal. */
export const objectsOf = (text) =>
  parseAllDocuments(text, { version: '1.1' })
    .map((document) => {
      if (document.errors.length > 0) throw document.errors[0]
      return document.toJS()
    })
    .filter((object) => object !== null)

/** Objects of the default values, changed by arguments of Helm. */
export const objectsWith = (...args) => objectsOf(render(['--values', valuesFile('default'), ...args]))

/** Sorted, and one for each object. */
export const kindsOf = (objects) => objects.map(({ kind }) => String(kind)).toSorted()

export const componentsOf = (objects, kind) => objects.filter((object) => object.kind === kind)

export const hookOf = ({ metadata }) => metadata.annotations?.['helm.sh/hook']

/** The one object of its kind that belongs to the release itself. */
export const only = (objects, kind) => {
  const found = componentsOf(objects, kind).filter((object) => hookOf(object) === undefined)
  expect(found.length === 1, `expected one ${kind} outside hooks, got ${found.length}`)
  return found[0]
}

export const contains = (labels, selector) => Object.entries(selector).every(([key, value]) => labels?.[key] === value)

/** What runs: name, labels, specification and hook of every pod. */
export const podsOf = (objects) =>
  objects
    .filter(({ kind }) => ['Deployment', 'Job', 'Pod'].includes(kind))
    .map((object) => ({
      name: `${object.kind} ${object.metadata.name}`,
      kind: object.kind,
      labels: (object.kind === 'Pod' ? object : object.spec.template).metadata.labels,
      spec: object.kind === 'Pod' ? object.spec : object.spec.template.spec,
      hook: hookOf(object),
    }))

export const containersOf = ({ containers, initContainers = [] }) => [...initContainers, ...containers]

/** The container of the daemon's program; the test has none. */
export const programOf = ({ containers }) => containers.find(({ args }) => ['start', 'migrate'].includes(args?.[0]))

/** Every finding of a check at once. */
export const none = (findings) => expect(findings.length === 0, findings.join('; '))
