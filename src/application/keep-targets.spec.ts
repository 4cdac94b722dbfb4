import { describe, expect, test } from '@jest/globals'
import { NOW } from '../../test/support/builders.js'
import { FakeClock } from '../../test/support/fake-clock.js'
import { RecordingObserver } from '../../test/support/fake-ports.js'
import { aPortfolio as inWorld } from '../../test/support/fake-world.js'
import { MemoryHistory } from '../../test/support/memory-history.js'
import { aPriceTable, rowsOf } from '../../test/support/price-history.js'
import { aTargetSetting } from '../../test/support/target-setting.js'
import { percentOf } from '../../test/support/targets.js'
import type { Portfolio } from '../domain/policy/portfolio.js'
import { FIRST_UNIT } from '../domain/portfolio/unit-value.js'
import { setTargets } from '../domain/targets/set-targets.js'
import type { TargetDocument } from '../domain/targets/target-document.js'
import type { TargetInput } from '../domain/targets/target-input.js'
import { refuseTargets } from '../domain/targets/target-refusal.js'
import type { TargetSetting } from '../domain/targets/target-setting.js'
import { NO_LIMITS } from '../domain/targets/weight-limits.js'
import { type Ratio, RATIO_ONE, ratioToNumber } from '../domain/units/ratio.js'
import { type DocumentReading, TargetSource, TargetSources } from '../ports/target-source.js'
import { KeepTargets, type KeptTargets } from './keep-targets.js'

const DAY_MS = 86_400_000
const TODAY = Math.floor(NOW / DAY_MS)
const source = { kind: 'file', location: 'x', maxAgeMs: DAY_MS, publicKey: undefined } as const

/** ETH 50 %, USD 30 %, BTC 20 % by configuration. */
const aPortfolio = (setting: Partial<TargetSetting> = {}, changes: Partial<Portfolio> = {}): Portfolio =>
  inWorld({ targetSetting: aTargetSetting(setting), ...changes })

/** Says what it is told to. */
class FakeSource extends TargetSource {
  reading: DocumentReading = refuseTargets('source-unavailable', 'Nobody is there.')
  reads = 0

  override read(): Promise<DocumentReading> {
    this.reads += 1
    return Promise.resolve(this.reading)
  }

  says(weights: Readonly<Record<string, string>>, changes: Partial<TargetDocument> = {}): void {
    const document = { portfolio: 'core', setAt: NOW - 1_000, weights, isSigned: false, ...changes }
    this.reading = { status: 'read', document }
  }
}

class Scene {
  readonly clock = new FakeClock()
  readonly history = new MemoryHistory()
  readonly observer = new RecordingObserver()
  readonly source = new FakeSource()

  /** As a process that has just started. */
  keeper(): KeepTargets {
    const sources = new TargetSources(new Map([['core', this.source]]))
    return new KeepTargets({ history: this.history, sources, clock: this.clock, observer: this.observer })
  }

  async run(portfolio: Portfolio): Promise<KeptTargets> {
    const keeper = this.keeper()
    return keeper.run(portfolio, undefined, await keeper.readSource(portfolio))
  }

  async percents(portfolio: Portfolio): Promise<number[]> {
    return percentsOf((await this.run(portfolio)).portfolio)
  }

  /** Two years of prices up to yesterday, in which BTC is as wild as ETH by half and USD does not move. */
  async withPrices(): Promise<this> {
    const walks = [{ asset: 'ETH', daily: 0.04 }, { asset: 'BTC', daily: 0.02 }, { asset: 'USD', daily: 0.0001 }] // prettier-ignore
    await this.history.importPrices(rowsOf(aPriceTable(walks, TODAY - 400, TODAY - 1)), NOW)
    return this
  }

  async withUnit(day: number, unit: number): Promise<this> {
    const parts = { since: TODAY - 9, nav: 0n, flow: 0n, parts: [], observedAt: day * DAY_MS }
    await this.history.recordUnit('core', { ...parts, day, unit: BigInt(Math.round(unit * 1e6)) * (FIRST_UNIT / 10n ** 6n) }) // prettier-ignore
    return this
  }

