import { parseArgs, type ParseArgsConfig } from 'node:util'
import { USUAL_START_VALUE } from '../application/lay-out-history.js'
import { USUAL_POINTS } from '../application/run-backtest.js'
import { USUAL_WALK } from '../domain/backtest/tune.js'
import { POLICIES, type PolicyName } from '../domain/rebalancing/registry.js'
import { parseDecimal } from '../domain/units/decimal.js'
import { ADMIN_OPTIONS, type AdminCommand, auditCommand, keyCommand, personCommand } from './admin-cli.js'
import { alone, flag, needed, read, text, UsageError, wholeNumber } from './cli-arguments.js'

export { UsageError } from './cli-arguments.js'

export const USAGE = `evenkeel <command> --config FILE

  start          runs the daemon
  plan           looks at the chains and prints balances, drift and the plan with its cost; sends nothing
                 --json for machines, --portfolio ID for one portfolio
  backtest       plays policies over a history: --prices FILE.csv (date,ASSET,…; an empty cell is unknown)
                 --portfolio ID, --policy NAME (repeat it; every policy when absent), --from and --to yyyy-mm-dd,
                 --nav USD at the start (1000000),
                 --costs flat:30bp, or curve: by size, as the plans in the database that DATABASE_URL names have
                 learned, and as assumed without one,
                 --tracking-error 200bp to compare at, --points N settings of each policy,
                 --settlement-days N, --failure-rate 0.02, --report FILE.html, --json FILE.json
  tune           fits the policy on the past and judges it on what came after, window by window; takes what backtest
                 takes but one --policy, and --fit-days N --judge-days N
  import-prices  writes --prices FILE.csv to the price history of the database
  check-config   validates the file and prints its hash
  migrate        brings the database to this build's schema
  keystore       create --out FILE --password-file FILE: writes a new random key and prints its address
                 show --file FILE: prints the address that a keystore names; neither needs --config
  key            create --name NAME --scopes A,B: makes an API key and prints it, this once
                 --days 30, 90 at most; --networks CIDR,… for the only addresses it may come from
                 list: keys, their scopes and last use, --json for machines; revoke --id ID
  person         deny --subject S --reason R: shuts out whom the OpenID provider calls S, within 30 seconds
                 allow --subject S --reason R: lets them in again; list: who is shut out, --json for machines
  audit          verify: reads the whole audit log; exits with 1 where it was edited
  version        prints the version`

/** What a history is played with. */
export interface HistoryOptions {
  readonly config: string
  readonly prices: string
  readonly portfolio: string | undefined
  readonly policies: readonly PolicyName[]
  /** Days since 1970, both included. */
  readonly from: number | undefined
  readonly to: number | undefined
  /** NAV at the start, in USD. */
  readonly nav: number
  /** As it was written: `flat:30bp` or `curve`. */
  readonly costs: string
  /** Per √year. */
  readonly trackingError: number
  readonly points: number
  readonly settlementDays: number
  readonly failureRate: number
  readonly report: string | undefined
  readonly json: string | undefined
}

/** A trillion USD: beyond is a mistake. */
const MOST_CENTS = 100_000_000_000_000n

export type Command =
  | { readonly name: 'start' | 'check-config' | 'migrate'; readonly config: string }
  | { readonly name: 'plan'; readonly config: string; readonly json: boolean; readonly portfolio: string | undefined }
  | ({ readonly name: 'backtest' } & HistoryOptions)
  | ({ readonly name: 'tune'; readonly fitDays: number; readonly judgeDays: number } & HistoryOptions)
  | { readonly name: 'import-prices'; readonly config: string; readonly prices: string }
  | { readonly name: 'keystore'; readonly act: 'create'; readonly out: string; readonly passwordFile: string }
  | { readonly name: 'keystore'; readonly act: 'show'; readonly file: string }
  | AdminCommand
  | { readonly name: 'version' | 'help' }

const HISTORY = {
  config: text,
  prices: text,
  portfolio: text,
  policy: { type: 'string', multiple: true },
  from: text,
  to: text,
  nav: text,
  costs: text,
  'tracking-error': text,
  points: text,
  'settlement-days': text,
  'failure-rate': text,
  report: text,
  json: text,
} as const

/** What each command takes. */
const OPTIONS = {
  start: { config: text },
  'check-config': { config: text },
  migrate: { config: text },
  plan: { config: text, json: flag, portfolio: text },
  backtest: HISTORY,
  tune: { ...HISTORY, 'fit-days': text, 'judge-days': text },
  'import-prices': { config: text, prices: text },
  keystore: { out: text, file: text, 'password-file': text },
  ...ADMIN_OPTIONS,
} as const satisfies Record<string, ParseArgsConfig['options']>

type Named = keyof typeof OPTIONS

