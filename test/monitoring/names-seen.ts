import { type Selector, selectorsOf } from '../../scripts/promql.js'
import type { Observatory } from './observatory.js'
import { nameOf, type RuleFile } from './shortened-rules.js'

/**
 * What the rules select, one by one for every value that a label may have, and whether any Prometheus of this run had such
 * a series: a misspelt metric makes a rule that is valid and never fires. Holds as well what Prometheus said of rules that
 * it could not evaluate.
 */
export class NamesSeen {
  private readonly names: readonly string[]
  private readonly unseen: Set<string>
  private readonly unhealthy = new Set<string>()

  constructor({ groups }: RuleFile) {
    const rules = groups.flatMap((group) => group.rules)
    this.names = rules.map(nameOf)
    this.unseen = new Set(rules.flatMap(({ expr }) => selectorsOf(expr).flatMap(singleValued)))
  }

  /** What is wrong with the rules by what the daemons have shown. */
  get findings(): string[] {
    return [...[...this.unseen].map((selector) => `no daemon showed ${selector}`), ...this.unhealthy]
  }

  async look(observatory: Observatory): Promise<void> {
    for (const selector of this.unseen) {
      const found = (await observatory.ask('series', { 'match[]': selector })) as unknown[]
      if (found.length > 0) this.unseen.delete(selector)
    }
    const { groups } = (await observatory.ask('rules')) as {
      groups: { rules: { name: string; health: string; lastError?: string }[] }[]
    }
    const rules = groups.flatMap((group) => group.rules)
    for (const name of this.names) {
      const rule = rules.find((one) => one.name === name)
      if (rule?.health === 'err') this.unhealthy.add(`${name} cannot be evaluated: ${rule.lastError ?? ''}`)
    }
  }
}

/** A selector with alternatives as one for each of them; what it excludes is left out. */
function singleValued({ metric, matchers }: Selector): string[] {
  const rows = matchers
    .filter(({ operator }) => operator.startsWith('='))
    .reduce<string[][]>(
      (done, { label, value }) =>
        value.split('|').flatMap((one) => done.map((matched) => [...matched, `${label}="${one}"`])),
      [[]],
    )
  return rows.map((matched) => `${metric}{${matched.join(',')}}`)
}