  /** Status of everything written, oldest first. */
  async written(): Promise<string[]> {
    const sets = await this.history.targets({ portfolio: 'core', limit: 99 })
    return sets.map((one) => (one.status === 'set' ? one.setter : one.code)).toReversed()
  }

  told(): string[] {
    return this.observer.events.map((one) => (one.type === 'targets-refused' ? one.code : one.type))
  }
}

/** Of ETH, USD and BTC. */
function percentsOf({ policy }: Portfolio): number[] {
  expect(policy.targets.reduce((sum, { weight }) => sum + weight, 0n)).toBe(RATIO_ONE)
  return policy.targets.map(({ weight }) => Math.round(ratioToNumber(weight) * 10_000) / 100)
}

describe('fixed weights', () => {
  const fixed = aPortfolio({ setter: 'fixed', parameters: { weights: { ETH: 0.5, USD: 0.3, BTC: 0.2 } } })

  test('are taken as configured and written down when they change', async () => {
    const scene = new Scene()
    const { portfolio, targets } = await scene.run(fixed)
    expect(portfolio).toEqual(fixed)
    expect(targets).toMatchObject({ setter: 'fixed', setAt: NOW, reasons: ['Weights are fixed, as configured.'] })
    scene.clock.pass(9 * DAY_MS)
    await scene.run(fixed)
    expect(await scene.written()).toEqual(['fixed'])
    const [eth, usd, btc] = fixed.policy.targets
    const other = { ...fixed, policy: { ...fixed.policy, targets: [{ ...eth!, weight: usd!.weight }, { ...usd!, weight: eth!.weight }, btc!] } } // prettier-ignore
    expect(await scene.percents(other)).toEqual([30, 50, 20])
    await scene.run(other)
    expect(await scene.written()).toEqual(['fixed', 'fixed'])
    expect(scene.told()).toEqual(['targets-set', 'targets-set'])
  })

  test('count again at once after another setter', async () => {
    const scene = new Scene()
    expect(await scene.percents(aPortfolio())).toEqual([33.33, 33.33, 33.33])
    expect(await scene.percents(fixed)).toEqual([50, 30, 20])
    expect(await scene.written()).toEqual(['equal', 'fixed'])
  })

  test('are not held back by limits and smoothing', async () => {
    const scene = new Scene()
    await scene.run(aPortfolio())
    const limited = { ...NO_LIMITS, perAsset: percentOf(34) }
    const parameters = { weights: { ETH: 0.5, USD: 0.3, BTC: 0.2 } }
    const held = aPortfolio({ setter: 'fixed', parameters, limits: limited, maxChangePerDay: percentOf(1) })
    expect(await scene.percents(held)).toEqual([50, 30, 20])
  })
})

