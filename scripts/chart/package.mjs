// What the package says of itself: versions, changes, licence, icon, and how strict its schema is.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { check, expect, same } from '../checks.mjs'
import { chart, none, objectsWith, only, programOf, root } from './rendered.mjs'

const read = (...path) => readFileSync(join(...path), 'utf8')
/** Kinds of changes that Artifact Hub knows. */
const kinds = ['added', 'changed', 'deprecated', 'removed', 'fixed', 'security']

/** Version of the newest part of the changelog, and its entries as the annotation writes them. */
const newestChanges = (text) => {
  const [version, ...lines] = text.split('\n## ')[1].split('\n')
  let kind = ''
  const changes = lines.flatMap((line) => {
    if (line.startsWith('### ')) kind = line.slice(4).toLowerCase()
    return line.startsWith('- ') ? [{ kind, description: line.slice(2) }] : []
  })
  return { version, changes }
}

/** Parts of a schema that let unknown properties pass, by their paths. Further rules beside a part are not looked at. */
const looseParts = (schema, path = '') => {
  const below = (name) => (path === '' ? name : `${path}.${name}`)
  const inner = ['properties', 'definitions'].flatMap((key) =>
    Object.entries(schema[key] ?? {}).flatMap(([name, part]) => looseParts(part, below(name))),
  )
  const isChoice = schema.properties?.kind?.enum !== undefined && schema.allOf !== undefined
  const isTextOrObject = schema.if?.type === 'string'
  const options = [...(isChoice ? schema.allOf.map((one) => one.then) : []), ...(isTextOrObject ? [schema.else] : [])]
  const named = typeof schema.additionalProperties === 'object' ? [[schema.additionalProperties, below('<name>')]] : []
  const others = [
    ...(schema.items ? [[schema.items, `${path}[]`]] : []),
    ...named,
    ...options.map((one) => [one, path]),
  ]
  const isLoose = schema.properties !== undefined && schema.additionalProperties === undefined && !isChoice
  return [...(isLoose ? [path] : []), ...inner, ...others.flatMap(([part, place]) => looseParts(part, place))]
}

export const checkPackage = async () => {
  const about = parse(read(chart, 'Chart.yaml'))
  const annotation = (name) => about.annotations[`artifacthub.io/${name}`]
  await check('the version of the application is the version of the package', () =>
    same(about.appVersion, JSON.parse(read(root, 'package.json')).version, 'appVersion'),
  )
  await check('the changelog begins with this version, and the annotation lists the same changes', () => {
    const { version, changes } = newestChanges(read(chart, 'CHANGELOG.md'))
    same(version, about.version, 'version')
    same(parse(annotation('changes')), changes, 'changes')
    none(changes.filter(({ kind }) => !kinds.includes(kind)).map(({ kind }) => `${kind} is no kind of change`))
    same(annotation('containsSecurityUpdates'), String(changes.some(({ kind }) => kind === 'security')), 'containsSecurityUpdates') // prettier-ignore
    return `${version}, ${changes.length} changes`
  })
  await check('licence, images and pre-release are told as they are', () => {
    same(read(chart, 'LICENSE'), read(root, 'LICENSE'), 'licence')
    same(annotation('license'), JSON.parse(read(root, 'package.json')).license, 'licence')
    const images = parse(annotation('images')).map(({ image }) => image)
    same(images, [programOf(only(objectsWith(), 'Deployment').spec.template.spec).image], 'images')
    same(annotation('prerelease'), String(about.version.startsWith('0.') || about.version.includes('-')), 'prerelease')
  })
  await check('the icon is that of the console', () =>
    same(
      Buffer.from(about.icon.replace('data:image/svg+xml;base64,', ''), 'base64').toString(),
      read(root, 'src', 'console', 'public', 'icon.svg'),
      'icon',
    ),
  )
  await check('the schema lets nothing unknown pass, in the configuration neither', () => {
    const schema = JSON.parse(read(chart, 'values.schema.json'))
    same(schema.additionalProperties, false, 'additionalProperties')
    same(looseParts(schema), ['global'], 'parts that let it pass')
    const described = Object.keys(parse(read(chart, 'values.yaml')))
    expect(
      described.every((key) => key in schema.properties),
      'a value is not in the schema',
    )
    return `${described.length} values at the top`
  })
}
