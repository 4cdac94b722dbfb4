import { parseArgs } from 'node:util'

export const USAGE = `evenkeel <command> --config FILE

  start          runs the daemon
  plan           looks at the chains and prints balances, drift and the plan with its cost; sends nothing
                 --json for machines, --portfolio ID for one portfolio
  check-config   validates the file and prints its hash
  migrate        brings the database to this build's schema
  keystore       create --out FILE --password-file FILE: writes a new random key and prints its address
                 show --file FILE: prints the address that a keystore names; neither needs --config
  version        prints the version`

export type Command =
  | { readonly name: 'start' | 'check-config' | 'migrate'; readonly config: string }
  | { readonly name: 'plan'; readonly config: string; readonly json: boolean; readonly portfolio: string | undefined }
  | { readonly name: 'keystore'; readonly act: 'create'; readonly out: string; readonly passwordFile: string }
  | { readonly name: 'keystore'; readonly act: 'show'; readonly file: string }
  | { readonly name: 'version' | 'help' }

/** The command line cannot be understood; the message says what was expected. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export function parseCommand(args: readonly string[]): Command {
  const { values, positionals } = read(args)
  const [name, ...rest] = positionals
  if (values.help || name === 'help') return { name: 'help' }
  if (values.version || name === 'version') return { name: 'version' }
  if (name === 'keystore') return keystoreCommand(rest, values)
  if (values.out !== undefined || values.file !== undefined || values['password-file'] !== undefined)
    throw new UsageError('Expected --out, --file and --password-file only with keystore.')
  if (name !== 'start' && name !== 'plan' && name !== 'check-config' && name !== 'migrate')
    throw new UsageError(`Expected a command, got ${name ?? 'none'}.\n\n${USAGE}`)
  if (rest.length > 0) throw new UsageError(`Expected one command, got also ${rest.join(' ')}.`)
  if (values.config === undefined) throw new UsageError(`Expected --config FILE with ${name}.`)
  if (name !== 'plan') {
    if (values.json || values.portfolio !== undefined)
      throw new UsageError('Expected --json and --portfolio only with plan.')
    return { name, config: values.config }
  }
  return { name, config: values.config, json: values.json ?? false, portfolio: values.portfolio }
}

function keystoreCommand(rest: readonly string[], values: ReturnType<typeof read>['values']): Command {
  const { out, file, 'password-file': passwordFile, ...others } = values
  const isAlone = Object.values(others).every((value) => value === undefined)
  if (rest.length === 1 && isAlone) {
    if (rest[0] === 'create' && out !== undefined && passwordFile !== undefined && file === undefined)
      return { name: 'keystore', act: 'create', out, passwordFile }
    if (rest[0] === 'show' && file !== undefined && out === undefined && passwordFile === undefined)
      return { name: 'keystore', act: 'show', file }
  }
  throw new UsageError(
    'Expected keystore create --out FILE --password-file FILE, or keystore show --file FILE, and nothing else.',
  )
}

function read(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        config: { type: 'string' },
        json: { type: 'boolean' },
        portfolio: { type: 'string' },
        out: { type: 'string' },
        file: { type: 'string' },
        'password-file': { type: 'string' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean' },
      },
    })
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split('. ')[0]}. evenkeel help lists the commands.`)
  }
}