export function parseCommand(args: readonly string[]): Command {
  const { values: asked, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    strict: false,
    options: {
      ...HISTORY,
      ...OPTIONS.keystore,
      ...OPTIONS.key,
      ...OPTIONS.person,
      help: { type: 'boolean', short: 'h' },
      version: flag,
    },
  })
  const [name] = positionals
  if (asked['help'] || name === 'help') return { name: 'help' }
  if (asked['version'] || name === 'version') return { name: 'version' }
  if (name === undefined || !isNamed(name))
    throw new UsageError(`Expected a command, got ${name ?? 'none'}.\n\n${USAGE}`)
  switch (name) {
    case 'keystore':
      return keystoreCommand(read(name, OPTIONS.keystore, args))
    case 'key':
      return keyCommand(args)
    case 'person':
      return personCommand(args)
    case 'audit':
      return auditCommand(args)
    case 'plan': {
      const { values } = alone(name, read(name, OPTIONS.plan, args))
      return {
        name,
        config: needed(name, 'config', values.config),
        json: values.json ?? false,
        portfolio: values.portfolio,
      }
    }
    case 'backtest':
      return { name, ...historyOptions(name, alone(name, read(name, OPTIONS.backtest, args)).values) }
    case 'tune': {
      const { values } = alone(name, read(name, OPTIONS.tune, args))
      const options = historyOptions(name, values)
      if (options.policies.length > 1) throw new UsageError('Expected one --policy with tune.')
      const fitDays = wholeNumber('fit-days', values['fit-days'], USUAL_WALK.fitDays, 30, 36_500)
      return {
        name,
        ...options,
        fitDays,
        judgeDays: wholeNumber('judge-days', values['judge-days'], USUAL_WALK.judgeDays, 30, 36_500),
      }
    }
    case 'import-prices': {
      const { values } = alone(name, read(name, OPTIONS['import-prices'], args))
      return { name, config: needed(name, 'config', values.config), prices: needed(name, 'prices', values.prices) }
    }
    case 'start':
    case 'check-config':
    case 'migrate':
      return { name, config: needed(name, 'config', alone(name, read(name, OPTIONS[name], args)).values.config) }
  }
}

function isNamed(name: string): name is Named {
  return Object.hasOwn(OPTIONS, name)
}

type HistoryValues = ReturnType<typeof read<typeof HISTORY>>['values']

function historyOptions(name: string, values: HistoryValues): HistoryOptions {
  const policies = values.policy ?? []
  const odd = policies.find((policy) => !Object.hasOwn(POLICIES, policy))
  if (odd !== undefined)
    throw new UsageError(`Expected --policy to be one of ${Object.keys(POLICIES).join(', ')}, got ${odd}.`)
  return {
    config: needed(name, 'config', values.config),
    prices: needed(name, 'prices', values.prices),
    portfolio: values.portfolio,
    policies: [...new Set(policies as PolicyName[])],
    from: dayOf('from', values.from),
    to: dayOf('to', values.to),
    nav: values.nav === undefined ? USUAL_START_VALUE : dollarsOf('nav', values.nav),
    costs: values.costs ?? 'flat:30bp',
    trackingError: pointsOf('tracking-error', values['tracking-error'] ?? '200bp'),
    points: wholeNumber('points', values.points, USUAL_POINTS, 2, 1_000),
    settlementDays: wholeNumber('settlement-days', values['settlement-days'], 0, 0, 30),
    failureRate: shareOf('failure-rate', values['failure-rate'] ?? '0'),
    report: values.report,
    json: values.json,
  }
}

function pointsOf(option: string, given: string): number {
  const points = given.endsWith('bp') ? parseDecimal(given.slice(0, -2), 4) : undefined
  if (points === undefined || points < 0n || points > 10_000n * 10_000n)
    throw new UsageError(`Expected --${option} in basis points, such as 30bp, got ${given || 'nothing'}.`)
  return Number(points) / 10_000 / 10_000
}

/** An amount in USD, to the cent. */
function dollarsOf(option: string, given: string): number {
  const cents = parseDecimal(given, 2)
  if (cents === undefined || cents < 100n || cents > MOST_CENTS)
    throw new UsageError(
      `Expected --${option} to be an amount of USD from 1 to 1000000000000, such as 1000000, got ${given || 'nothing'}.`,
    )
  return Number(cents) / 100
}

function shareOf(option: string, given: string): number {
  const share = parseDecimal(given, 9)
  if (share === undefined || share < 0n || share > 1_000_000_000n)
    throw new UsageError(`Expected --${option} to be a share from 0 to 1, got ${given}.`)
  return Number(share) / 1e9
}

/** The day since 1970; a date that does not exist is none. */
function dayOf(option: string, given: string | undefined): number | undefined {
  if (given === undefined) return undefined
  const at = /^\d{4}-\d{2}-\d{2}$/.test(given) ? Date.parse(`${given}T00:00:00Z`) : NaN
  if (Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== given)
    throw new UsageError(`Expected --${option} to be a date such as 2024-12-31, got ${given}.`)
  return at / 86_400_000
}

function keystoreCommand({ values, positionals }: ReturnType<typeof read<typeof OPTIONS.keystore>>): Command {
  const { out, file, 'password-file': passwordFile } = values
  const [, act, ...rest] = positionals
  if (rest.length === 0) {
    if (act === 'create' && out !== undefined && passwordFile !== undefined && file === undefined)
      return { name: 'keystore', act, out, passwordFile }
    if (act === 'show' && file !== undefined && out === undefined && passwordFile === undefined)
      return { name: 'keystore', act, file }
  }
  throw new UsageError(
    'Expected keystore create --out FILE --password-file FILE, or keystore show --file FILE, and nothing else.',
  )
}
