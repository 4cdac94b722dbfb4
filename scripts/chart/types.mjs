// Every rendered object is a literal of its Kubernetes type to the compiler, which refuses wrong types and unknown fields
// as a strict schema would. Types are those of Kubernetes 1.34 and of the Prometheus operator.
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { check, expect, same } from '../checks.mjs'
import { componentsOf, none, only, programOf, root } from './rendered.mjs'

/** Objects that only users bring, and whose types are in no package of ours. */
const untyped = ['external-secrets.io/v1 ExternalSecret']

const idOf = ({ apiVersion, kind }) => `${apiVersion} ${kind}`

const moduleOf = ({ apiVersion }) =>
  apiVersion.startsWith('gateway.networking.k8s.io/') ? join(root, 'scripts', 'chart', 'http-route.ts')
  : apiVersion.startsWith('monitoring.coreos.com/') ? `@kubernetes-models/prometheus-operator/${apiVersion}`
  : `kubernetes-models/${apiVersion}` // prettier-ignore

/** A module in which each object is a literal of its type. */
const moduleText = (objects) =>
  objects
    .map(
      (object, index) =>
        `import type { I${object.kind} as T${index} } from '${moduleOf(object)}'\n` +
        `export const ${object.kind}${index}: T${index} = ${JSON.stringify(object, null, 1)}\n`,
    )
    .join('')

const compilerOptions = '--noEmit --strict --skipLibCheck --allowImportingTsExtensions --ignoreConfig --module nodenext --moduleResolution nodenext --target es2022'.split(' ') // prettier-ignore

/** What the compiler says of every module, by name. */
const compile = (modules) => {
  // Below node_modules, so that the compiler finds the packages.
  const folder = join(root, 'node_modules', '.cache', 'evenkeel', `chart-types-${process.pid}`)
  mkdirSync(folder, { recursive: true })
  try {
    const files = Object.entries(modules).map(([name, text]) => {
      const file = join(folder, `${name}.mts`)
      writeFileSync(file, text)
      return file
    })
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), ...compilerOptions, ...files],
      { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 26 },
    )
    const lines = stdout.split('\n').filter((line) => line.includes('error TS'))
    expect(status === 0 || lines.length > 0, `tsc ended with ${status}: ${stdout}${stderr}`)
    const said = (name) => lines.filter((line) => basename(line.split('(')[0]) === `${name}.mts`)
    const rest = lines.filter((line) => !Object.keys(modules).some((name) => said(name).includes(line)))
    expect(rest.length === 0, rest.join('; '))
    return Object.fromEntries(Object.keys(modules).map((name) => [name, said(name)]))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * Objects with one mistake each, and the word the compiler must say: without refusing them it proves nothing.
 * @returns {Record<string, [object[], string]>}
 */
const mistakes = (rendered) => {
  const broken = (object, change) => {
    const copy = structuredClone(object)
    change(copy)
    return [copy]
  }
  const daemon = only(rendered.default, 'Deployment')
  const programSpec = (deployment) => programOf(deployment.spec.template.spec)
  return {
    'a misspelt field': [
      broken(daemon, (one) => void (programSpec(one).securityContext.readOnlyRootFileSystem = true)),
      'readOnlyRootFileSystem',
    ],
    'a field of another place': [broken(daemon, (one) => void (one.spec.template.spec.limits = {})), 'limits'],
    'text for a number': [broken(daemon, (one) => void (one.spec.replicas = '1')), "'string' is not assignable"],
    'an object without what it needs': [broken(daemon, (one) => void delete one.spec.selector), 'selector'],
    'a misspelt field of the Prometheus operator': [
      broken(only(rendered.monitoring, 'ServiceMonitor'), (one) => void (one.spec.endpoints[0].intervall = '1s')),
      'intervall',
    ],
    'a misspelt field of the Gateway API': [
      broken(only(rendered.ha, 'HTTPRoute'), (one) => void (one.spec.hostNames = [])),
      'hostNames',
    ],
  }
}

/** Checks the objects of every file; `expectedKinds` says how many there must be. */
export const checkTypes = async (rendered, expectedKinds) => {
  const typed = Object.fromEntries(
    Object.entries(rendered).map(([name, objects]) => [name, objects.filter((one) => !untyped.includes(idOf(one)))]),
  )
  const wrong = mistakes(rendered)
  const slug = (what) => what.replaceAll(' ', '-')
  let said = {}
  await check('the compiler reads every rendered object', () => {
    const modules = { ...typed, ...Object.fromEntries(Object.entries(wrong).map(([what, [objects]]) => [slug(what), objects])) } // prettier-ignore
    said = compile(Object.fromEntries(Object.entries(modules).map(([name, objects]) => [name, moduleText(objects)])))
  })
  for (const [name, objects] of Object.entries(typed))
    await check(`${name}: every object is one of its type, without an unknown field`, () => {
      const foreign = componentsOf(rendered[name], 'ExternalSecret').length
      same(objects.length + foreign, expectedKinds[name].length, 'objects')
      none(said[name] ?? ['it was not compiled'])
      return `${objects.length} objects${foreign ? `, ${foreign} of the user without types` : ''}`
    })
  for (const [what, [, word]] of Object.entries(wrong))
    await check(`the compiler refuses ${what}`, () => {
      const lines = said[slug(what)] ?? []
      expect(lines.length === 1 && lines[0].includes(word), `expected one error with ${word}, got ${lines.join('; ')}`)
    })
}
