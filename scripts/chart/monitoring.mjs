// Rules and dashboards as the chart renders them are the ones that were tested.
import { execFile } from 'node:child_process'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { check, expect, same } from '../checks.mjs'
import { findPrometheus } from '../find-prometheus.mjs'
import { run } from '../tools.mjs'
import { chart, componentsOf, contains, objectsOf, objectsWith, only, render, root, valuesFile } from './rendered.mjs'

const rulesFile = join(chart, 'files', 'rules', 'evenkeel.yaml')
const testsFile = join(root, 'test', 'monitoring', 'rules.test.yaml')
const runbooks = 'https://runbooks.example.com/x'

const groupsWith = (...args) =>
  only(objectsWith('--set', 'prometheusRule.enabled=true', ...args), 'PrometheusRule').spec.groups

const monitoring = (...args) => objectsOf(render(['--values', valuesFile('monitoring'), ...args]))

const write = (scratch, name, content) => {
  const path = join(scratch, name)
  writeFileSync(path, stringify(content))
  return path
}

const readTests = () => parse(readFileSync(testsFile, 'utf8'), { merge: true })

/**
 * Begins the tests of the rendered rules, which take a core for some seconds: what they said, once they have ended. The
 * rendered rules are given to promtool as a file, beside the tests of the original.
 */
export const beginRuleTests = (scratch) => {
  const rules = write(scratch, 'tested.rules.yaml', { groups: groupsWith() })
  const tests = write(scratch, 'rendered.test.yaml', { ...readTests(), rule_files: [rules] })
  return new Promise((resolve) => {
    execFile(findPrometheus().promtool, ['test', 'rules', tests], (error, stdout, stderr) =>
      resolve({ isHeld: error === null, said: `${stdout}${stderr}` }),
    )
  })
}

/** @param {ReturnType<typeof beginRuleTests>} ruleTests */
export const checkMonitoring = async (scratch, ruleTests) => {
  const text = readFileSync(rulesFile, 'utf8')
  await check('the rules are those of the file, with links to the given place and without what is switched off', () => {
    same(groupsWith(), parse(text).groups, 'groups')
    const { groups } = parse(text.replaceAll('docs/runbooks/', `${runbooks}/`))
    same(groupsWith('--set', `prometheusRule.runbookBaseUrl=${runbooks}/`), groups, 'groups')
    const names = (list) => list.flatMap(({ rules }) => rules).map(({ alert, record }) => alert ?? record)
    const left = names(groupsWith('--set', 'prometheusRule.disabled={EvenkeelDown,EvenkeelGasLow}'))
    same(left, names(groups).filter((name) => !['EvenkeelDown', 'EvenkeelGasLow'].includes(name)), 'rules') // prettier-ignore
    return `${left.length + 2} rules`
  })
  await check('rules of your own come in a group of their own', () => {
    const { labels } = parse(readFileSync(valuesFile('monitoring'), 'utf8')).prometheusRule
    const { metadata, spec } = only(monitoring(), 'PrometheusRule')
    expect(contains(metadata.labels, labels), 'the labels are missing')
    const last = spec.groups.at(-1)
    same([last.name, last.rules.map(({ alert }) => alert)], ['evenkeel.extra', ['EvenkeelTreasurySmall']], 'last group')
  })
  await check('whatever the release is called, its job is the one that the rules ask for', () => {
    const { endpoints } = only(monitoring('--set', 'nameOverride=other'), 'ServiceMonitor').spec
    same(endpoints[0].relabelings, [{ targetLabel: 'job', replacement: 'evenkeel' }, { action: 'replace', targetLabel: 'cluster', replacement: 'one' }], 'relabelings') // prettier-ignore
  })
  await checkWithPromtool(scratch, ruleTests)
  await checkDashboards()
}

const checkWithPromtool = async (scratch, ruleTests) => {
  const { promtool, version } = findPrometheus()
  const { tests, ...settings } = readTests()
  await check(`promtool ${version} takes the rendered rules`, () => {
    const takes = (groups) => run(promtool, ['check', 'rules', '--lint=all', '--lint-fatal', write(scratch, 'rules.yaml', { groups })]) // prettier-ignore
    takes(groupsWith())
    return takes(only(monitoring(), 'PrometheusRule').spec.groups).match(/\d+ rules/)?.[0]
  })
  await check('every rule test holds for the rendered rules', async () => {
    const { isHeld, said } = await ruleTests
    expect(isHeld, said)
    return `${tests.length} tests`
  })
  await check('a rule test fails for a rendered rule that is wrong', () => {
    const alert = 'EvenkeelGasLow'
    const groups = structuredClone(groupsWith())
    groups.flatMap(({ rules }) => rules).find((rule) => rule.alert === alert).expr = 'vector(0) > 1'
    const about = tests.filter((one) => one.alert_rule_test?.some(({ alertname }) => alertname === alert))
    const content = { ...settings, rule_files: [write(scratch, 'wrong.rules.yaml', { groups })], tests: about }
    let output = 'they held'
    try {
      run(promtool, ['test', 'rules', write(scratch, 'wrong.test.yaml', content)])
    } catch (error) {
      output = `${error.stdout}${error.stderr}`
    }
    expect(about.length > 0 && output.includes(alert), output.slice(0, 500))
  })
}

const checkDashboards = () =>
  check('dashboards are the generated files to the byte, labelled for a sidecar', () => {
    const folder = join(chart, 'files', 'dashboards')
    const files = readdirSync(folder)
    expect(files.length === 7, `expected 7 dashboards, got ${files.length}`)
    const args = 'dashboards.enabled=true,dashboards.namespace=grafana,dashboards.annotations.folder=a,dashboards.label=sidecar' // prettier-ignore
    const maps = componentsOf(objectsWith('--set', args), 'ConfigMap').filter(({ metadata }) =>
      metadata.name.includes('-dashboard-'),
    )
    same(
      Object.fromEntries(maps.flatMap(({ data }) => Object.entries(data))),
      Object.fromEntries(files.map((one) => [`evenkeel-${one}`, readFileSync(join(folder, one), 'utf8')])),
      'dashboards',
    )
    for (const { metadata } of maps)
      same([metadata.namespace, metadata.labels.sidecar, metadata.annotations.folder], ['grafana', '1', 'a'], metadata.name) // prettier-ignore
    const largest = Math.max(...maps.map((map) => JSON.stringify(map).length))
    expect(largest < 200_000, `a ConfigMap of ${largest} bytes is more than kubectl apply takes`)
    return `${maps.length} ConfigMaps, the largest of ${largest} bytes`
  })
