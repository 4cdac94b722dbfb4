import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { formatUnits, parseEther, parseUnits } from 'viem'
import { parse, stringify } from 'yaml'
import { NATIVE, type Token } from '../../src/domain/assets.js'
import type { Cycle } from '../../src/domain/execution/cycle.js'
import type { Leg } from '../../src/domain/planning/plan.js'
import { ownMinimumOut } from '../../src/domain/policy/limits.js'
import { amountOf, type TokenAmount } from '../../src/domain/units/amount.js'
import { mulDiv, RATIO_ONE, ratioOfBasisPoints } from '../../src/domain/units/ratio.js'
import { ONE_USD, type Usd, valueOf } from '../../src/domain/units/usd.js'
import type { Baseline } from '../checker/chain-record.js'
import type { EditableConfig } from '../support/sandbox-world.js'
import { aCycle, aLeg, aMarket, aRun } from '../support/builders.js'
import { seededRandom } from '../../sandbox/randomness.js'
import type { BridgeOutcome } from '../../sandbox/faults.js'
import type { Flow } from './cells.js'
import type { MatrixWorld } from './world.js'

/** More than any of the trades may cost here. */
const maxLoss = ratioOfBasisPoints(120)

export const portfolioId = 'treasury'

/** What the bridge does with the crossing of a flow. */
export const OUTCOMES: Readonly<Partial<Record<Flow, BridgeOutcome>>> = {
  'bridge-refund': 'refund',
  'bridge-partial': 'partial',
}

/** Whether the trade of the flow is to wait until its fee is too low. */
export const isStalled = (flow: Flow) => flow === 'replacement' || flow === 'cancel'

/** A cycle with the flow's one leg, as a daemon writes it down before it trades. No two seeds sell the same amount. */
export function cycleOf(world: MatrixWorld, flow: Flow, seed: number, startedAt: number): Cycle {
  const leg = legOf(world, flow, seed)
  const id = `${portfolioId}-${new Date(startedAt).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`
  return aCycle({
    id,
    portfolio: portfolioId,
    startedAt,
    market: marketOf(world),
    legs: [aRun({ leg: { ...leg, id: `${id}.1` } })],
  })
}

function legOf(world: MatrixWorld, flow: Flow, seed: number): Leg {
  const draw = seededRandom(seed)
  const [home, away] = world.chains
  const share = 500 + draw() * 500
  const token = (chain: string, symbol: string): Token => {
    const found = world.world.tokens.find((one) => one.chain === chain && one.symbol === symbol)!
    return { ...found }
  }
  const usdc = token(home.key, 'USDC')
  const coin: Token = { chain: home.key, asset: 'ETH', symbol: 'ETH', address: NATIVE, decimals: 18 }
  switch (flow) {
    case 'plan':
    case 'swap':
    case 'replacement':
      return legBetween(world, amountOf(coin, parseEther((share / 1000).toFixed(18))), usdc, 'swap', '')
    case 'approve-swap':
    case 'cancel':
      return legBetween(
        world,
        amountOf(usdc, parseUnits((share * 3).toFixed(6), 6)),
        token(home.key, 'WETH'),
        'swap',
        '',
      )
    case 'bridge':
    case 'bridge-refund':
    case 'bridge-partial':
      return legBetween(
        world,
        amountOf(usdc, parseUnits((share * 3).toFixed(6), 6)),
        token(away.key, 'USDC'),
        'bridge',
        'swift',
      )
  }
}

function legBetween(world: MatrixWorld, sell: TokenAmount, buy: Token, kind: Leg['kind'], tool: string): Leg {
  const market = marketOf(world)
  const worth = valueOf(sell, market.prices.get(sell.token.asset)!, 'down')
  const units = mulDiv(worth, 10n ** BigInt(buy.decimals), market.prices.get(buy.asset)!, 'down')
  return aLeg({
    kind,
    sell,
    expectedOut: amountOf(buy, mulDiv(units, RATIO_ONE - maxLoss / 2n, RATIO_ONE, 'down')),
    minimumOut: ownMinimumOut(market, sell, buy, maxLoss),
    maxLoss,
    venue: 'lifi',
    tool,
    alternatives: [],
    reason: 'The crash matrix wants it.',
  })
}

function marketOf({ prices, world }: MatrixWorld): Cycle['market'] {
  const assets = [...new Set(world.tokens.map(({ asset }) => asset))]
  return {
    ...aMarket(),
    prices: new Map(
      assets.map((asset) => [asset, (BigInt(Math.round(prices.usd(asset) * 1e8)) * ONE_USD) / 10n ** 8n]),
    ),
    gas: new Map(
      world.chains.map(({ key }) => [key, { gasPrice: 100_000_000n, nativeAsset: 'ETH', nativeDecimals: 18 }]),
    ),
  }
}

/**
 * The configuration of a daemon that has to plan by itself: its targets ask for a little less coin and a little more of the
 * stable one than the account has.
 */
export async function planningConfig(world: MatrixWorld, { chains }: Baseline): Promise<string> {
  const { prices } = marketOf(world)
  const worth = new Map<string, Usd>()
  for (const { chain, holdings } of chains)
    for (const [address, units] of holdings) {
      const token = world.world.tokens.find((one) => one.chain === chain && one.address.toLowerCase() === address)
      const { asset, decimals } = token ?? { asset: 'ETH', decimals: 18 }
      const value = mulDiv(units, prices.get(asset)!, 10n ** BigInt(decimals), 'down')
      worth.set(asset, (worth.get(asset) ?? 0n) + value)
    }
  const nav = [...worth.values()].reduce((sum, value) => sum + value, 0n)
  const sale = 4_000n * ONE_USD
  const shift: Readonly<Record<string, Usd>> = { ETH: -sale, USDC: sale }
  const weights = [...worth].map(
    ([asset, value]) => [asset, mulDiv(value + (shift[asset] ?? 0n), RATIO_ONE, nav, 'down')] as const,
  )
  const rest = RATIO_ONE - weights.reduce((sum, [, weight]) => sum + weight, 0n)
  const config = parse(await readFile(world.config, 'utf8')) as EditableConfig
  const portfolio = config.portfolios[portfolioId]!
  portfolio.targets = Object.fromEntries(
    weights.map(([asset, weight], index) => [
      asset,
      {
        weight: formatUnits(weight + (index === 0 ? rest : 0n), 18),
        band: { absolute: formatUnits(mulDiv(sale, RATIO_ONE, 2n * nav, 'down'), 18) },
      },
    ]),
  )
  Object.assign(portfolio, { minimumTradeUsd: '500', rebalancing: { reset: 'target', cooldownSeconds: 600 } })
  const file = join(world.dir, 'planning.yaml')
  await writeFile(file, stringify(config))
  return file
}
