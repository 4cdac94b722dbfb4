import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { minimalConfig } from '../../test/support/minimal-config.js'
import { ratioOfBasisPoints } from '../domain/units/ratio.js'
import { CEILINGS } from './ceilings.js'
import { portfoliosOf } from './portfolios.js'
import { type ConfigFile, configSchema } from './schema.js'
import { variantOf } from './variant.js'

const config = configSchema.parse(minimalConfig())
const shipped: ConfigFile = configSchema.parse(parse(readFileSync('config/example.mainnet.yaml', 'utf8')))
const [own] = Object.keys(shipped.portfolios)
const findings = (...given: Parameters<typeof variantOf>) => {
  const variant = variantOf(...given)
  return 'findings' in variant ? variant.findings : []
}

describe('variantOf', () => {
  test('without anything to try it is the portfolio as it is configured', () => {
    for (const file of [config, shipped])
      for (const portfolio of portfoliosOf(file))
        expect(variantOf(file, portfolio.id, {})).toEqual({ portfolio, differences: [] })
  })

  test('says what differs from the configuration, and nothing else', () => {
    const trial = {
      targets: { ETH: '0.7', USD: '0.3' },
      bands: { USD: { absolute: '0.01' } },
      limits: { maxLegUsd: '5000', legShare: '0.2', maxLossBps: { major: 40 } },
      policy: 'absolute-threshold',
    }
    const variant = variantOf(config, 'core', trial)
    if ('findings' in variant) throw new Error(variant.findings[0]!.detail)
    const { policy, limits, rebalancing, targetSetting } = variant.portfolio
    expect(policy.targets).toEqual([
      { asset: 'ETH', weight: ratioOfBasisPoints(7_000), absoluteBand: ratioOfBasisPoints(200) },
      { asset: 'USD', weight: ratioOfBasisPoints(3_000), absoluteBand: ratioOfBasisPoints(100) },
    ])
    expect([policy.maxLoss.major, limits.legShare]).toEqual([ratioOfBasisPoints(40), ratioOfBasisPoints(2_000)])
    expect([rebalancing.choice.name, targetSetting.setter]).toEqual(['absolute-threshold', 'fixed'])
    expect(variant.differences.map(({ path, configured, tried }) => [path, configured, tried])).toEqual([
      ['targets.ETH.weight', '0.6', '0.7'],
      ['targets.USD.weight', '0.4', '0.3'],
      ['targets.USD.band.absolute', '0.02', '0.01'],
      ['targets.USD.band.relative', '0.2', undefined],
      ['rebalancing.policy', 'impulse-band', 'absolute-threshold'],
      ['maxLossBps.major', '50', '40'],
      ['maxLegUsd', '10000', '5000'],
      ['limits.legShare', '0.25', '0.2'],
    ])
  })

  test('weights that are tried count as they are, whoever sets those of the portfolio', () => {
    const document = minimalConfig()
    document.portfolios['core']!['targetSetting'] = { setter: 'inverse-volatility' }
    const variant = variantOf(configSchema.parse(document), 'core', { targets: { ETH: '0.6', USD: '0.4' } })
    expect(variant).toMatchObject({
      portfolio: { targetSetting: { setter: 'fixed' } },
      differences: [{ path: 'targetSetting.setter', configured: 'inverse-volatility', tried: 'fixed' }],
    })
  })

  test('the same number written otherwise is no difference', () => {
    const variant = variantOf(config, 'core', {
      targets: { ETH: '0.60', USD: '0.400' },
      limits: { maxLegUsd: '10000.0' },
    })
    expect(variant).toMatchObject({ differences: [] })
  })

  test.each([
    [{ targets: { ETH: '0.7', USD: '0.4' } }, '/targets', 'expected weights that sum to 1, got 1.1'],
    [
      { targets: { USD: '0.5', DOGE: '0.5' }, bands: { DOGE: {} } },
      '/bands/DOGE',
      'expected absolute, relative or both',
    ],
    [
      { targets: { USD: '0.5', DOGE: '0.5' }, bands: { DOGE: { absolute: '0.1' } } },
      '/targets/DOGE',
      'expected one of the assets (ETH, USD)',
    ],
    [
      { targets: { USD: '0.5', DOGE: '0.5' } },
      '/bands/DOGE',
      'expected a band for DOGE, which has no target in the configuration',
    ],
    [{ bands: { DOGE: { absolute: '0.1' } } }, '/bands/DOGE', 'expected one of the targets (ETH, USD), got DOGE'],
    [
      { targets: { ETH: '1' } },
      '/targets',
      'expected a target for USD, through which money moves; its weight may be small',
    ],
    [{ limits: { slippageBps: 201 } }, '/limits/slippageBps', expect.stringContaining('200')],
    [{ policy: 'calendar' }, '/policy', expect.stringContaining('calendar')],
    [{ limits: { minimumTradeUsd: '9000' } }, '/limits', expect.stringContaining('stress.legShare: expected a share')],
  ])('%j is refused at %s', (trial, pointer, detail) => {
    expect(findings(config, 'core', trial)).toContainEqual({ pointer, detail })
  })

  test('F-80: limits above the ceilings of this build are refused, each with its ceiling', () => {
    const { maxLegUsd, limits } = CEILINGS
    const caps = ['turnoverPerCycle', 'turnoverPerHour', 'turnoverPerDay', 'legShare', 'gasPerLeg'] as const
    const above = (ceiling: string) => `${ceiling}${ceiling.includes('.') ? '' : '.'}1`
    for (const [name, ceiling] of [
      ['maxLegUsd', maxLegUsd] as const,
      ...caps.map((cap) => [cap, limits[cap]] as const),
    ]) {
      expect(findings(shipped, own!, { limits: { [name]: above(ceiling) } })).toEqual([
        {
          pointer: `/limits/${name}`,
          detail: `expected at most ${ceiling}, the ceiling of this build outside the sandbox, got ${above(ceiling)}`,
        },
      ])
      expect(findings(shipped, own!, { limits: { [name]: ceiling } })).toEqual([])
    }
  })

  test('the configuration stays as it is', () => {
    const before = structuredClone(config)
    variantOf(config, 'core', { targets: { ETH: '0.1', USD: '0.9' }, limits: { maxLegUsd: '1' }, policy: 'hybrid' })
    expect(config).toEqual(before)
  })
})
