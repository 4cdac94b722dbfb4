import { beforeEach, describe, expect, test } from '@jest/globals'
import { FakeClock } from '../../test/support/fake-clock.js'
import { RecordingObserver } from '../../test/support/fake-ports.js'
import { aPortfolio, FakeWorld } from '../../test/support/fake-world.js'
import { MemoryHistory } from '../../test/support/memory-history.js'
import { aTargetSetting } from '../../test/support/target-setting.js'
import { sha256 } from '../adapters/access/secrets.js'
import { DAY_MS, dayOf } from '../domain/portfolio/price-table.js'
import { seededRandom } from '../domain/statistics/seeded-random.js'
import { ONE_USD } from '../domain/units/usd.js'
import { RATIO_ONE } from '../domain/units/ratio.js'
import { TargetSource, TargetSources } from '../ports/target-source.js'
import { KeepTargets } from './keep-targets.js'
import { LookAhead } from './look-ahead.js'
import { ReadRisk } from './read-risk.js'
import { RecordHistory } from './record-history.js'

const clock = new FakeClock()
let history: MemoryHistory
let observer: RecordingObserver

const partsOf = () => ({
  keepTargets: new KeepTargets({ history, sources: new TargetSources(new Map()), clock, observer }),
  readRisk: new ReadRisk({ history, clock, hash: sha256 }),
  observer,
})
const writing = () => new LookAhead({ recordHistory: new RecordHistory({ history }), ...partsOf() })
const snapshotOf = (world: FakeWorld) =>
  world.start().takeSnapshot.run(aPortfolio(), { transfers: [], unattributed: [] })

/** Two hundred days up to yesterday, the last `wild` of them with moves ten times as large. */
async function remember(wild: number): Promise<void> {
  const draw = seededRandom(11)
  const yesterday = dayOf(clock.now()) - 1
  const prices = new Map([
    ['ETH', 3_000],
    ['BTC', 60_000],
    ['USD', 1],
  ])
  for (let ago = 199; ago >= 0; ago--) {
    for (const asset of ['ETH', 'BTC'])
      prices.set(asset, prices.get(asset)! * Math.exp((ago < wild ? 0.4 : 0.04) * (draw() - 0.5)))
    const rows = [...prices].map(([asset, price]) => ({
      asset,
      day: yesterday - ago,
      price: BigInt(Math.round(price * 1e6)) * 10n ** 12n,
    }))
    await history.importPrices(rows, clock.now())
  }
}

beforeEach(() => {
  history = new MemoryHistory()
  observer = new RecordingObserver()
})

