import type { Portfolio } from '../policy/portfolio.js'
import { type SharedParameters, USUAL_PARAMETERS } from '../rebalancing/parameters.js'
import {
  type Calendar,
  type ConfiguredPolicy,
  kindOf,
  type PolicyChoice,
  type PolicyName,
} from '../rebalancing/registry.js'
import { ratioToNumber } from '../units/ratio.js'
import type { DialFacts } from './result.js'

/** One policy to run over a history. */
export interface PolicyRequest extends ConfiguredPolicy {
  /** Name for people, unique within a report. */
  readonly label: string
}

/** How often calendars are taken to be due where none is configured, in days. */
const USUAL_EVERY: Readonly<Partial<Record<PolicyName, number>>> = { calendar: 30, hybrid: 7 }

/**
 * The policies of these names as a portfolio has them: its own and its shadow's as they are configured, any other with its
 * defaults and what all policies of the portfolio share. Without names the portfolio's own, and its shadow if it has one.
 */
export function policyRequests(
  { rebalancing, shadow }: Pick<Portfolio, 'rebalancing' | 'shadow'>,
  names: readonly PolicyName[] = [],
): PolicyRequest[] {
  const own: PolicyRequest = { label: `${rebalancing.choice.name} (configured)`, ...rebalancing }
  const second: PolicyRequest | undefined = shadow && { label: `${shadow.choice.name} (shadow)`, ...shadow }
  if (names.length === 0) return second ? [own, second] : [own]
  const shared = sharedOf(rebalancing.choice)
  return [...new Set(names)].map((name): PolicyRequest => {
    if (name === own.choice.name) return own
    if (name === second?.choice.name) return second
    return { label: name, choice: { name, parameters: shared }, calendar: rebalancing.calendar }
  })
}

/** What one policy has in common with any other of its portfolio: all but how far it brings back, which is its own. */
function sharedOf({ parameters }: PolicyChoice): Partial<SharedParameters> {
  const names = Object.keys(USUAL_PARAMETERS).filter((name) => name !== 'reset' && name !== 'innerShare')
  return Object.fromEntries(Object.entries(parameters).filter(([name]) => names.includes(name)))
}

/** In how many days a policy without a calendar of its own is due; undefined where it has one or needs none. */
export function everyDaysOf({ choice, calendar }: ConfiguredPolicy): number | undefined {
  return calendar ? undefined : USUAL_EVERY[choice.name]
}

/** The dial of a policy, and where it stands. */
export function dialFactsOf(configured: ConfiguredPolicy): DialFacts {
  const { choice } = configured
  const kind = kindOf(choice.name)
  const { dial } = kind
  const [name] = Object.keys(dial.at(dial.loose).parameters)
  const setting = new Map<string, unknown>(Object.entries(kind.complete(choice.parameters)))
  const value = name === undefined ? everyDaysOf(configured) : numberOf(setting.get(name))
  return { name: dial.name, unit: dial.unit, value }
}

/** Parameters of a policy in words: its own, how far it brings back, and what else differs from the usual. */
export function settingWords(configured: ConfiguredPolicy): string {
  const { choice, calendar } = configured
  const kind = kindOf(choice.name)
  const { defaults, terms } = kind
  const setting = new Map<string, unknown>(Object.entries(kind.complete(choice.parameters)))
  const usual = new Map<string, unknown>(Object.entries(USUAL_PARAMETERS))
  const own = Object.keys(terms).map((name) => `${name} ${wordsOf(setting.get(name))}`)
  const always = ['reset', 'aversion'].map((name) => `${name} ${wordsOf(setting.get(name))}`)
  const others = [...usual.keys()]
    .filter((name) => !['reset', 'aversion', 'overrides'].includes(name) && setting.get(name) !== usual.get(name))
    .map((name) => (name === 'cooldownMs' ? cooldownWords(setting.get(name)) : `${name} ${wordsOf(setting.get(name))}`))
  const overridden = Object.keys({ ...defaults.overrides, ...choice.parameters.overrides })
  return [
    ...calendarWords(configured, calendar),
    ...own,
    ...always,
    ...others,
    ...(overridden.length > 0 ? [`own settings for ${overridden.join(', ')}`] : []),
  ].join(', ')
}

function calendarWords(configured: ConfiguredPolicy, calendar: Calendar | undefined): string[] {
  const every = everyDaysOf(configured)
  if (every !== undefined) return [`every ${every} days`]
  const isByCalendar = Object.hasOwn(USUAL_EVERY, configured.choice.name)
  return calendar && isByCalendar ? [`at ${calendar.schedule} (${calendar.timeZone})`] : []
}

/** As it is configured, in seconds. */
function cooldownWords(ms: unknown): string {
  return `cooldownSeconds ${(numberOf(ms) ?? 0) / 1000}`
}

function numberOf(value: unknown): number | undefined {
  if (typeof value === 'bigint') return ratioToNumber(value)
  return typeof value === 'number' ? value : undefined
}

function wordsOf(value: unknown): string {
  if (typeof value === 'bigint') return `${Number((ratioToNumber(value) * 100).toPrecision(4))} %`
  return typeof value === 'string' || typeof value === 'number' ? `${value}` : 'as configured'
}
