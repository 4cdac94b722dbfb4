import { expect, test } from '@jest/globals'
import { minimalConfig } from '../../test/support/minimal-config.js'
import { formatDecimal, parseDecimal } from '../domain/units/decimal.js'
import { CEILINGS, ceilingFindings } from './ceilings.js'
import { checkConsistency } from './check.js'
import { configSchema } from './schema.js'

type Document = ReturnType<typeof minimalConfig>
const parse = (change: (config: Document) => void = () => undefined) => {
  const config = minimalConfig()
  change(config)
  return configSchema.parse(config)
}
const core = ({ portfolios }: Document) => portfolios['core']!

test('the defaults lie below every ceiling, on any chain', () => {
  expect(ceilingFindings(parse())).toEqual([])
  expect(parse().portfolios['core']).toMatchObject({
    maxLegUsd: '10000',
    limits: {
      turnoverPerCycle: '0.05',
      turnoverPerHour: '0.05',
      turnoverPerDay: '0.15',
      lossPerDay: '0.001',
      inFlightPerBridge: '0.02',
      inFlightOverall: '0.05',
      transactionsPerHour: 30,
      failuresInRow: 3,
      failuresPerHour: 5,
      mayReverse: false,
    },
  })
  expect(parse().startPaused).toBe(true)
})

test('F-80: each limit is refused one step above its ceiling on a public chain, and taken in the sandbox', () => {
  const least = (ceiling: string | number) =>
    typeof ceiling === 'number' ? ceiling + 1 : formatDecimal(parseDecimal(ceiling, 18)! + 1n, 18)
  const beyond: [path: string, change: (config: Document) => void][] = [
    ['portfolios.core.maxLegUsd', (c) => Object.assign(core(c), { maxLegUsd: '100000.01' })],
    ['portfolios.core.limits.mayReverse', (c) => Object.assign(core(c), { limits: { mayReverse: true } })],
    ['portfolios.core.limits.driftFall', (c) => Object.assign(core(c), { limits: { driftFall: '0.09' } })],
    ['prices.guard.maxOffPegBps', (c) => Object.assign(c.prices, { guard: { maxOffPegBps: 301 } })],
    ['prices.guard.maxMoveBps.stable', (c) => Object.assign(c.prices, { guard: { maxMoveBps: { stable: 301 } } })],
    ['prices.guard.windowSeconds', (c) => Object.assign(c.prices, { guard: { windowSeconds: 59 } })],
    ['prices.feeds.ETH.heartbeatSeconds', (c) => Object.assign(c.prices.feeds['ETH']!, { heartbeatSeconds: 86_401 })],
    ['prices.http.0.maxAgeSeconds', (c) => Object.assign(c.prices.http[0]!, { maxAgeSeconds: 121 })],
    ['endpoints.quarantineSeconds', (c) => Object.assign(c, { endpoints: { quarantineSeconds: 59 } })],
    ['server.approvals.cooldownMinutes', (c) => Object.assign(c, { server: { approvals: { cooldownMinutes: 9.9 } } })],
    ['prices.guard.pauseSeconds', (c) => Object.assign(c.prices, { guard: { pauseSeconds: 299 } })],
    ...Object.entries(CEILINGS.limits).map(([name, ceiling]): [string, (config: Document) => void] => [
      `portfolios.core.limits.${name}`,
      (c) => Object.assign(core(c), { limits: { [name]: least(ceiling) } }),
    ]),
  ]
  for (const [path, change] of beyond) {
    expect(checkConsistency(parse(change))).toEqual([])
    const findings = checkConsistency(
      parse((config) => {
        change(config)
        config.chains['alpha']!['chainId'] = 1
      }),
    )
    expect(findings.filter((finding) => finding.startsWith(`${path}: `))).toHaveLength(1)
    expect(findings).toHaveLength(1)
  }
})

test('a hub through which money moves needs a target', () => {
  const findings = checkConsistency(
    parse((config) => Object.assign(core(config), { targets: { ETH: { weight: '1', band: { absolute: '0.1' } } } })),
  )
  expect(findings).toEqual([
    'portfolios.core.targets: expected a target for USD, through which money moves; its weight may be small',
  ])
})
