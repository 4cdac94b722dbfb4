// Writes docs/licenses.md: every package that goes out with the daemon or in the console, and its licence. With --check it
// writes nothing and fails when the committed file differs. Fails as well on a licence that nobody has looked at.
import { readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import prettier from 'prettier'
import { byText, releasedPackages, root } from './lock-file.mjs'

const file = join(root, 'docs', 'licenses.md')

/**
 * What may be shipped inside of an Apache-2.0 program; MPL-2.0 because the packages under it are not changed here. AGPL,
 * GPL, BUSL, SSPL and what is unknown are not among them.
 */
const ACCEPTED = [
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MPL-2.0',
  'Python-2.0',
  'Unlicense',
]

/** One of several that are offered, each of several that hold together. */
const isAccepted = (licence) =>
  licence
    .replaceAll(/[()]/g, '')
    .split(/ or /i)
    .some((offer) => offer.split(/ and /i).every((one) => ACCEPTED.includes(one)))

const released = releasedPackages()
const counts = [...new Set(released.map(({ licence }) => licence))]
  .map((licence) => [licence, released.filter((one) => one.licence === licence).length])
  .toSorted(([a, one], [b, other]) => other - one || byText(a, b))

const text = `# Licences

Written by \`npm run licenses\`. Evenkeel itself is under Apache-2.0. This is every package that goes out with it: \`daemon\`, in the
\`node_modules\` of the image, each with its own licence file; \`console\`, what the console's bundle can have in it, whose texts are served
as \`/console/licenses.md\`. What comes with the base image is not listed here. Packages under MPL-2.0 are unchanged.

${counts.map(([licence, count]) => `- ${licence}: ${count}`).join('\n')}

| package | version | licence | part |
| --- | --- | --- | --- |
${released.map(({ name, version, licence, parts }) => `| ${name} | ${version} | ${licence} | ${parts.join(', ')} |`).join('\n')}
`
const written = await prettier.format(text, { ...(await prettier.resolveConfig(file)), filepath: file })
const title = relative(root, file)
const refused = released.filter(({ licence }) => !isAccepted(licence))

if (refused.length > 0) {
  for (const { name, version, licence } of refused)
    console.error(
      `${name} ${version} is under ${licence}: expected one of ${ACCEPTED.join(', ')}. Choose another package, or accept the licence in scripts/write-licenses.mjs and say why.`,
    )
  process.exitCode = 1
} else if (!process.argv.includes('--check')) {
  writeFileSync(file, written)
  console.log(`${title} is written: ${released.length} packages.`)
} else if (readFileSync(file, 'utf8') !== written) {
  console.error(`${title} is not what the lock file says. Run \`npm run licenses\` and commit the result.`)
  process.exitCode = 1
} else console.log(`${title} is what the lock file says: ${released.length} packages.`)
