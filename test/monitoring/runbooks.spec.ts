import { describe, expect, it } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { REFUSAL_CODES } from '../../src/domain/errors.js'
import { PANEL_OF_ALERT, panelLinkOf, withPanels } from '../../scripts/dashboards/alert-panels.js'
import { shippedQueries } from '../../scripts/metric-usage.js'
import { selectorsOf } from '../../scripts/promql.js'
import { BREAKER_CODES } from '../../src/domain/policy/breakers.js'
import { parseCommand } from '../../src/interface/cli.js'
import { exportedNames } from './full-deployment.js'
import { headings, linesOf, readIndex, readRunbooks } from './runbook.js'
import type { RuleFile } from './shortened-rules.js'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

const { groups } = parse(read('helm/evenkeel/files/rules/evenkeel.yaml')) as RuleFile
const rules = groups.flatMap((group) => group.rules)
const alerts = rules.flatMap((rule) => (rule.alert === undefined ? [] : [{ ...rule, alert: rule.alert }]))
const pages = readRunbooks()
const index = readIndex()
const everything = [...pages.map(({ text }) => text), index]

/** Series of others that a rule or a page may ask for. */
const foreign = ['up', 'ALERTS']
const known = new Set([...exportedNames(), ...rules.flatMap(({ record }) => record ?? []), ...foreign])

