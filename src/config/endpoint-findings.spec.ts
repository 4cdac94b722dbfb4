import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import { stringify } from 'yaml'
import { minimalConfig } from '../../test/support/minimal-config.js'
import { missingRpcUrls } from './endpoint-findings.js'
import { ConfigError, loadConfig } from './load.js'
import { chainOptionsOf, metricLabelsOf } from './portfolios.js'

const folder = mkdtempSync(join(tmpdir(), 'evenkeel-endpoints-'))
afterAll(() => rmSync(folder, { recursive: true }))

const KEYED = 'https://birch.example/v2/a-key-of-ours'
const birch = { name: 'birch', urlVariable: 'EVENKEEL_RPC_BIRCH' }

const load = (rpc: readonly unknown[], environment: NodeJS.ProcessEnv = {}) => {
  const config = minimalConfig()
  Object.assign(config.chains['alpha']!, { rpc })
  const path = join(folder, 'evenkeel.yaml')
  writeFileSync(path, stringify(config))
  return loadConfig(path, environment)
}
const problems = (...given: Parameters<typeof load>) => {
  try {
    load(...given)
    return []
  } catch (error) {
    return (error as ConfigError).problems
  }
}

test('an endpoint has its address from the environment, and the file and its hash know nothing of it', () => {
  const { file, secrets, hash } = load(['https://amber.example', birch], { EVENKEEL_RPC_BIRCH: KEYED })
  expect(chainOptionsOf(file, secrets.rpcUrls)[0]!.endpoints).toEqual([
    { name: 'amber.example', url: 'https://amber.example' },
    { name: 'birch', url: KEYED },
  ])
  expect(metricLabelsOf(file, '').chains[0]!.endpoints).toEqual(['amber.example', 'birch'])
  expect(JSON.stringify(file)).not.toContain('a-key-of-ours')
  const other = load(['https://amber.example', birch], { EVENKEEL_RPC_BIRCH: 'https://other.example' })
  expect(other.hash).toBe(hash)
  expect(missingRpcUrls(file, secrets.rpcUrls)).toEqual([])
})

test('a file can be checked where its addresses are not, and nothing is asked without them', () => {
  const { file, secrets } = load([birch])
  expect(missingRpcUrls(file, secrets.rpcUrls)).toEqual([
    'EVENKEEL_RPC_BIRCH: expected the address of the endpoint birch of alpha, got none',
  ])
})

test.each([
  ['no address', { name: 'birch' }, /^chains\.alpha\.rpc\.0\.url: expected either url or urlVariable, and not both$/],
  ['two addresses', { ...birch, url: 'https://birch.example' }, /^chains\.alpha\.rpc\.0\.url: expected either/],
])('%s is refused', (_, endpoint, finding) => {
  expect(problems([endpoint])).toEqual([expect.stringMatching(finding)])
})

test.each([
  ['any variable', { ...birch, urlVariable: 'DATABASE_URL' }],
  ['a variable that names a file', { ...birch, urlVariable: 'EVENKEEL_RPC_BIRCH_FILE' }],
  ['a variable without a name', { urlVariable: 'EVENKEEL_RPC_BIRCH' }],
])('%s is refused by its form', (_, endpoint) => {
  expect(problems([endpoint])).toEqual([expect.stringMatching(/^chains\.alpha\.rpc\.0/)])
})

test('what the variable holds has to be an address, and is not repeated', () => {
  const [problem, ...others] = problems([birch], { EVENKEEL_RPC_BIRCH: 'a-key-of-ours' })
  expect([problem, others]).toEqual(['EVENKEEL_RPC_BIRCH: expected an http or https address', []])
})

test('C-20: two endpoints of one host make no quorum for a live portfolio, wherever their addresses stand', () => {
  const config = minimalConfig()
  Object.assign(config.chains['alpha']!, { chainId: 1, rpc: ['https://birch.example/free', birch], quorum: 2 })
  Object.assign(config.portfolios['core']!, { mode: 'live' })
  Object.assign(config, { signer: { kind: 'remote', url: 'https://signer.example' } })
  const path = join(folder, 'live.yaml')
  writeFileSync(path, stringify(config))
  const found = (environment: NodeJS.ProcessEnv) => {
    try {
      loadConfig(path, environment)
      return []
    } catch (error) {
      return (error as ConfigError).problems
    }
  }
  const words = 'expected a quorum to need more than one host for a live portfolio'
  expect(found({ EVENKEEL_RPC_BIRCH: KEYED })).toEqual([expect.stringContaining(words)])
  expect(found({ EVENKEEL_RPC_BIRCH: 'https://cedar.example/v2/x' })).toEqual([])
})
