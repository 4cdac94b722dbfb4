import { readFile } from 'node:fs/promises'
import { parse, stringify } from 'yaml'

export interface Rule {
  readonly alert?: string
  readonly record?: string
  readonly expr: string
  readonly for?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

export interface RuleFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[]
}

interface TimeScale {
  readonly factor: number
  readonly seconds: Readonly<Record<string, Readonly<Record<string, number>>>>
  readonly windows: Readonly<Record<string, Readonly<Record<string, string>>>>
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

const fileOf = (name: string) => new URL(name, import.meta.url)

export async function readRules(): Promise<RuleFile> {
  return parse(await readFile(fileOf('../../helm/evenkeel/files/rules/evenkeel.yaml'), 'utf8')) as RuleFile
}

/** The rules with their times shortened, as text for a Prometheus. What the scale names and no rule has is an error. */
export async function shortenedRules({ groups }: RuleFile): Promise<string> {
  const scale = parse(await readFile(fileOf('./time-scale.yaml'), 'utf8')) as TimeScale
  const names = groups.flatMap(({ rules }) => rules.map(nameOf))
  for (const name of [...Object.keys(scale.seconds), ...Object.keys(scale.windows)])
    if (!names.includes(name)) throw new Error(`time-scale.yaml names ${name}, which no rule is called.`)
  const shortened = groups.map(({ name, rules }) => ({ name, rules: rules.map((rule) => shorten(rule, scale)) }))
  return stringify({ groups: shortened })
}

export function nameOf({ alert, record }: Rule): string {
  return alert ?? record ?? ''
}

function shorten(rule: Rule, { factor, seconds, windows }: TimeScale): Rule {
  const name = nameOf(rule)
  let expr = rule.expr
  for (const [from, to] of Object.entries(seconds[name] ?? {})) {
    const literal = new RegExp(`(?<![\\w.\\[])${from}(?![\\w.])`, 'g')
    if (!literal.test(expr)) throw new Error(`time-scale.yaml: ${name} has no ${from}.`)
    expr = expr.replace(literal, String(to))
  }
  expr = expr.replace(
    /\[(\w+)\]/g,
    (_, window: string) => `[${windows[name]?.[window] ?? shortenDuration(window, factor)}]`,
  )
  return { ...rule, expr, ...(rule.for !== undefined && { for: shortenDuration(rule.for, factor) }) }
}

function shortenDuration(duration: string, factor: number): string {
  const [, count, unit] = /^(\d+)(ms|s|m|h|d)$/.exec(duration) ?? []
  const unitLength = unitMs[unit ?? '']
  if (count === undefined || unitLength === undefined) throw new Error(`${duration} is no duration of one unit.`)
  return `${Math.ceil((Number(count) * unitLength) / factor)}ms`
}
