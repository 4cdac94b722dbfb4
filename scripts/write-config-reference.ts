// Writes docs/configuration.md from the schema that validates the configuration file. With --check it writes nothing and
// fails when the committed file differs.
import { readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import prettier from 'prettier'
import { z } from 'zod'
import { configSchema } from '../src/config/schema.js'

type JsonSchema = z.core.JSONSchema.JSONSchema

const root = join(import.meta.dirname, '..')
const file = join(root, 'docs', 'configuration.md')
const name = relative(root, file)

/** What a string must be, told from the words with which its check refuses it. */
const stringTypes: readonly (readonly [RegExp, string])[] = [
  [/20-byte address/, 'address'],
  [/decimal number in quotes.* (\d+) decimals/, 'decimal text, $1 places'],
  [/share from 0 to 1/, 'decimal text, 0 to 1'],
  [/cron expression/, 'cron expression'],
  [/name of letters/, 'name'],
  [/name of a variable/, 'name of a variable'],
]

const isObject = (schema: unknown): schema is JsonSchema => typeof schema === 'object' && schema !== null

/** Gives each checked string a title that names its type. */
function nameType(zodSchema: z.core.$ZodTypes, jsonSchema: JsonSchema): void {
  for (const check of zodSchema._zod.def.checks ?? []) {
    const told = check._zod.def.error?.({ code: 'custom', input: '', path: [] } as never)
    const words = typeof told === 'string' ? told : (told?.message ?? '')
    for (const [pattern, type] of stringTypes) {
      const match = pattern.exec(words)
      if (match) jsonSchema.title = type.replace('$1', match[1] ?? '')
    }
  }
}

/** A type as one reads it, with the bounds that the schema puts on it. */
function typeOf(schema: JsonSchema): string {
  if (schema.title) return schema.title
  if (schema.const !== undefined) return `\`${String(schema.const)}\``
  if (schema.enum) return schema.enum.map((value) => `\`${String(value)}\``).join(' or ')
  const options = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].filter(isObject)
  if (options.length > 0) return options.map(typeOf).join(' or ')
  if (schema.type === 'array')
    return `list of ${isObject(schema.items) ? typeOf(schema.items as JsonSchema) : 'values'}`
  if (schema.type === 'object') return schema.properties ? `{ ${Object.keys(schema.properties).join(', ')} }` : 'map'
  if (schema.type === 'integer') return ['whole number', boundsOf(schema)].filter(Boolean).join(' ')
  if (schema.type === 'number') return ['number', boundsOf(schema)].filter(Boolean).join(' ')
  return schema.format === 'uri' ? 'http or https URL' : 'text'
}

function boundsOf({ minimum, maximum, exclusiveMinimum }: JsonSchema): string {
  const from = exclusiveMinimum === undefined ? minimum : `above ${exclusiveMinimum}`
  const to = maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum
  if (from !== undefined && to !== undefined) return typeof from === 'number' ? `${from} to ${to}` : `${from}, to ${to}`
  return typeof from === 'number' ? `from ${from}` : (from ?? '')
}

interface Row {
  readonly key: string
  readonly type: string
  readonly standard: string
  readonly text: string
}

