import { parser } from '@prometheus-io/lezer-promql'
import type { Observatory } from './observatory.js'
import { nameOf, type RuleFile } from './shortened-rules.js'

/**
 * What the rules select, each with one value per label, and whether any Prometheus had such a series: a misspelt metric
 * makes a rule that is valid and never fires. Also holds what Prometheus said of rules that it could not evaluate.
 */
export class NamesSeen {
  readonly unseen: Set<string>
  readonly unhealthy = new Set<string>()

  constructor({ groups }: RuleFile) {
    const rules = groups.flatMap((group) => group.rules)
    this.unseen = new Set(rules.flatMap(({ expr }) => selectorsOf(expr).flatMap(singleValued)))
    this.watched = rules.map(nameOf)
  }

  private readonly watched: readonly string[]

  async look(observatory: Observatory): Promise<void> {
    for (const selector of this.unseen) {
      const found = (await observatory.ask('series', { 'match[]': selector })) as unknown[]
      if (found.length > 0) this.unseen.delete(selector)
    }
    const { groups } = (await observatory.ask('rules')) as {
      groups: { rules: { name: string; health: string; lastError?: string }[] }[]
    }
    const rules = groups.flatMap((group) => group.rules)
    for (const name of this.watched) {
      const rule = rules.find((one) => one.name === name)
      if (rule?.health === 'err') this.unhealthy.add(`${name}: ${rule.lastError ?? ''}`)
    }
  }
}

/** What is wrong with the rules by what the daemons showed. */
export function checkNames({ unseen, unhealthy }: NamesSeen): string[] {
  return [...unseen, ...unhealthy]
}

function selectorsOf(expr: string): string[] {
  const found: string[] = []
  parser.parse(expr).iterate({
    enter: ({ name, from, to }) => {
      if (name === 'VectorSelector') found.push(expr.slice(from, to))
    },
  })
  return found
}

/** A selector with alternatives as one selector for each; one that excludes a value as one without that matcher. */
function singleValued(selector: string): string[] {
  const [, metric = '', inner = ''] = /^([\w:]+)(?:\{(.*)\})?$/s.exec(selector.trim()) ?? []
  const matchers = [...inner.matchAll(/(\w+)\s*(=~|!=|!~|=)\s*"([^"]*)"/g)].filter(([, , operator]) => operator?.startsWith('=')) // prettier-ignore
  return matchers
    .reduce<string[][]>(
      (rows, [, label = '', , value = '']) => value.split('|').flatMap((one) => rows.map((row) => [...row, `${label}="${one}"`])), // prettier-ignore
      [[]],
    )
    .map((row) => `${metric}{${row.join(',')}}`)
}