describe('a setter', () => {
  test('is asked once a UTC day, whoever asks, and when the setting changes', async () => {
    const scene = new Scene()
    const keep = async (passed: number, portfolio = aPortfolio()) => {
      scene.clock.pass(passed)
      await scene.run(portfolio)
      return (await scene.written()).length
    }
    expect(await keep(0)).toBe(1)
    expect(await keep(DAY_MS / 2 - 1)).toBe(1)
    expect(await keep(1)).toBe(2)
    expect(await keep(0, aPortfolio({ limits: { ...NO_LIMITS, perAsset: percentOf(60) } }))).toBe(3)
    expect(await keep(0, aPortfolio({ limits: { ...NO_LIMITS, perAsset: percentOf(60) } }))).toBe(3)
    expect(scene.told()).toEqual(['targets-set', 'targets-set', 'targets-set'])
  })

  test('is given the covariance of the last year, and what it makes of it can be made again from what is written', async () => {
    const scene = await new Scene().withPrices()
    const setting = { setter: 'inverse-volatility', parameters: {} }
    const { portfolio, targets } = await scene.run(aPortfolio(setting))
    const [eth, usd, btc] = percentsOf(portfolio)
    expect(btc! / eth!).toBeGreaterThan(1.7)
    expect(btc! / eth!).toBeLessThan(2.3)
    expect(usd).toBeGreaterThan(90)
    const latest = (await scene.history.latestTargets('core'))!
    expect(targets).toMatchObject({ setter: 'inverse-volatility', inputsHash: latest.inputsHash, refusal: undefined })
    const { input } = JSON.parse(latest.inputs) as { input: TargetInput }
    const again = setTargets(aTargetSetting(setting), { ...input, current: undefined })
    expect(again).toMatchObject({ status: 'set', weights: portfolio.policy.targets.map(({ weight }) => weight) })
  })

  test('is given closes alone: prices of today change nothing', async () => {
    const setting = { setter: 'inverse-volatility', parameters: {} }
    const [one, other] = [await new Scene().withPrices(), await new Scene().withPrices()]
    const prices = ['ETH', 'USD', 'BTC'].map((asset, place) => ({ asset, price: 10n ** BigInt(18 + place) }))
    await other.history.recordPrices(prices, NOW)
    expect(await other.percents(aPortfolio(setting))).toEqual(await one.percents(aPortfolio(setting)))
  })

  test('that cannot set targets leaves the configured weights, told once a day with the reason', async () => {
    const scene = new Scene()
    const blind = aPortfolio({ setter: 'inverse-volatility' })
    const { portfolio, targets } = await scene.run(blind)
    expect(percentsOf(portfolio)).toEqual([50, 30, 20])
    const detail =
      'Prices are too few to tell volatilities and correlations. Record or import more, or use fixed targets meanwhile. Of the last 365 days there are 0 on which ETH, USD, BTC all have a return, 60 are needed.'
    expect(targets).toMatchObject({
      setter: undefined,
      refusal: { status: 'refused', code: 'covariance-unknown', detail },
    })
    scene.clock.pass(1_000)
    await scene.run(blind)
    expect(scene.observer.of('targets-refused')).toEqual([
      { type: 'targets-refused', portfolio: 'core', setter: 'inverse-volatility', code: 'covariance-unknown', detail },
    ])
    scene.clock.pass(DAY_MS)
    await scene.run(blind)
    expect(await scene.written()).toEqual(['covariance-unknown', 'covariance-unknown'])
  })

  test('that was refused is asked again as soon as it can set targets, on the same day', async () => {
    const scene = new Scene()
    const blind = aPortfolio({ setter: 'inverse-volatility' })
    await scene.run(blind)
    await scene.withPrices()
    expect((await scene.run(blind)).targets.setter).toBe('inverse-volatility')
    expect(scene.told()).toEqual(['covariance-unknown', 'targets-set'])
  })

  test('that cannot set targets leaves those in force, whoever set them', async () => {
    const scene = new Scene()
    await scene.run(aPortfolio())
    const { portfolio, targets } = await scene.run(aPortfolio({ setter: 'inverse-volatility' }))
    expect(percentsOf(portfolio)).toEqual([33.33, 33.33, 33.33])
    expect(targets).toMatchObject({ setter: 'equal', setAt: NOW, refusal: { code: 'covariance-unknown' } })
  })

  test('nobody knows is refused', async () => {
    const { targets } = await new Scene().run(aPortfolio({ setter: 'oracle' }))
    expect(targets.refusal).toMatchObject({ code: 'unknown-setter' })
  })

  test('moves targets no farther in a day than it may, from those in force', async () => {
    const scene = new Scene()
    const fixed = { setter: 'fixed', parameters: {} }
    await scene.run(aPortfolio(fixed))
    scene.clock.pass(DAY_MS)
    const slow = aPortfolio({ maxChangePerDay: percentOf(5) })
    // From 50, 30 and 20 to a third each.
    expect(await scene.percents(slow)).toEqual([45, 31, 24])
    scene.clock.pass(DAY_MS)
    expect(await scene.percents(slow)).toEqual([40, 32, 28])
  })

  test('moves the first targets no farther than a day allows from the configured weights', async () => {
    const scene = new Scene()
    const slow = aPortfolio({ maxChangePerDay: percentOf(5) })
    expect(await scene.percents(slow)).toEqual([45, 31, 24])
    expect(await scene.percents(slow)).toEqual([45, 31, 24])
    scene.clock.pass(DAY_MS)
    expect(await scene.percents(slow)).toEqual([40, 32, 28])
  })

  test('may go a day’s change from the configured weights, however long it could set none', async () => {
    const scene = new Scene()
    const slow = aPortfolio({ setter: 'inverse-volatility', maxChangePerDay: percentOf(5) })
    await scene.run(slow)
    scene.clock.pass(9 * DAY_MS)
    await scene.withPrices()
    // Nearly everything is wanted in USD.
    expect((await scene.percents(slow))[1]).toBe(35)
  })

  test('shares out what an asset had that lost its target', async () => {
    const scene = new Scene()
    await scene.run(aPortfolio())
    const { policy } = aPortfolio()
    const two = aPortfolio({ setter: 'inverse-volatility' }, { policy: { ...policy, targets: policy.targets.slice(0, 2) } }) // prettier-ignore
    expect(await scene.percents(two)).toEqual([50, 50])
  })

  test('that steers what is at risk is given its own last exposure, and nobody else’s', async () => {
    const scene = await new Scene().withPrices()
    const target = { setter: 'volatility-target', parameters: { volatility: 0.1, stable: 'USD' } }
    const first = await scene.run(aPortfolio(target))
    expect(first.targets.exposure).toBeGreaterThan(0.1)
    const currentOf = async () => {
      const { input } = JSON.parse((await scene.history.latestTargets('core'))!.inputs) as { input: TargetInput }
      return input.current
    }
    expect(await currentOf()).toMatchObject({ setAt: NOW - DAY_MS })
    expect((await currentOf())?.exposure).toBeUndefined()
    scene.clock.pass(DAY_MS)
    await scene.run(aPortfolio(target))
    expect((await currentOf())?.exposure).toBe(first.targets.exposure)
    await scene.run(aPortfolio({ setter: 'cppi', parameters: { floor: 0.8 } }))
    await scene.withUnit(TODAY, 1)
    await scene.run(aPortfolio({ setter: 'cppi', parameters: { floor: 0.8 } }))
    expect(await currentOf()).toMatchObject({ weights: expect.anything() })
    expect((await currentOf())?.exposure).toBeUndefined()
  })
})

