import type { Instance } from '../../bench/planner/instance.js'

/** Two assets and a hub on two chains; one pool against the hub each, a second for AAA on the first chain. */
export function anInstance(changes: Partial<Instance> = {}): Instance {
  return {
    format: 'evenkeel-planner-instance/1',
    venues: ['one', 'two'],
    assets: [
      { key: 'USD', class: 'stable', priceUsd: 1, decimals: 6 },
      { key: 'AAA', class: 'major', priceUsd: 100, decimals: 18 },
      { key: 'BBB', class: 'other', priceUsd: 2, decimals: 8 },
    ],
    chains: [
      { key: 'east', hub: 'USD', gas: { usdPerUnit: 1e-6 }, nativeUsd: 100 },
      { key: 'west', hub: 'USD', gas: { swapUsd: 0.2, bridgeUsd: 0.3, approvalUsd: 0.05 }, nativeUsd: 100 },
    ],
    balances: [
      { asset: 'USD', chain: 'east', amount: 300_000 },
      { asset: 'AAA', chain: 'east', amount: 4_500 },
      { asset: 'BBB', chain: 'west', amount: 125_000 },
    ],
    targets: [
      { asset: 'USD', weight: 0.3, band: 0.01, lower: 0.295, upper: 0.305 },
      { asset: 'AAA', weight: 0.4, band: 0.01, lower: 0.395, upper: 0.405 },
      { asset: 'BBB', weight: 0.3, band: 0.01, lower: 0.295, upper: 0.305 },
    ],
    pools: [
      pool('east1', 'east', 'AAA', 100_000, 'USD', 10_000_000, 30, ['one', 'two']),
      pool('east2', 'east', 'AAA', 50_000, 'USD', 5_000_000, 5, ['two']),
      pool('west1', 'west', 'BBB', 4_000_000, 'USD', 8_000_000, 30, ['one', 'two']),
    ],
    bridges: [
      {
        key: 'swift',
        asset: 'USD',
        from: 'east',
        to: 'west',
        feeBps: 4,
        fixedFeeUsd: 1,
        capacityUsd: 80_000,
        seconds: 60,
        venues: ['one'],
      },
      {
        key: 'canal',
        asset: 'USD',
        from: 'east',
        to: 'west',
        feeBps: 8,
        fixedFeeUsd: 2,
        seconds: 600,
        venues: ['two'],
      },
    ],
    limits: {
      minimumTradeUsd: 50,
      maxLegUsd: 500_000,
      maxLegs: 20,
      maxLossBps: { stable: 50, major: 150, other: 400 },
      maxBridgeLossBps: 100,
    },
    ...changes,
  }
}

function pool(
  key: string,
  chain: string,
  first: string,
  much: number,
  second: string,
  muchOfSecond: number,
  feeBps: number,
  venues: string[],
): Instance['pools'][number] {
  return { key, chain, assets: [first, second], reserves: [much, muchOfSecond], feeBps, venues }
}
