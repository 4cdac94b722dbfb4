import { expect, test } from '@jest/globals'
import { minimalConfig } from '../../test/support/minimal-config.js'
import { FEE_RULES } from '../../test/support/builders.js'
import { ceilingFindings } from './ceilings.js'
import { feeFindings, feeRulesOf } from './fee-rules.js'
import { type ConfigFile, configSchema } from './schema.js'

const configOf = (execution: object = {}, chain: object = {}): ConfigFile => {
  const plain = minimalConfig()
  const chains = Object.fromEntries(Object.entries(plain.chains).map(([key, one]) => [key, { ...one, ...chain }]))
  return configSchema.parse({ ...plain, chains, execution })
}
const pathsOf = (findings: readonly [string, string][]) => findings.map(([path]) => path)

test('the rules of 4.6 hold by default', () => {
  expect(feeRulesOf(configOf())('alpha')).toEqual({ ...FEE_RULES, cap: 500n * 10n ** 9n })
  expect(feeRulesOf(configOf({}, { replacement: false }))('alpha').isReplaceable).toBe(false)
  expect(() => feeRulesOf(configOf())('nowhere')).toThrow(RangeError)
})

test('a bump that pools refuse, a ceiling below the estimate and a cap below the tip are no rules', () => {
  expect(feeFindings(configOf())).toEqual([])
  expect(pathsOf(feeFindings(configOf({ feeBump: '1.09', feeCeiling: '0.99' }, { maxFeeGwei: '0' })))).toEqual([
    'execution.feeBump',
    'execution.feeCeiling',
    'chains.alpha.maxFeeGwei',
  ])
})

test('D-21: bump, ceiling and waits have bounds that no configuration outside the sandbox passes', () => {
  const own = (execution: object) =>
    pathsOf(ceilingFindings(configOf(execution))).filter((path) => path.startsWith('execution'))
  expect(own({})).toEqual([])
  expect(own({ feeBump: '1.51', feeCeiling: '5.01', replaceBlocks: 2, replaceSeconds: 19 })).toEqual([
    'execution.feeBump',
    'execution.feeCeiling',
    'execution.replaceBlocks',
    'execution.replaceSeconds',
  ])
  expect(() => configOf({ maxReplacements: 21 })).toThrow(/maxReplacements/)
})
