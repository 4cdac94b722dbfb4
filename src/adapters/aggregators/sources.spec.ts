import { describe, expect, it } from '@jest/globals'
import { knownSources } from './sources.js'

describe('the sources of a route', () => {
  it('have one name whatever a venue writes', () => {
    expect(knownSources(['Uniswap_V3', 'uniswapV3', 'Curve', 'PancakeSwap_V2'])).toEqual([
      'curve',
      'pancakeswapv2',
      'uniswapv3',
    ])
  })

  it.each([
    ['nothing', []],
    ['an aggregator beside a pool', ['uniswapV3', '1inch']],
    ['the router of SushiSwap', ['sushiswap']],
    ['a maker that quotes on request', ['Uniswap_V4', '0x_RFQ']],
    ['an exchange that does not name the generation of its pools', ['uniswap']],
    ['a name without a letter', ['Uniswap_V3', '—']],
  ])('are not known for %s', (_name, names) => {
    expect(knownSources(names)).toBeUndefined()
  })
})
