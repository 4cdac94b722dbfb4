// Writes the bill of materials of a release, as CycloneDX: every package that goes out with the daemon or in the console.
// What npm makes of the whole lock file is narrowed to those. The same lock file gives the same bytes, and with
// SOURCE_DATE_EPOCH that time. It is compared with the lock file before it is written; with --check it is not written.
//
// Usage: npm run sbom -- [--out FILE] [--check]
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { lock, lockText, releasedPackages, root } from './lock-file.mjs'
import { run } from './tools.mjs'

const { values } = parseArgs({ options: { out: { type: 'string' }, check: { type: 'boolean', default: false } } })
const { name, version, dependencies: direct } = lock.packages['']
const own = `${name}@${version}`
const released = new Map(releasedPackages().map((one) => [`${one.name}@${one.version}`, one]))

const uuid = () => {
  const digest = createHash('sha256').update(lockText).update(version).digest('hex')
  return [
    digest.slice(0, 8),
    digest.slice(8, 12),
    `4${digest.slice(12, 15)}`,
    `8${digest.slice(15, 18)}`,
    digest.slice(18, 30),
  ].join('-')
}

const componentOf = (component) => {
  const { parts, licence } = released.get(component['bom-ref'])
  return {
    ...component,
    scope: 'required',
    licenses: component.licenses ?? [{ license: { id: licence } }],
    properties: parts.map((value) => ({ name: 'evenkeel:part', value })),
  }
}

const narrowed = ({ metadata, components, dependencies, ...rest }) => {
  const { timestamp: _now, component, ...others } = metadata
  const epoch = process.env.SOURCE_DATE_EPOCH
  return {
    ...rest,
    serialNumber: `urn:uuid:${uuid()}`,
    metadata: {
      ...(epoch && { timestamp: new Date(Number(epoch) * 1000).toISOString() }),
      ...others,
      component: { ...component, type: 'application', name },
    },
    components: components.filter((one) => released.has(one['bom-ref'])).map(componentOf),
    dependencies: dependencies
      .filter(({ ref }) => ref === own || released.has(ref))
      .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((other) => released.has(other)) })),
  }
}

/** What is missing, too much or untrue in it, against the lock file. */
const findingsIn = (bom) => {
  const found = []
  const say = (isTrue, text) => isTrue || found.push(text)
  const { bomFormat, specVersion, components, dependencies, metadata } = bom
  say(bomFormat === 'CycloneDX' && specVersion === '1.5', `Expected CycloneDX 1.5, got ${bomFormat} ${specVersion}.`)
  say(metadata.component['bom-ref'] === own, `Expected it to be of ${own}, got ${metadata.component['bom-ref']}.`)
  for (const [ref, { name: called, version: at, integrity }] of released) {
    const [component, ...more] = components.filter((one) => one['bom-ref'] === ref)
    say(component && more.length === 0, `${ref} goes out and does not stand once among the components.`)
    if (!component) continue
    const purl = `pkg:npm/${called.replace('@', '%40')}@${at}`
    say(component.purl === purl, `${ref} is called ${component.purl}, expected ${purl}.`)
    const [algorithm, base64] = integrity.split('-')
    const hash = component.hashes?.find(({ alg }) => alg.replace('-', '').toLowerCase() === algorithm)
    say(hash?.content === Buffer.from(base64, 'base64').toString('hex'), `${ref} lacks the digest of the lock file.`)
    say(component.licenses.length > 0, `${ref} has no licence.`)
    say(
      dependencies.some((one) => one.ref === ref),
      `${ref} stands without what it depends on.`,
    )
  }
  const needed = dependencies.find(({ ref }) => ref === own)?.dependsOn ?? []
  for (const one of Object.keys(direct))
    say(needed.includes(`${one}@${lock.packages[`node_modules/${one}`].version}`), `${own} does not depend on ${one}.`)
  return found
}

const asked = ['sbom', '--sbom-format=cyclonedx', '--package-lock-only']
const bom = narrowed(JSON.parse(run('npm', asked, { cwd: root, maxBuffer: 1 << 28 })))
const findings = findingsIn(bom)
for (const finding of findings) console.error(finding)
if (findings.length > 0) process.exitCode = 1
else if (values.check) console.log(`The bill of materials is complete: ${bom.components.length} components.`)
else {
  const out = resolve(values.out ?? join(root, '.evenkeel', `${name}-${version}.cdx.json`))
  mkdirSync(dirname(out), { recursive: true })
  writeFileSync(out, `${JSON.stringify(bom, null, 2)}\n`)
  console.log(`${relative(process.cwd(), out)} is written: ${bom.components.length} components.`)
}