describe('the rules', () => {
  it('ask for nothing that no daemon exports', () => {
    const asked = rules.flatMap(({ expr }) => selectorsOf(expr).map(({ metric }) => metric))
    expect(asked.length).toBeGreaterThan(40)
    expect([...new Set(asked)].filter((name) => !known.has(name))).toEqual([])
  })

  it.each(alerts)('of $alert have a severity, a summary without labels, a description and a page', (rule) => {
    expect(rule.alert).toMatch(/^Evenkeel[A-Z]\w+$/)
    expect(['critical', 'warning', 'none']).toContain(rule.labels?.['severity'])
    expect(rule.annotations?.['summary']).toMatch(/^[^{]+\.$/)
    expect(rule.annotations?.['description']).toMatch(/.+\.$/)
    const page = pages.find(({ name }) => rule.annotations?.['runbook_url'] === `docs/runbooks/${name}.md`)
    expect(page?.alerts).toContain(rule.alert)
  })
})

describe('the runbooks', () => {
  it.each(pages)('$name has the four headings in their order, and alerts that exist', ({ text, alerts: named }) => {
    const found = [...text.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading)
    expect(found).toEqual(headings)
    const names = alerts.map(({ alert }) => alert)
    expect(named.filter((one) => !names.includes(one))).toEqual([])
  })

  it('are all in the index, with their alerts', () => {
    const rows = [...index.matchAll(/^\| \[([\w-]+)\]\(\1\.md\) +\| (.*?) *\|$/gm)].map(
      ([, name, cells = '']) => [name, cells.match(/Evenkeel\w+/g) ?? []] as const,
    )
    expect(Object.fromEntries(rows)).toEqual(Object.fromEntries(pages.map(({ name, alerts: of }) => [name, of])))
  })

  it('have a section for every breaker', () => {
    const { text } = pages.find(({ name }) => name === 'paused')!
    const sections = [...text.matchAll(/^### (B-\d\d)/gm)].map(([, code]) => code)
    expect(sections).toEqual(BREAKER_CODES)
  })

  it('name breakers and refusals that exist', () => {
    const codes = everything.flatMap((text) => text.match(/\bB-\d\d\b/g) ?? [])
    expect(codes.filter((code) => !(BREAKER_CODES as readonly string[]).includes(code))).toEqual([])
    const failures = read('src/domain/execution/cycle.ts')
    const variables = read('docs/configuration.md')
    const words = everything.flatMap((text) => [...text.matchAll(/`([A-Z]+(?:_[A-Z]+)+)`/g)].map(([, word]) => word!))
    expect(words.length).toBeGreaterThan(5)
    expect(
      words.filter(
        (word) =>
          !(REFUSAL_CODES as readonly string[]).includes(word) &&
          !failures.includes(`'${word}'`) &&
          !variables.includes(`\`${word}\``),
      ),
    ).toEqual([])
  })

  it('name keys of the configuration that exist', () => {
    const reference = read('docs/configuration.md')
    const roots = 'server|lease|execution|endpoints|signer|chains|prices|venues|bridges|portfolios|notifications|log'
    const keys = everything.flatMap((text) =>
      [...text.matchAll(new RegExp(`\`((?:${roots})(?:\\[\\])?\\.[^\`:]+)`, 'g'))].map(([, key]) => key!),
    )
    expect(keys.length).toBeGreaterThan(30)
    const names = new Set([...reference.matchAll(/^\| `([^`]+)`/gm)].map(([, key]) => key))
    // Bridges are called by any name in the reference.
    expect(keys.filter((key) => !names.has(key) && !names.has(key.replace('<bridge>', '<name>')))).toEqual([])
  })

  it('ask Prometheus for what there is', () => {
    const asked = everything.flatMap((text) => linesOf(text, 'promql'))
    expect(asked.length).toBeGreaterThan(70)
    const metrics = asked.flatMap((line) => selectorsOf(line).map(({ metric }) => metric))
    expect(metrics.filter((name) => !known.has(name))).toEqual([])
    const grepped = everything.flatMap((text) =>
      [...text.matchAll(/(?:^|`)metric ([a-z_]+)/gm)].map(([, name]) => `evenkeel_${name}`),
    )
    expect(grepped.length).toBeGreaterThan(15)
    expect(grepped.filter((name) => !known.has(name))).toEqual([])
  })

  it('run commands that the program takes', () => {
    const lines = everything.flatMap((text) => [
      ...linesOf(text, 'sh').filter((line) => /^evenkeel [a-z]/.test(line)),
      ...[...text.matchAll(/`(evenkeel [a-z][^`]*)`/g)].map(([, line]) => line!),
    ])
    expect(lines.length).toBeGreaterThan(12)
    for (const line of lines) {
      const words = line.replace('$FILE', 'evenkeel.yaml').replace(/ ID$/, ' abcdefghijkl').split(' ').slice(1)
      expect(parseCommand(words)).toMatchObject({ name: words[0] })
    }
  })
})

describe('what the runbooks ask of the admin API', () => {
  interface Operation {
    readonly parameters?: readonly {
      readonly in: string
      readonly name: string
      readonly schema: { readonly enum?: readonly string[] }
    }[]
    readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> }
  }
  interface Schema {
    readonly properties: Readonly<Record<string, object>>
    readonly required?: readonly string[]
  }
  const { paths } = JSON.parse(read('docs/openapi.json')) as {
    paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  }

  const operationOf = (method: 'get' | 'post', path: string): Operation | undefined => {
    const parts = path.split('/')
    const matches = (pattern: string) => {
      const own = pattern.split('/')
      return own.length === parts.length && own.every((part, place) => part.startsWith('{') || part === parts[place])
    }
    const found = Object.keys(paths).filter((pattern) => matches(pattern) && paths[pattern]![method] !== undefined)
    // A word of the path before a parameter of that name.
    return paths[found.toSorted((a, b) => a.split('{').length - b.split('{').length)[0] ?? '']?.[method]
  }

  const asks = everything.flatMap((text) => [
    ...linesOf(text, 'sh').flatMap((line) => /^ask (.+)$/.exec(line)?.[1] ?? []),
    ...[...text.matchAll(/`ask ([^`]+)`/g)].map(([, asked]) => asked!),
  ])
  const sends = everything.flatMap((text) => linesOf(text, 'sh').filter((line) => line.startsWith('send ')))

  it('reads paths that exist, with parameters that they take', () => {
    expect(asks.length).toBeGreaterThan(40)
    const wrong = asks.filter((asked) => {
      const url = new URL(asked.replaceAll('"', ''), 'http://host/v1/')
      const operation = operationOf('get', url.pathname)
      const ofQuery = operation?.parameters?.filter((one) => one.in === 'query') ?? []
      const isTaken = ([name, value]: [string, string]) => {
        const parameter = ofQuery.find((one) => one.name === name)
        return parameter !== undefined && (parameter.schema.enum?.includes(value) ?? true)
      }
      return operation === undefined || ![...url.searchParams].every(isTaken)
    })
    expect(wrong).toEqual([])
  })

  it('sends bodies that are taken', () => {
    expect(sends.length).toBeGreaterThan(15)
    for (const line of sends) {
      const [, path = '', text = ''] = /^send (\S+) '(.*)'$/.exec(line) ?? []
      const operation = operationOf('post', `/v1/${path}`)
      const schema = Object.values(operation?.requestBody?.content ?? {})[0]?.schema
      expect({ line, isKnown: schema !== undefined }).toEqual({ line, isKnown: true })
      const members = Object.keys(JSON.parse(text) as object)
      expect({ line, unknown: members.filter((name) => !(name in schema!.properties)) }).toEqual({ line, unknown: [] })
      expect({ line, missing: (schema!.required ?? []).filter((name) => !members.includes(name)) }).toEqual({ line, missing: [] }) // prettier-ignore
    }
  })
})

describe('the panels of the alerts', () => {
  /** Metrics that an expression rests on, those of recorded series included. */
  const metricsOf = (expr: string): string[] =>
    selectorsOf(expr).flatMap(({ metric }) => {
      const recorded = rules.find(({ record }) => record === metric)
      return recorded ? metricsOf(recorded.expr) : [metric.replace(/_bucket$/, '')]
    })
  const shipped = shippedQueries().filter(({ kind }) => kind === 'dashboard')

  /** It fires always, so that there is nothing to see. */
  const unseen = ['EvenkeelWatchdog']
  /** What is gone exports nothing, so that its panel shows who is left. */
  const gone = ['EvenkeelDown']

  it('are named for each of them, and for no other', () => {
    const names = alerts.map(({ alert }) => alert)
    expect(Object.keys(PANEL_OF_ALERT).toSorted()).toEqual(names.filter((one) => !unseen.includes(one)).toSorted())
  })

  it.each(alerts.filter(({ alert }) => ![...unseen, ...gone].includes(alert)))(
    'show a metric that $alert asks',
    (rule) => {
      const { dashboard, panel } = panelLinkOf(rule.alert)!
      const asked = shipped
        .filter((one) => one.place === dashboard && one.panel === panel)
        .flatMap(({ selectors }) => selectors.map(({ metric }) => metric.replace(/_bucket$/, '')))
      const own = metricsOf(rule.expr)
      expect({ panel, shares: asked.some((metric) => own.includes(metric)), asked, own }).toMatchObject({
        shares: true,
      })
    },
  )

  it('stand in their runbooks with the paths of committed dashboards', () => {
    for (const { name, text, alerts: of } of pages) {
      expect({ name, isWritten: withPanels(text) === text }).toEqual({ name, isWritten: true })
      const paths = [...text.matchAll(/`\/d\/evenkeel-(\w+)\?viewPanel=(\d+)`/g)]
      expect(paths).toHaveLength(of.filter((alert) => !unseen.includes(alert)).length)
      for (const [path, dashboard, id] of paths) {
        const { uid, panels } = JSON.parse(read(`helm/evenkeel/files/dashboards/${dashboard}.json`)) as {
          uid: string
          panels: { id: number; type: string }[]
        }
        expect({ path, uid, type: panels.find((one) => one.id === Number(id))?.type }).toMatchObject({
          uid: `evenkeel-${dashboard}`,
          type: expect.not.stringMatching(/^row$/) as unknown,
        })
      }
    }
  })
})