/** The rows of everything below a schema, keys with their full path. */
function rowsBelow(path: string, schema: JsonSchema): Row[] {
  const variants = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].filter(isObject).filter((one) => one.properties)
  if (variants.length > 0) {
    const rows = variants.flatMap((one) => {
      const kind = one.properties?.['kind']
      const only = isObject(kind) && kind.const !== undefined ? ` (${String(kind.const)})` : ''
      return rowsBelow(path, one).map((row) => ({ ...row, key: row.key + (row.key.endsWith('.kind') ? '' : only) }))
    })
    return mergeKinds(rows)
  }
  if (schema.type === 'array' && isObject(schema.items)) return rowsBelow(`${path}[]`, schema.items as JsonSchema)
  if (isObject(schema.additionalProperties)) {
    const inner = `${path}.<${placeholders[path.split('.').at(-1)!.replace('[]', '')] ?? 'name'}>`
    const { properties } = schema.additionalProperties
    return properties || schema.additionalProperties.oneOf ? rowsBelow(inner, schema.additionalProperties) : []
  }
  const required = new Set(schema.required ?? [])
  return Object.entries(schema.properties ?? {}).flatMap(([key, value]): Row[] => {
    if (!isObject(value)) return []
    const inner = path === '' ? key : `${path}.${key}`
    const isGroup = value.default !== undefined && JSON.stringify(value.default) === '{}'
    const standard =
      value.default === undefined || isGroup
        ? required.has(key)
          ? 'required'
          : ''
        : `\`${typeof value.default === 'string' ? value.default : JSON.stringify(value.default)}\``
    const row = { key: inner, type: typeOf(value), standard, text: value.description ?? '' }
    if (row.text === '') throw new Error(`${inner} has no description; add .describe(…) to it in src/config/schema.ts.`)
    return [row, ...rowsBelow(inner, value)]
  })
}

/** What the keys of a map stand for. */
const placeholders: Readonly<Record<string, string>> = {
  chains: 'chain',
  assets: 'asset',
  feeds: 'asset',
  bounds: 'asset',
  targets: 'asset',
  allowed: 'chain',
  chainShares: 'chain',
  venues: 'venue',
  portfolios: 'portfolio',
}

/** One row for a key that every kind has alike; `kind` itself lists them all. */
function mergeKinds(rows: readonly Row[]): Row[] {
  const bare = (row: Row) => row.key.replace(/ \(\w+\)$/, '')
  const merged: Row[] = []
  for (const row of rows) {
    const twins = rows.filter((one) => bare(one) === bare(row))
    if (merged.some((one) => bare(one) === bare(row) && (one.key === bare(row) || one.key === row.key))) continue
    if (row.key.endsWith('.kind')) {
      const text = twins.map((one) => `${one.type}: ${one.text}`).join(' ')
      merged.push({ ...row, type: twins.map(({ type }) => type).join(' or '), text })
    } else if (twins.length > 1 && twins.every(({ type, text }) => type === row.type && text === row.text))
      merged.push({ ...row, key: bare(row) })
    else merged.push(row)
  }
  return merged
}

function table(rows: readonly Row[]): string {
  const cell = (text: string) => text.replaceAll('|', '\\|')
  const lines = rows.map(({ key, type, standard, text }) => {
    const [, path = key, kind = ''] = /^(.*?)( \(\w+\))?$/.exec(key) ?? []
    return `| \`${path}\`${kind} | ${cell(type)} | ${cell(standard)} | ${cell(text)} |`
  })
  return ['| key | type | default | meaning |', '| --- | --- | --- | --- |', ...lines].join('\n')
}

function reference(): string {
  const schema = z.toJSONSchema(configSchema, {
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => nameType(zodSchema, jsonSchema),
  }) as JsonSchema
  const rows = rowsBelow('', schema)
  const sections = Object.entries(schema.properties ?? {}).map(([key, value]) => {
    const own = rows.filter((row) => row.key === key || row.key.startsWith(`${key}.`) || row.key.startsWith(`${key}[`))
    const below = own.filter((row) => row.key !== key)
    const text = isObject(value) ? (value.description ?? '') : ''
    return `## ${key}\n\n${below.length > 0 ? `${text}\n\n${table(below)}` : table(own)}`
  })
  return [preface, ...sections, ending].join('\n\n')
}

const preface = `# Configuration reference

Written by \`npm run docs:config\` from the schema that validates the file; do not edit it by hand.

One YAML file says everything but the secrets. \`config/sandbox.yaml\` and \`config/example.mainnet.yaml\` are commented
examples. \`evenkeel check-config --config FILE\` validates a file without touching a chain or a database.

- An unknown key is an error. All errors are reported at once, each with the path of its key; whether
  values fit each other is judged as soon as every known key has the right form.
- Amounts, prices, weights and bands are decimal text in quotes and are read exactly. A number without quotes is refused
  there, because YAML would read it as a float.
- An address carries its checksum or is in one letter case, and stands in quotes.
- A name has letters, digits and dashes, begins with a letter and has at most 32 characters.
- \`<chain>\`, \`<asset>\`, \`<venue>\` and \`<portfolio>\` are names of your choice; \`[]\` is an entry of a list. The word in
  brackets after a key is the \`kind\` that has it.
- A key with a default can be left out, and so can a group whose keys all have one. A key without an entry under default
  is optional.`

