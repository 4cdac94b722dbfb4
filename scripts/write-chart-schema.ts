// Writes the schema of the configuration into helm/evenkeel/values.schema.json, from the one that validates the file. With
// --check it writes nothing and fails when the committed schema differs.
import { readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import prettier from 'prettier'
import { chartConfigSchema } from './chart-config-schema.js'

const root = join(import.meta.dirname, '..')
const file = join(root, 'helm', 'evenkeel', 'values.schema.json')
const name = relative(root, file)

const before = readFileSync(file, 'utf8')
const schema = JSON.parse(before) as { definitions: Record<string, unknown> }
schema.definitions['config'] = chartConfigSchema()
const options = { ...(await prettier.resolveConfig(file)), filepath: file }
const text = await prettier.format(JSON.stringify(schema, undefined, 2), options)
if (!process.argv.includes('--check')) {
  writeFileSync(file, text)
  process.stdout.write(`Wrote the configuration into ${name}.\n`)
} else if (before === text) process.stdout.write(`${name} matches the schema of the configuration.\n`)
else {
  process.stderr.write(`${name} differs from the schema of the configuration. Run npm run docs:chart.\n`)
  process.exitCode = 1
}
