import { type DestinationStream, type Level, type Logger, pino, stdSerializers, stdTimeFunctions } from 'pino'
import { isColorSupported, prettyFactory } from 'pino-pretty'

export interface LoggerOptions {
  readonly level: Level | 'silent'
  /** For a person at a terminal instead of JSON for a collector. */
  readonly pretty: boolean
  /** Standard output when absent. */
  readonly destination?: DestinationStream
}

/** Fields that hold secrets wherever they occur, up to four levels deep. */
const SECRET_FIELDS = [
  'adminToken',
  'targetsTokens',
  'notificationSecrets',
  'authorization',
  'apiKey',
  'password',
  'mnemonic',
  'privateKey',
  'secret',
  'databaseUrl',
  'DATABASE_URL',
  'EVENKEEL_ADMIN_TOKEN',
  'ZEROX_API_KEY',
  'LIFI_API_KEY',
  'headers',
]

/** In a line of JSON: a variable with a token or secret, whatever it is called after the prefix. */
const SECRET_VARIABLE = /"(EVENKEEL_(?:TARGETS_TOKEN|NOTIFY_)[A-Z0-9_]*)":"(?:[^"\\]|\\.)*"/g

/**
 * Writes synchronously, without a worker thread, so that the last line before a crash is not lost. Secrets do not get
 * out: fields with known names are replaced, errors keep type, message and stack alone, and addresses of services
 * lose what may carry a key.
 */
export function createLogger(options: LoggerOptions): Logger {
  const forPeople = prettyFactory({
    colorize: isColorSupported,
    translateTime: 'UTC:HH:MM:ss.l',
    ignore: 'pid,hostname',
    singleLine: true,
  })
  return pino(
    {
      level: options.level,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
      serializers: { err: describeError },
      redact: {
        paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`, `*.*.*.${field}`]),
        censor: '[secret]',
      },
      hooks: {
        streamWrite: (line) => {
          const safe = hideKeysInUrls(line.replace(SECRET_VARIABLE, '"$1":"[secret]"'))
          return options.pretty ? forPeople(safe) : safe
        },
      },
    },
    options.destination ?? pino.destination({ dest: 1, sync: true }),
  )
}

function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return String(error)
  const { type, message, stack } = stdSerializers.err(error)
  return { type, message, stack }
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
