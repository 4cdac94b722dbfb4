import { describe, expect, it } from '@jest/globals'
import { poolLayouts, type PoolLayout, poolPlans, poolPlansOf } from '../../sandbox/pools.js'

const etherOnCove = (layout: PoolLayout) =>
  poolPlansOf(layout).filter(({ chain, pair }) => chain === 'cove' && pair.join('/') === 'WETH/USDC')

describe('pool layouts', () => {
  it.each(poolLayouts)('%s has no pool twice and differs from the default in one pair of one chain alone', (layout) => {
    const plans = poolPlansOf(layout)
    expect(new Set(plans.map(({ chain, pair, venue }) => `${chain} ${pair.join('/')} ${venue}`)).size).toBe(
      plans.length,
    )
    const changed = new Set(etherOnCove(layout))
    const usual = new Set(etherOnCove('default'))
    expect(plans.filter((plan) => !changed.has(plan))).toEqual(poolPlans.filter((plan) => !usual.has(plan)))
  })

  it('have one pool that both aggregators know, or one for each of them', () => {
    expect(etherOnCove('one-shared').map(({ knownTo }) => knownTo)).toEqual([['lifi', 'zeroex']])
    expect(etherOnCove('other-exchanges')).toMatchObject([
      { venue: 'v3-3000', knownTo: ['lifi'] },
      { venue: 'v2', knownTo: ['zeroex'] },
    ])
    expect(etherOnCove('other-fees')).toMatchObject([
      { venue: 'v3-500', knownTo: ['lifi'] },
      { venue: 'v3-100', knownTo: ['zeroex'] },
    ])
  })
})