const ending = `## Checked beyond the schema

Every name must exist: the chain of a token or feed, the asset of a coin or target, the hub among the tokens of its chain.
Every asset has a feed and bounds. Chain ids and token addresses are not used twice. The quorum is not larger than the
number of sources. An endpoint has either \`url\` or \`urlVariable\`. Weights sum to 1. The hub of an asset is another asset that lies beside it on a chain, and hubs make no
loop. A chain's minimum is not above its maximum; minimums sum to 1 at most and maximums to 1 at least. A \`live\` portfolio needs a signer, and the development signer only sandbox chains. A remote signer is reached by https, or by plain http on the same machine, unless every chain is one of the sandbox.

An identity provider is reached by https, or by plain http on the same machine. Two people for a resume or a plan need one,
and it leaves no place for \`EVENKEEL_ADMIN_TOKEN\`.

The address of the collector of traces has no credentials in it. Where \`EVENKEEL_TRACES_HEADERS\` holds headers, it is
reached by https, or by plain http on the same machine.

When a chain is first read, its chain id and the decimals of its tokens and feeds are compared with the file. A difference
leaves that chain, token or price out; the message names the key.

## Secrets

They come from the environment, or from a file that \`<NAME>_FILE\` names. An empty value counts as none.

| variable | meaning |
| --- | --- |
| \`DATABASE_URL\` | Postgres address. Without it the embedded Postgres of a development install is used. |
| \`JOURNAL_DATABASE_URL\` | Postgres address of a database of its own for the signer's journal. Without it the journal lies in the daemon's database, and a backup brought back there takes the journal back too. |
| \`EVENKEEL_ADMIN_TOKEN\` | Bearer token with every scope, one for all who operate. Refused beside \`server.auth.oidc\`. |
| \`LIFI_API_KEY\` | Raises LI.FI's rate limits. Optional. |
| \`ZEROX_API_KEY\` | 0x answers nothing without one. Wins over \`apiKey\` of the venue. |
| \`EVENKEEL_RPC_…\` | Address of an endpoint that contains a key, named as \`urlVariable\` under \`chains.<chain>.rpc\`. A daemon and a plan need it, \`check-config\` does not. |
| \`EVENKEEL_TARGETS_TOKEN\` | Bearer token for portfolios whose weights are asked over HTTP (\`targetSetting.source\`). It is sent to one host alone. |
| \`EVENKEEL_TARGETS_TOKEN_…\` | The same for the sources that name it as \`tokenVariable\`. Sources at different hosts that share a variable which is set are a configuration error. |
| \`EVENKEEL_TRACES_HEADERS\` | Headers for the collector of traces (\`traces\`), one in each line as \`name: value\`. Optional. |

## The price service

Each entry of \`prices.http\` is asked \`GET {url}/v1/prices?assets=ETH,USDC\` and answers, with the price as decimal text and
the time the price itself carries in seconds since 1970:

\`\`\`json
{ "prices": { "ETH": { "usd": "3012.25", "timestamp": 1790000000 } } }
\`\`\`

An asset that is missing, malformed, too old or more than a minute ahead of the daemon's clock is unusable; the others
count. Redirects are not followed.
`

const options = { ...(await prettier.resolveConfig(file)), filepath: file }
const text = await prettier.format(reference(), options)
if (!process.argv.includes('--check')) {
  writeFileSync(file, text)
  process.stdout.write(`Wrote ${name}.\n`)
} else if (readFileSync(file, 'utf8') === text) process.stdout.write(`${name} matches the schema.\n`)
else {
  process.stderr.write(`${name} differs from the schema in src/config/schema.ts. Run npm run docs:config.\n`)
  process.exitCode = 1
}
