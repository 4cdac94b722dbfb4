import { describe, expect, test } from '@jest/globals'
import { scopesIn } from './scopes.js'

describe('what can be paused', () => {
  test('everything that the configuration names, bridges of venues too, each once', () => {
    const config = {
      portfolios: { core: {} },
      chains: { mainnet: {} },
      assets: { ETH: {} },
      venues: { lifi: { bridges: ['across', 'hop'] }, zeroex: {} },
      bridges: { across: {} },
    }
    expect(scopesIn({ config }).flatMap(({ scopes }) => scopes)).toEqual([
      'all',
      'portfolio:core',
      'chain:mainnet',
      'asset:ETH',
      'venue:lifi',
      'venue:zeroex',
      'bridge:across',
      'bridge:hop',
    ])
  })

  test('a configuration that is not understood leaves everything as one', () => {
    expect(scopesIn({ config: { chains: null, venues: { x: null } } }).map(({ group }) => group)).toEqual([
      'Everything',
      'Venues',
    ])
  })
})
