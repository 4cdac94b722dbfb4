import { describe, expect, test } from '@jest/globals'
import { bySection, configLines, countText, searchLines } from './config-lines.js'

const config = {
  chains: { mainnet: { chainId: 1, rpc: [{ url: 'http://127.0.0.1:8545' }] } },
  portfolios: [{ id: 'core', targets: { eth: { weight: '0.5' } }, bridges: [] }],
  server: { port: 3000, proxy: null },
}

describe('configuration as lines', () => {
  const lines = configLines(config)

  test('has every value with its path', () => {
    expect(lines).toEqual([
      { path: 'chains.mainnet.chainId', value: '1' },
      { path: 'chains.mainnet.rpc[0].url', value: 'http://127.0.0.1:8545' },
      { path: 'portfolios[0].id', value: 'core' },
      { path: 'portfolios[0].targets.eth.weight', value: '0.5' },
      { path: 'portfolios[0].bridges', value: '[]' },
      { path: 'server.port', value: '3000' },
      { path: 'server.proxy', value: 'null' },
    ])
  })

  test('is found by words of path and value together', () => {
    expect(searchLines(lines, 'ETH weight')).toEqual([{ path: 'portfolios[0].targets.eth.weight', value: '0.5' }])
    expect(searchLines(lines, 'rpc 8545')).toHaveLength(1)
    expect(searchLines(lines, '  ')).toEqual(lines)
    expect(searchLines(lines, 'no such thing')).toEqual([])
  })

  test('falls into sections without losing a line', () => {
    const sections = bySection(lines)
    expect(sections.map(({ name }) => name)).toEqual(['chains', 'portfolios', 'server'])
    expect(sections.flatMap((one) => one.lines)).toEqual(lines)
  })

  test('an empty section has no value', () => {
    const counts = bySection(configLines({ notifications: [], venues: {}, port: 1, server: { a: 1, b: [] } }))
    expect(counts.map((one) => countText(one.lines))).toEqual(['none', 'none', 'one value', '2 values'])
  })
})