describe('a floor', () => {
  const cppi = aPortfolio({ setter: 'cppi', parameters: { floor: 0.8, multiplier: 2 } })

  test('is refused without a history of NAV', async () => {
    expect((await new Scene().run(cppi)).targets.refusal).toMatchObject({ code: 'nav-unknown' })
  })

  test('is that of the day before it was set, and follows what a unit is worth', async () => {
    const scene = await new Scene().withUnit(TODAY - 2, 3)
    await scene.withUnit(TODAY - 1, 2)
    await scene.withUnit(TODAY, 2)
    // Twice the fifth that is above the floor.
    expect(await scene.percents(cppi)).toEqual([20, 60, 20])
    scene.clock.pass(DAY_MS)
    await scene.withUnit(TODAY + 1, 1.7)
    const [eth, usd] = await scene.percents(cppi)
    // (1.7 − 1.6) ÷ 1.7, twice.
    expect([eth, usd]).toEqual([5.88, 88.24])
    scene.clock.pass(DAY_MS)
    await scene.withUnit(TODAY + 2, 1.5)
    expect(await scene.percents(cppi)).toEqual([0, 100, 0])
  })

  test('takes risk off the configured weights at once, and adds to it by a day’s change', async () => {
    const slow = (changes: object) => aPortfolio({ ...cppi.targetSetting, ...changes, maxChangePerDay: percentOf(5) })
    const scene = await new Scene().withUnit(TODAY - 1, 2)
    expect(await scene.percents(slow({}))).toEqual([20, 60, 20])
    const other = await new Scene().withUnit(TODAY - 1, 2)
    expect(await other.percents(slow({ parameters: { floor: 0, multiplier: 1 } }))).toEqual([50, 25, 25])
  })

  test('is set anew after another setter', async () => {
    const scene = await new Scene().withUnit(TODAY - 1, 2)
    await scene.run(cppi)
    scene.clock.pass(DAY_MS)
    await scene.withUnit(TODAY, 1.2)
    await scene.run(aPortfolio())
    scene.clock.pass(DAY_MS)
    await scene.withUnit(TODAY + 1, 1.5)
    expect(await scene.percents(cppi)).toEqual([20, 60, 20])
  })

  describe.each(['cppi', 'tipp'])('of %s, when half of the fund has left and is booked as lost', (setter) => {
    const floor = aPortfolio({ setter, parameters: { floor: 0.8, multiplier: 2 } })
    const fixed = aPortfolio({ setter: 'fixed' })
    const afterLoss = async () => {
      const scene = await new Scene().withUnit(TODAY - 1, 2)
      expect(await scene.percents(floor)).toEqual([20, 60, 20])
      return scene.withUnit(TODAY, 1)
    }
    const nextDay = async (scene: Scene, day: number) => {
      scene.clock.pass(DAY_MS)
      await scene.withUnit(day, 1)
    }

    test('has nothing at risk from the next day on', async () => {
      const scene = await afterLoss()
      expect(await scene.percents(floor)).toEqual([20, 60, 20])
      await nextDay(scene, TODAY + 1)
      expect(await scene.percents(floor)).toEqual([0, 100, 0])
    })

    test('starts anew from what is left after another setter and on a later day, and stays there', async () => {
      const scene = await afterLoss()
      await scene.run(fixed)
      for (const day of [TODAY + 1, TODAY + 2]) {
        await nextDay(scene, day)
        expect(await scene.percents(floor)).toEqual([20, 60, 20])
      }
      const { reasons } = (await scene.run(floor)).targets
      expect(reasons[0]).toMatch(/^The floor is 80\.0 % of .*: 80\.0 % of NAV now\.$/)
    })

    test('does not on the day of the loss, which began before it', async () => {
      const scene = await afterLoss()
      await scene.run(fixed)
      expect(await scene.percents(floor)).toEqual([0, 100, 0])
    })
  })
})

