import { type KeyWish, MOST_KEY_DAYS } from '../domain/access/key-terms.js'
import { flag, given, needed, read, text, UsageError, wholeNumber } from './cli-arguments.js'

export type AdminCommand =
  | { readonly name: 'key'; readonly act: 'create'; readonly config: string; readonly wish: KeyWish }
  | { readonly name: 'key'; readonly act: 'list'; readonly config: string; readonly json: boolean }
  | { readonly name: 'key'; readonly act: 'revoke'; readonly config: string; readonly id: string }
  | {
      readonly name: 'person'
      readonly act: 'deny' | 'allow'
      readonly config: string
      readonly subject: string
      readonly reason: string
    }
  | { readonly name: 'person'; readonly act: 'list'; readonly config: string; readonly json: boolean }
  | { readonly name: 'audit'; readonly act: 'verify'; readonly config: string }

const USUAL_KEY_DAYS = 30

export const ADMIN_OPTIONS = {
  key: { config: text, name: text, scopes: text, days: text, networks: text, id: text, json: flag },
  person: { config: text, subject: text, reason: text, json: flag },
  audit: { config: text },
} as const

/** What each deed takes beside the configuration. */
const KEY_DEEDS = new Map([
  ['create', ['name', 'scopes', 'days', 'networks']],
  ['list', ['json']],
  ['revoke', ['id']],
])
const PERSON_DEEDS = new Map([
  ['deny', ['subject', 'reason']],
  ['allow', ['subject', 'reason']],
  ['list', ['json']],
])

export function keyCommand(args: readonly string[]): AdminCommand {
  const { values, positionals } = read('key', ADMIN_OPTIONS.key, args)
  const act = deedOf('key create, key list or key revoke', KEY_DEEDS, values, positionals)
  const config = needed(`key ${act}`, 'config', values.config)
  const { name, scopes, days, networks, id, json = false } = values
  if (act === 'list') return { name: 'key', act, config, json }
  if (act === 'revoke') return { name: 'key', act, config, id: given('key revoke', 'id', id) }
  const wish = {
    name: given('key create', 'name', name),
    scopes: given('key create', 'scopes', scopes).split(','),
    days: wholeNumber('days', days, USUAL_KEY_DAYS, 1, MOST_KEY_DAYS),
    networks: networks?.split(',') ?? [],
  }
  return { name: 'key', act: 'create', config, wish }
}

export function personCommand(args: readonly string[]): AdminCommand {
  const { values, positionals } = read('person', ADMIN_OPTIONS.person, args)
  const act = deedOf('person deny, person allow or person list', PERSON_DEEDS, values, positionals)
  const config = needed(`person ${act}`, 'config', values.config)
  if (act !== 'deny' && act !== 'allow') return { name: 'person', act: 'list', config, json: values.json ?? false }
  const subject = given(`person ${act}`, 'subject', values.subject)
  return { name: 'person', act, config, subject, reason: given(`person ${act}`, 'reason', values.reason) }
}

export function auditCommand(args: readonly string[]): AdminCommand {
  const { values, positionals } = read('audit', ADMIN_OPTIONS.audit, args)
  if (positionals.join(' ') !== 'audit verify')
    throw new UsageError('Expected audit verify --config FILE, and nothing else.')
  return { name: 'audit', act: 'verify', config: needed('audit verify', 'config', values.config) }
}

/** The deed that was asked for, with nothing beside it that it does not take. */
function deedOf(
  expected: string,
  deeds: ReadonlyMap<string, readonly string[]>,
  values: object,
  positionals: readonly string[],
): string {
  const [name, act = '', ...rest] = positionals
  const own = deeds.get(act)
  if (!own || rest.length > 0) throw new UsageError(`Expected ${expected}, got ${positionals.join(' ')}.`)
  const odd = Object.keys(values).find((option) => option !== 'config' && !own.includes(option))
  if (odd !== undefined)
    throw new UsageError(`Unknown option '--${odd}' with ${name} ${act}. evenkeel help lists the commands.`)
  return act
}