describe('LookAhead', () => {
  test('without records gives the portfolio as it is, and knows nothing', async () => {
    const portfolio = aPortfolio()
    const outlook = await new LookAhead().run(portfolio, await snapshotOf(FakeWorld.drifted()))
    expect(outlook).toEqual({ portfolio, targets: undefined, risk: undefined, covariance: undefined, notes: [] })
  })

  test('without records says which weights stand in for those that a setter has set', async () => {
    const portfolio = { ...aPortfolio(), targetSetting: aTargetSetting({ setter: 'equal' }) }
    const expected = { portfolio, targets: undefined, notes: [expect.stringMatching(/^Weights set by equal .* DATABASE_URL/)] } // prettier-ignore
    expect(await new LookAhead().run(portfolio, await snapshotOf(FakeWorld.drifted()))).toMatchObject(expected)
    expect(await new LookAhead().inForce(portfolio)).toMatchObject(expected)
  })

  test('records what the snapshot saw, and says what it is too little for', async () => {
    const { covariance, notes } = await writing().run(aPortfolio(), await snapshotOf(FakeWorld.drifted()))
    expect(covariance).toBeUndefined()
    expect(notes.join(' ')).toContain('ETH')
    const { days, prices } = await history.dailyPrices(['ETH', 'USD', 'BTC'], 0)
    expect(days).toEqual([dayOf(clock.now())])
    expect(prices).toEqual([[3_000, 1, 60_000]])
    expect(observer.of('risk-read')).toHaveLength(1)
  })

  test('writes nothing where it may only look', async () => {
    const looking = new LookAhead(partsOf())
    await looking.run(aPortfolio(), await snapshotOf(FakeWorld.drifted()))
    expect((await history.dailyPrices(['ETH'], 0)).days).toEqual([])
    expect(await history.latestTargets('core')).toBeUndefined()
  })

  test('asks no source where nothing may be set', async () => {
    const source = { kind: 'file', location: 'x', maxAgeMs: DAY_MS, publicKey: undefined } as const
    const portfolio = aPortfolio({ targetSetting: aTargetSetting({ setter: 'source', source }) })
    const reading = { status: 'refused', code: 'source-unavailable', detail: 'Nobody is there.' } as const
    class Source extends TargetSource {
      override read = () => Promise.resolve(reading)
    }
    const sources = new TargetSources(new Map([[portfolio.id, new Source()]]))
    const parts = { ...partsOf(), keepTargets: new KeepTargets({ history, sources, clock, observer }) }
    const recordHistory = new RecordHistory({ history })
    expect(await new LookAhead({ ...parts, recordHistory }).readSource(portfolio)).toEqual(reading)
    expect(await new LookAhead(parts).readSource(portfolio)).toBeUndefined()
    expect(await new LookAhead().readSource(portfolio)).toBeUndefined()
  })

  test('in calm knows the risk and changes no limit', async () => {
    await remember(0)
    const portfolio = aPortfolio({ caution: { leg: RATIO_ONE / 2n, slippage: RATIO_ONE / 4n } })
    const outlook = await writing().inForce(portfolio)
    expect(outlook.covariance?.assets).toEqual(['ETH', 'USD', 'BTC'])
    expect(outlook.covariance?.matrix[0]![0]).toBeGreaterThan(0.02)
    expect(outlook.risk?.regime?.name).toBe('calm')
    expect(outlook.portfolio.policy.maxLeg).toBe(portfolio.policy.maxLeg)
    expect(outlook.notes).toEqual([])
  })

  test('in stress makes legs smaller and slippage stricter, and says why', async () => {
    await remember(5)
    const portfolio = aPortfolio({ caution: { leg: RATIO_ONE / 2n, slippage: RATIO_ONE / 4n } })
    const outlook = await writing().inForce(portfolio)
    expect(outlook.risk?.regime?.name).toBe('stressed')
    expect(outlook.portfolio.policy.maxLeg).toBe(5_000_000n * ONE_USD)
    expect(outlook.portfolio.maxSlippage).toBe(portfolio.maxSlippage / 4n)
    expect(outlook.notes.join(' ')).toMatch(/stressed.*Legs are smaller and slippage is stricter\./)
  })

  test('a history that fails is told, and keeps nothing from being traded', async () => {
    const broken = () => Promise.reject(new Error('No rows today.'))
    Object.assign(history, { recordPrices: broken, dailyPrices: broken })
    const outlook = await writing().run(aPortfolio(), await snapshotOf(FakeWorld.drifted()))
    expect(outlook.portfolio.policy.targets).toEqual(aPortfolio().policy.targets)
    expect(outlook).toMatchObject({ risk: undefined, covariance: undefined })
    expect(outlook.notes.join(' ')).toContain('taken as unknown')
    expect(observer.of('failed').map(({ what }) => what)).toEqual(['the history of core', 'the risk of core'])
  })

  test('a risk that cannot be read hides no refused targets', async () => {
    Object.assign(history, { dailyPrices: () => Promise.reject(new Error('No rows today.')) })
    const portfolio = aPortfolio({ targetSetting: aTargetSetting({ setter: 'source' }) })
    const { notes } = await writing().run(portfolio, await snapshotOf(FakeWorld.drifted()))
    expect(notes).toEqual([
      'The risk could not be read from the price history: it is taken as unknown.',
      'Targets stay as they are: A source should be configured as targetSetting.source, got none.',
    ])
  })

  test('rests on closes alone: what today brings changes nothing', async () => {
    await remember(0)
    const before = await writing().inForce(aPortfolio())
    await history.recordPrices([{ asset: 'ETH', price: 9_000n * 10n ** 18n }], clock.now())
    expect((await writing().inForce(aPortfolio())).covariance).toEqual(before.covariance)
    clock.pass(DAY_MS)
    expect((await writing().inForce(aPortfolio())).covariance).not.toEqual(before.covariance)
  })
})