describe('a source', () => {
  const own = (changes: Partial<TargetSetting> = {}) => aPortfolio({ setter: 'source', source, ...changes })
  const weights = { ETH: '0.6', USD: '0.3', BTC: '0.1' }

  test('sets the weights it gives, exactly, with the document written down', async () => {
    const scene = new Scene()
    scene.source.says(weights, { isSigned: true })
    const { portfolio, targets } = await scene.run(own())
    const exact: Ratio[] = [(RATIO_ONE * 6n) / 10n, (RATIO_ONE * 3n) / 10n, RATIO_ONE / 10n]
    expect(portfolio.policy.targets.map(({ weight }) => weight)).toEqual(exact)
    expect(targets).toMatchObject({
      setter: 'source',
      reasons: ['The fund set these weights at 2026-11-20T11:59:59.000Z and signed them.'],
    })
    const latest = await scene.history.latestTargets('core')
    expect(latest?.document).toEqual({ setAt: NOW - 1_000, weights })
    expect(JSON.parse(latest!.inputs)).toMatchObject({ setter: 'source', document: { weights, isSigned: true } })
  })

  test('is not asked for another setter', async () => {
    const scene = new Scene()
    expect(await scene.keeper().readSource(aPortfolio({ source }))).toBeUndefined()
    expect(scene.source.reads).toBe(0)
  })

  test('is asked every time, and a new document counts at once', async () => {
    const scene = new Scene()
    scene.source.says(weights)
    await scene.run(own())
    await scene.run(own())
    scene.source.says({ ETH: '0', USD: '1', BTC: '0' }, { setAt: NOW })
    expect(await scene.percents(own())).toEqual([0, 100, 0])
    expect(scene.source.reads).toBe(3)
    expect(await scene.written()).toEqual(['source', 'source'])
  })

  test('that gives what is in force writes nothing, day after day', async () => {
    const scene = new Scene()
    scene.source.says(weights)
    await scene.run(own({ source: { ...source, maxAgeMs: 99 * DAY_MS } }))
    scene.clock.pass(3 * DAY_MS)
    await scene.run(own({ source: { ...source, maxAgeMs: 99 * DAY_MS } }))
    expect(await scene.written()).toEqual(['source'])
  })

  test('is smoothed from day to day until its weights are reached', async () => {
    const scene = new Scene()
    await scene.run(aPortfolio({ setter: 'fixed' }))
    scene.clock.pass(DAY_MS)
    scene.source.says(weights, { setAt: NOW })
    const slow = own({ maxChangePerDay: percentOf(6) })
    const at = async (ms: number) => {
      scene.clock.pass(ms)
      scene.source.says(weights, { setAt: NOW + DAY_MS })
      return scene.percents({ ...slow, targetSetting: { ...slow.targetSetting, source: { ...source, maxAgeMs: 9 * DAY_MS } } }) // prettier-ignore
    }
    expect(await at(0)).toEqual([56, 30, 14])
    expect(await at(60_000)).toEqual([56, 30, 14])
    expect(await at(DAY_MS)).toEqual([60, 30, 10])
    expect(await at(DAY_MS)).toEqual([60, 30, 10])
    expect(await scene.written()).toEqual(['fixed', 'source', 'source'])
  })

  test('is smoothed from the configured weights, where it sets the first targets', async () => {
    const scene = new Scene()
    scene.source.says(weights)
    expect(await scene.percents(own({ maxChangePerDay: percentOf(6) }))).toEqual([56, 30, 14])
  })

  test('is held within limits', async () => {
    const scene = new Scene()
    scene.source.says(weights)
    const limited = own({ limits: { ...NO_LIMITS, assets: { ETH: { maximum: percentOf(40) } } } })
    const { portfolio, targets } = await scene.run(limited)
    expect(percentsOf(portfolio)).toEqual([40, 45, 15])
    expect(targets.reasons[1]).toMatch(/^Limits \(at most 40\.0 % of ETH\) move/)
    const impossible = own({ limits: { ...NO_LIMITS, perAsset: percentOf(30) } })
    const refused = await scene.run(impossible)
    expect(refused.targets).toMatchObject({ setter: 'source', refusal: { code: 'limits-infeasible' } })
    expect(percentsOf(refused.portfolio)).toEqual([40, 45, 15])
  })

  test('that fails, or gives what may not be used, leaves those in force, told once a day', async () => {
    const scene = new Scene()
    scene.source.says(weights)
    await scene.run(own())
    const expectRefusal = async (code: string) => {
      for (const _ of [1, 2]) {
        const { portfolio, targets } = await scene.run(own())
        expect(percentsOf(portfolio)).toEqual([60, 30, 10])
        expect(targets).toMatchObject({ setter: 'source', refusal: { code } })
      }
    }
    scene.source.reading = refuseTargets('source-unavailable', 'Nobody is there.')
    await expectRefusal('source-unavailable')
    scene.source.says({ ETH: '1' })
    await expectRefusal('source-replayed')
    scene.source.says({ ETH: '1' }, { setAt: NOW })
    await expectRefusal('source-weights')
    scene.source.says({ ETH: '0', USD: '1', BTC: '0' }, { setAt: NOW - 2_000 })
    await expectRefusal('source-replayed')
    scene.source.says(weights, { setAt: NOW, portfolio: 'other' })
    await expectRefusal('source-foreign')
    const told = ['source-unavailable', 'source-replayed', 'source-weights', 'source-foreign']
    expect(await scene.written()).toEqual(['source', ...told])
    expect(scene.told()).toEqual(['targets-set', ...told])
    scene.clock.pass(DAY_MS)
    scene.source.says(weights)
    await expectRefusal('source-stale')
  })

  describe('that gives an old document again', () => {
    const old = { ETH: '0', USD: '1', BTC: '0' }
    const limited = own({ limits: { ...NO_LIMITS, perAsset: percentOf(30) } })
    const expectReplayed = async (scene: Scene, document: Readonly<Record<string, string>>, setAt: number) => {
      scene.source.says(document, { setAt })
      expect((await scene.run(own())).targets.refusal).toMatchObject({ code: 'source-replayed' })
    }

    test('is refused after another setter, too', async () => {
      const scene = new Scene()
      scene.source.says(weights, { setAt: NOW - 1_000 })
      await scene.run(own())
      await scene.run(aPortfolio())
      await expectReplayed(scene, old, NOW - 2_000)
      await expectReplayed(scene, old, NOW - 1_000)
      // The newest one sets targets again.
      scene.source.says(weights, { setAt: NOW - 1_000 })
      expect(await scene.percents(own())).toEqual([60, 30, 10])
    })

    test('is refused after a newer one of which limits let nothing be made, and that one counts once they do', async () => {
      const scene = new Scene()
      scene.source.says(weights, { setAt: NOW - 1_000 })
      expect((await scene.run(limited)).targets.refusal).toMatchObject({ code: 'limits-infeasible' })
      await expectReplayed(scene, old, NOW - 2_000)
      scene.source.says(weights, { setAt: NOW - 1_000 })
      expect(await scene.percents(own())).toEqual([60, 30, 10])
      expect(await scene.written()).toEqual(['limits-infeasible', 'source-replayed', 'source'])
    })

    test('is compared with documents that passed and no others', async () => {
      const scene = new Scene()
      scene.source.says({ ETH: '1' }, { setAt: NOW })
      expect((await scene.run(own())).targets.refusal).toMatchObject({ code: 'source-weights' })
      scene.source.says(weights, { setAt: NOW - 1_000 })
      expect(await scene.percents(own())).toEqual([60, 30, 10])
    })

    test('finds the newest one written down before anything is made of it', async () => {
      const scene = new Scene()
      scene.source.says(weights)
      const saveTargets = () => Promise.reject(new Error('No room.'))
      Object.assign(scene.history, { saveTargets })
      await expect(scene.run(own())).rejects.toThrow('No room.')
      expect(await scene.history.newestDocument('core')).toEqual({ setAt: NOW - 1_000, weights })
    })
  })

  test('that is not configured is refused', async () => {
    const scene = new Scene()
    scene.source.says(weights)
    expect((await scene.run(own({ source: undefined }))).targets.refusal).toMatchObject({ code: 'source-unavailable' })
    const other = await scene.run(inWorld({ id: 'other', targetSetting: aTargetSetting({ setter: 'source', source }) }))
    expect(other.targets.refusal).toMatchObject({ code: 'source-unavailable' })
    expect(scene.source.reads).toBe(0)
  })
})

