import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parseDocument } from 'yaml'
import type { z } from 'zod'
import { operatorTokenFinding } from './access-findings.js'
import { checkConsistency } from './check.js'
import { rpcUrls } from './endpoint-findings.js'
import type { RpcUrls } from './endpoints.js'
import { type ConfigFile, configSchema } from './schema.js'
import { type NotificationSecrets, notificationSecrets } from './notification-findings.js'
import { targetTokens } from './target-tokens.js'
import { TRACES_HEADERS, tracesHeaders } from './traces-findings.js'

/** The configuration cannot be used. `problems` holds every finding, each with the path of its key. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  constructor(
    readonly file: string,
    readonly problems: readonly string[],
  ) {
    super(`${file} cannot be used:\n${problems.map((one) => `  ${one}`).join('\n')}`)
  }
}

/** What is told of a build that nobody has told its revision. */
const UNKNOWN_REVISION = 'unknown'

export interface Secrets {
  readonly databaseUrl: string | undefined
  /** Of the signer's journal, where it has a database of its own. */
  readonly journalDatabaseUrl: string | undefined
  /** Of everybody who operates; only without `server.auth.oidc`. */
  readonly adminToken: string | undefined
  readonly lifiApiKey: string | undefined
  readonly zeroexApiKey: string | undefined
  /** Addresses of endpoints that contain a key, by variable. */
  readonly rpcUrls: RpcUrls
  /** Bearer tokens of portfolios whose weights are asked over HTTP, by portfolio. */
  readonly targetsTokens: Readonly<Record<string, string>>
  /** Addresses of notifications and the secrets of their signatures, by channel. */
  readonly notificationSecrets: NotificationSecrets
  /** What the collector of traces wants to see, by name in small letters; undefined where it wants nothing. */
  readonly tracesHeaders: Readonly<Record<string, string>> | undefined
}

export interface Config {
  readonly file: ConfigFile
  readonly secrets: Secrets
  /** SHA-256 of the effective configuration without secrets, the first 12 hex digits. */
  readonly hash: string
  /** Source revision of the build, `unknown` when nobody told. */
  readonly revision: string
}

/** Form and consistency in one go: what can be checked although something else is wrong is checked. */
export const consistentSchema = configSchema.superRefine((config, context) => {
  for (const finding of checkConsistency(config)) {
    const [path = '', ...text] = finding.split(': ')
    context.addIssue({ code: 'custom', path: path.split('.'), message: text.join(': ') })
  }
})

/** Reads file and environment once, validates everything, freezes the result. Throws ConfigError with every finding. */
export function loadConfig(path: string, environment: NodeJS.ProcessEnv): Config {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw new ConfigError(path, [
      `the file cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unknown error'}); name a YAML file with --config`,
    ])
  }
  const document = parseDocument(text)
  if (document.errors.length > 0)
    throw new ConfigError(
      path,
      document.errors.map((error) => error.message.split('\n')[0]!),
    )
  const parsed = consistentSchema.safeParse(document.toJS())
  if (!parsed.success) throw new ConfigError(path, parsed.error.issues.flatMap(describe))
  const { tokens, findings } = targetTokens(parsed.data, (variable) => secret(path, environment, variable))
  const rpc = rpcUrls(parsed.data, (variable) => secret(path, environment, variable))
  const adminToken = secret(path, environment, 'EVENKEEL_ADMIN_TOKEN')
  const notifications = notificationSecrets(parsed.data, (variable) => secret(path, environment, variable))
  const traces = tracesHeaders(parsed.data, secret(path, environment, TRACES_HEADERS))
  const all = [
    ...findings,
    ...rpc.findings,
    ...notifications.findings,
    ...traces.findings,
    ...operatorTokenFinding(parsed.data, adminToken),
  ]
  if (all.length > 0) throw new ConfigError(path, all)
  const secrets: Secrets = {
    databaseUrl: secret(path, environment, 'DATABASE_URL'),
    journalDatabaseUrl: secret(path, environment, 'JOURNAL_DATABASE_URL'),
    adminToken,
    lifiApiKey: secret(path, environment, 'LIFI_API_KEY'),
    zeroexApiKey: secret(path, environment, 'ZEROX_API_KEY'),
    rpcUrls: rpc.urls,
    targetsTokens: tokens,
    notificationSecrets: notifications.secrets,
    tracesHeaders: traces.headers,
  }
  // Before paths are resolved: the same file in another folder is the same configuration.
  const hash = createHash('sha256').update(JSON.stringify(parsed.data)).digest('hex').slice(0, 12)
  const revision = environment['EVENKEEL_REVISION']?.trim() || UNKNOWN_REVISION
  return deepFreeze({ file: withPathsFrom(dirname(path), parsed.data), secrets, hash, revision })
}

/** Files that the configuration names lie beside it, unless their paths are absolute. */
function withPathsFrom(folder: string, file: ConfigFile): ConfigFile {
  const signer =
    file.signer.kind === 'keystore'
      ? {
          ...file.signer,
          file: resolve(folder, file.signer.file),
          passwordFile: resolve(folder, file.signer.passwordFile),
        }
      : file.signer
  const portfolios = Object.fromEntries(
    Object.entries(file.portfolios).map(([id, portfolio]) => {
      const { source } = portfolio.targetSetting
      if (source?.kind !== 'file') return [id, portfolio]
      const placed = { ...source, location: resolve(folder, source.location) }
      return [id, { ...portfolio, targetSetting: { ...portfolio.targetSetting, source: placed } }]
    }),
  )
  return { ...file, signer, portfolios }
}

function describe(issue: z.core.$ZodIssue): string[] {
  const path = issue.path.join('.') || '(top level)'
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => `${[...issue.path, key].join('.')}: unknown key; remove it or check its spelling`)
  return [`${path}: ${issue.message}`]
}

/** `NAME` from the environment, or the content of the file that `NAME_FILE` names. Empty counts as absent. */
function secret(config: string, environment: NodeJS.ProcessEnv, name: string): string | undefined {
  const file = environment[`${name}_FILE`]
  if (!file) return environment[name] || undefined
  try {
    return readFileSync(file, 'utf8').trim() || undefined
  } catch {
    throw new ConfigError(config, [`${name}_FILE: expected a readable file, got ${file}`])
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    Object.values(value).forEach(deepFreeze)
  }
  return value
}
