import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { PoolLayout } from '../../sandbox/pools.js'
import { checkChains, type Verdict } from '../checker/check-chains.js'
import { takeBaseline } from '../checker/chain-record.js'
import { excessOf, outsideBand, weigh } from '../checker/weights.js'
import { startDaemon } from '../support/daemon-process.js'
import { createTestDatabase, type TestDatabase } from '../support/database.js'
import {
  type CycleDetail,
  cycleOf,
  type PlanDetail,
  spentUsd,
  standStill,
  targetsOf,
  tradingCycle,
  untilOnTarget,
} from '../support/rally.js'
import { keepOnly, startSandboxWorld } from '../support/sandbox-world.js'

/** A sale of ether by a daemon that knows `cove` alone, once everything about it is over. */
interface Sale {
  readonly plan: PlanDetail
  readonly legs: CycleDetail['legs']
  readonly verdict: Verdict
  readonly outside: readonly string[]
  readonly promisedUsd: number
  /** What the account lost, from its balances, at the prices of the decision. */
  readonly spentUsd: number
  readonly tradedUsd: number
}

const cleanups: (() => Promise<void>)[] = []
const sales = new Map<PoolLayout, Promise<Sale>>()

/** Ether is 87 % of what lies on `cove` and is to be 80 %: about 800,000 USD of it are sold. Prices stand still. */
async function sellOn(pools: PoolLayout, database: TestDatabase): Promise<Sale> {
  const world = await startSandboxWorld('calm', { pools })
  cleanups.push(() => world.stop())
  await standStill(world)
  const config = await world.config((file) => {
    keepOnly(file, world.world, 'cove')
    const treasury = file.portfolios['treasury']!
    treasury.rebalancing.cooldownSeconds = 600
    treasury.rebalancing.reset = 'target'
    treasury.maxLossBps.major = 100
    treasury.targets = {
      ETH: { weight: '0.80', band: { absolute: '0.03' } },
      USDC: { weight: '0.16', band: { absolute: '0.10' } },
      DAI: { weight: '0.04', band: { absolute: '0.03' } },
    }
  })
  const targets = await targetsOf(config)
  const seen = { ...world, world: { ...world.world, chains: world.world.chains.filter(({ key }) => key === 'cove') } }
  const { prices } = await world.control.state()
  const before = await weigh(seen.world, world.treasury, prices)
  if (outsideBand(before, targets).length === 0) throw new Error('Nothing is out of its band.')
  const baseline = await takeBaseline(world.world, world.treasury)

  const daemon = await startDaemon({ config, databaseUrl: database.url })
  cleanups.push(() => daemon.kill())
  const { id } = await tradingCycle(daemon)
  await untilOnTarget(seen, daemon, targets, 60_000)
  const { plan, legs, prices: decided } = await cycleOf(daemon, id)
  daemon.signal('SIGTERM')
  await daemon.ended
  if (!plan) throw new Error(`Cycle ${id} traded without a plan.`)

  const decidedUsd = Object.fromEntries(Object.entries(decided).map(([asset, usd]) => [asset, Number(usd)]))
  const expected = { pricesUsd: prices, excessUsd: excessOf(before, targets) }
  return {
    plan,
    legs,
    verdict: await checkChains(await world.describe(), baseline, expected),
    outside: outsideBand(await weigh(seen.world, world.treasury, prices), targets),
    promisedUsd: Number(plan.cost.totalUsd),
    spentUsd: await spentUsd(world.world, baseline, decidedUsd),
    tradedUsd: plan.legs.reduce((sum, { sell }) => sum + Number(sell.amount) * decidedUsd['ETH']!, 0),
  }
}

beforeAll(async () => {
  // The sales wait far more than they work, so that they run side by side, each in a world of its own.
  for (const layout of ['one-shared', 'other-exchanges', 'other-fees'] as const) {
    const database = await createTestDatabase()
    cleanups.push(() => database.drop())
    const sale = sellOn(layout, database)
    sale.catch(() => undefined)
    sales.set(layout, sale)
  }
}, 60_000)

afterAll(async () => {
  await Promise.allSettled(sales.values())
  for (const clean of cleanups.toReversed()) await clean()
}, 60_000)

const caseTimeoutMs = 120_000

const etherSales = ({ plan }: Sale) =>
  plan.legs.filter(({ sell, expectedOut }) => sell.symbol.endsWith('ETH') && expectedOut.symbol === 'USDC')

const expectSold = ({ verdict, outside, legs }: Sale, swaps: number) => {
  expect(verdict.findings).toEqual([])
  expect(verdict.counts).toMatchObject({ swaps, deposits: 0 })
  expect(legs.map(({ state }) => state)).toEqual(Array.from({ length: swaps }, () => 'done'))
  expect(outside).toEqual([])
}

/** The world stands still and legs that share no pool do not move each other: what was promised is what comes. */
const expectPromiseKept = ({ promisedUsd, spentUsd: spent, tradedUsd }: Sale) => {
  expect(tradedUsd).toBeGreaterThan(600_000)
  expect(promisedUsd).toBeGreaterThan(0)
  expect(Math.abs(spent / promisedUsd - 1)).toBeLessThan(0.01)
}

describe('two aggregators that quote the same pool', () => {
  it(
    'are not split between',
    async () => {
      const sale = await sales.get('one-shared')!
      expect(sale.plan.legs).toHaveLength(1)
      expect(etherSales(sale)).toHaveLength(1)
      expect(sale.plan.separatePools).toEqual([])
      // Both were asked, so that there was something to be tempted by.
      expect(sale.plan.legs[0]!.alternatives).toMatchObject([{ refusal: null }])
      expectSold(sale, 1)
      expectPromiseKept(sale)
    },
    caseTimeoutMs,
  )
})

describe('two aggregators with a pool each', () => {
  const proofs: [string, PoolLayout, string][] = [
    ['at two exchanges, as their fill lists tell', 'other-exchanges', 'fill-lists'],
    ['at one exchange, as only a simulation of both trades tells', 'other-fees', 'joint-simulation'],
  ]

  it.each(proofs)(
    '%s, share a sale and deliver what was promised',
    async (_name, layout, proof) => {
      const sale = await sales.get(layout)!
      expect(sale.plan.separatePools).toMatchObject([{ group: 'ETH on cove, sell', proof }])
      expect([...sale.plan.separatePools[0]!.venues].toSorted()).toEqual(['lifi', 'zeroex'])
      expect(sale.plan.legs).toHaveLength(2)
      expect(
        etherSales(sale)
          .map(({ venue }) => venue)
          .toSorted(),
      ).toEqual(['lifi', 'zeroex'])
      expect(sale.legs.map(({ venue }) => venue).toSorted()).toEqual(['lifi', 'zeroex'])
      expectSold(sale, 2)
      expectPromiseKept(sale)
    },
    caseTimeoutMs,
  )

  it(
    'cost less together than either alone',
    async () => {
      const { plan, promisedUsd } = await sales.get('other-exchanges')!
      const naive = plan.alternatives.find(({ name }) => name === 'naive')!
      expect(promisedUsd).toBeLessThan(0.95 * Number(naive.costUsd))
    },
    caseTimeoutMs,
  )
})