describe('whoever only looks', () => {
  test('sees what is in force, and nothing is set, written or asked', async () => {
    const scene = new Scene()
    expect(percentsOf((await scene.keeper().inForce(aPortfolio())).portfolio)).toEqual([50, 30, 20])
    await scene.run(aPortfolio())
    scene.clock.pass(DAY_MS)
    const looked = await scene.keeper().inForce(aPortfolio({ setter: 'source', source }))
    expect(percentsOf(looked.portfolio)).toEqual([33.33, 33.33, 33.33])
    expect(looked.targets).toMatchObject({ setter: 'equal', setAt: NOW })
    expect(percentsOf((await scene.keeper().inForce(aPortfolio({ setter: 'fixed' }))).portfolio)).toEqual([50, 30, 20])
    expect([await scene.written(), scene.source.reads]).toEqual([['equal'], 0])
  })
})

test('fixed weights are shown as they were recorded, and without a time before that', async () => {
  const scene = new Scene()
  const fixed = aPortfolio({ setter: 'fixed' })
  const before = await scene.keeper().inForce(fixed)
  expect(before.targets).toMatchObject({ setter: 'fixed', setAt: undefined, inputsHash: undefined })
  const { targets } = await scene.run(fixed)
  scene.clock.pass(3 * DAY_MS)
  expect((await scene.keeper().inForce(fixed)).targets).toEqual(targets)
  expect(targets).toMatchObject({ setAt: NOW, inputsHash: expect.stringMatching(/^[0-9a-f]{64}$/) })
})

test('bands stay as they are configured', async () => {
  const { portfolio } = await new Scene().run(aPortfolio())
  expect(portfolio.policy.targets.map(({ absoluteBand }) => absoluteBand)).toEqual(Array(3).fill(percentOf(2)))
})
