// Lints and renders the chart with a real Helm and checks it: what it renders, what it refuses, the types of all objects,
// its rules and dashboards, and the rendered pods on the real image. One line per check; exit code 1 when one fails.
// Nothing is installed in a cluster.
//
// The pods need what the image check needs: root on Debian or Ubuntu. `--without-pods` leaves them out.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { tsImport } from 'tsx/esm/api'
import { checkBehaviour } from './chart/behaviour.mjs'
import { checkFiles, expectedKinds } from './chart/files.mjs'
import { beginRuleTests, checkMonitoring } from './chart/monitoring.mjs'
import { checkNotes } from './chart/notes.mjs'
import { checkPackage } from './chart/package.mjs'
import { checkPod } from './chart/pod.mjs'
import { checkRefusals } from './chart/refusals.mjs'
import { useHelm } from './chart/rendered.mjs'
import { checkTypes } from './chart/types.mjs'
import { close, fail } from './checks.mjs'
import { findHelm } from './find-helm.mjs'

const started = Date.now()
const seconds = () => `${((Date.now() - started) / 1000).toFixed(0)} s`
const scratch = mkdtempSync(join(tmpdir(), 'evenkeel-chart-'))
try {
  const { values } = parseArgs({ options: { 'without-pods': { type: 'boolean', default: false } } })
  const { path, version, way } = findHelm()
  useHelm(path)
  console.log(`Helm ${version} (${way})`)
  const { loadConfig } = await tsImport('../src/config/load.ts', import.meta.url)
  const ruleTests = beginRuleTests(scratch)
  const rendered = await checkFiles(loadConfig, scratch)
  await checkRefusals(scratch)
  await checkTypes(rendered, expectedKinds)
  await checkBehaviour()
  await checkNotes(scratch)
  await checkMonitoring(scratch, ruleTests)
  await checkPackage()
  console.log(`all but the pods: ${seconds()}`)
  if (!values['without-pods']) await checkPod()
} catch (error) {
  fail(error.message)
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
const code = close(` in ${seconds()}`)
// Not `process.exitCode`: the exit hook of the embedded Postgres would replace it by 0.
process.exit(code)
