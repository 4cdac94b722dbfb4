export const CENSORED = '[secret]'

/** Fields that hold secrets wherever they occur, up to four levels deep. */
export const SECRET_FIELDS = [
  'adminToken',
  'rpcUrls',
  'targetsTokens',
  'notificationSecrets',
  'tracesHeaders',
  'authorization',
  'apiKey',
  'lifiApiKey',
  'zeroexApiKey',
  'password',
  'mnemonic',
  'privateKey',
  'secret',
  'signature',
  'databaseUrl',
  'journalDatabaseUrl',
  'headers',
]

/** A shorter text is found by chance in what is no secret. */
export const SHORTEST_SECRET = 8

const VARIABLES = [
  '(?:JOURNAL_)?DATABASE_URL',
  'EVENKEEL_ADMIN_TOKEN',
  'LIFI_API_KEY',
  'ZEROX_API_KEY',
  'EVENKEEL_RPC_[A-Z0-9_]*',
  'EVENKEEL_TARGETS_TOKEN[A-Z0-9_]*',
  'EVENKEEL_NOTIFY_[A-Z0-9_]*',
  'EVENKEEL_TRACES_HEADERS',
].join('|')
/** A variable as a member of an object, in JSON of any depth, and as a shell writes it. */
const MEMBER = new RegExp(String.raw`(\\*")(${VARIABLES})(\\*"):(\\*")(?:(?!\4)(?:[^"\\]|\\.))*\4`, 'g')
const ASSIGNED = new RegExp(String.raw`\b(${VARIABLES})=[^\s"'\\]+`, 'g')
/** What stands in a header with credentials, which the same words in a sentence are not, and a key of the admin API. */
const BEARER = /\b(Bearer|Basic)(\s+)(?=[A-Za-z._~+/-]*\d)[A-Za-z0-9._~+/-]{4,}=*/gi
const API_KEY = /\bek_[A-Za-z0-9-]+_[A-Za-z0-9_-]+/g

/**
 * Takes out of a text what must not be read: the given secrets as they are, escaped in JSON and encoded in an address;
 * variables with secrets, credentials of headers, keys of the admin API, and what may be a key in addresses of services.
 */
export function secretHider(secrets: readonly string[]): (text: string) => string {
  const forms = new Set(secrets.filter(({ length }) => length >= SHORTEST_SECRET).flatMap(formsOf))
  // The longest first: one may lie in another.
  const longestFirst = [...forms].toSorted((a, b) => b.length - a.length)
  return (text) => {
    let safe = text
    for (const form of longestFirst) if (safe.includes(form)) safe = safe.replaceAll(form, CENSORED)
    safe = safe
      .replace(MEMBER, (_, open: string, name: string, close: string, quote: string) =>
        [open, name, close, ':', quote, CENSORED, quote].join(''),
      )
      .replace(ASSIGNED, `$1=${CENSORED}`)
      .replace(BEARER, `$1$2${CENSORED}`)
      .replace(API_KEY, CENSORED)
    return hideKeysInUrls(safe)
  }
}

/** As it is, and in a JSON text that may itself stand in one. */
function formsOf(secret: string): string[] {
  const once = JSON.stringify(secret).slice(1, -1)
  return [secret, once, JSON.stringify(once).slice(1, -1), encodeURIComponent(secret)]
}

/**
 * Takes user, password, query and every long path segment out of the addresses in a text: providers put their keys
 * there.
 */
export function hideKeysInUrls(text: string): string {
  return text.replace(
    /\b([a-z]+:\/\/)(?:[^\s"'\\/]*@)?([^\s"'\\/?#]+)([^\s"'\\?#)]*)(?:[?#][^\s"'\\)]*)?/g,
    (_, ...parts) => {
      const [scheme, host, path] = parts as [string, string, string]
      return `${scheme}${host}${path.replace(/[^/]{16,}/g, '…')}`
    },
  )
}
