import { type DestinationStream, type Level, type Logger, pino, stdSerializers, stdTimeFunctions } from 'pino'
import { isColorSupported, prettyFactory } from 'pino-pretty'
import { CENSORED, SECRET_FIELDS, secretHider } from './log-secrets.js'

export interface LoggerOptions {
  readonly level: Level | 'silent'
  /** For a person at a terminal instead of JSON for a collector. */
  readonly pretty: boolean
  /** Standard output when absent. */
  readonly destination?: DestinationStream
  /** Texts that no line may hold, wherever they come from. */
  readonly secrets?: readonly string[]
}

/**
 * Writes synchronously, without a worker thread, so that the last line before a crash is not lost. Secrets do not get
 * out (P-30): the given ones are replaced wherever they stand, and so are fields and variables with known names; errors
 * keep type, message and stack alone, and addresses of services lose what may carry a key.
 */
export function createLogger(options: LoggerOptions): Logger {
  const hide = secretHider(options.secrets ?? [])
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
        censor: CENSORED,
      },
      hooks: {
        streamWrite: (line) => {
          const safe = hide(line)
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
