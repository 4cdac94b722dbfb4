import { DAILY_DECAY, EwmaCovariance, type EwmaOptions } from './ewma.js'
import { requireParameter } from './input.js'
import { RollingMedian } from './rolling-median.js'

export type RegimeName = 'calm' | 'stressed'

/** The flag and everything it rests on. */
export interface Regime {
  readonly name: RegimeName
  /** Annual, by EWMA. */
  readonly volatility: number
  /** Median of that volatility over the last periods, this one included: what is usual here. */
  readonly median: number
  /** Of how many periods the median is. */
  readonly periods: number
  /** Volatility over median. */
  readonly ratio: number
  readonly stressedFrom: number
  readonly calmBelow: number
  /** For how many returns it has been so; one on the first. */
  readonly age: number
  readonly reason: string
}

export interface RegimeOptions extends EwmaOptions {
  /** Ratio from which calm turns to stress, and below which stress turns to calm; the gap keeps the flag from flapping. */
  readonly stressedFrom?: number
  readonly calmBelow?: number
  /** Periods of the median, and how many it needs. */
  readonly medianSpan?: number
  readonly medianMinimum?: number
  /** Annual; anything calmer is taken for this calm, so that a stable asset's noise is no stress. */
  readonly leastVolatility?: number
}

/**
 * Tells calm from stress by one series of returns, as of the portfolio at its target weights: stressed when its short
 * volatility is far above what has been usual, calm again when it is close to that. It is a measure and not a forecast: a
 * stress that lasts longer than half the span of the median becomes the usual. What it says after a return rests on the
 * returns up to it and on nothing else.
 */
export class RegimeFlag {
  private readonly ewma: EwmaCovariance
  private readonly medians: RollingMedian
  private readonly stressedFrom: number
  private readonly calmBelow: number
  private readonly medianMinimum: number
  private readonly leastVolatility: number
  private latest: Regime | undefined

  constructor({
    stressedFrom = 1.5,
    calmBelow = 1.2,
    medianSpan = 365,
    medianMinimum = 90,
    leastVolatility = 0.01,
    ...ewma
  }: RegimeOptions = {}) {
    requireParameter('calmBelow', calmBelow, calmBelow > 0 && calmBelow < Infinity, 'positive')
    const isAbove = stressedFrom >= calmBelow && stressedFrom < Infinity
    requireParameter('stressedFrom', stressedFrom, isAbove, `at least calmBelow, which is ${calmBelow}`)
    const isSpan = Number.isInteger(medianMinimum) && medianMinimum >= 1 && medianMinimum <= medianSpan
    requireParameter('medianMinimum', medianMinimum, isSpan, `from one to medianSpan, which is ${medianSpan}`)
    requireParameter('leastVolatility', leastVolatility, leastVolatility > 0 && leastVolatility < 1e6, 'positive')
    this.ewma = new EwmaCovariance(1, { decay: DAILY_DECAY, ...ewma })
    this.medians = new RollingMedian(medianSpan)
    this.stressedFrom = stressedFrom
    this.calmBelow = calmBelow
    this.medianMinimum = medianMinimum
    this.leastVolatility = leastVolatility
  }

  /**
   * Takes in the next return and says what the regime is; undefined while too little is known to say. An unknown return
   * leaves what was said before, until too many of them make the volatility forgotten; what was usual stays known.
   * Throws StatisticsError for a return that is none.
   */
  update(value: number | undefined): Regime | undefined {
    const isNews = this.ewma.update([value])
    const variance = this.ewma.variance()
    if (variance === undefined) return (this.latest = undefined)
    if (!isNews) return this.latest
    const volatility = Math.max(this.leastVolatility, Math.sqrt(variance))
    this.medians.add(volatility)
    if (this.medians.count < this.medianMinimum) return undefined
    this.latest = this.judged(volatility, this.medians.median()!)
    return this.latest
  }

  private judged(volatility: number, median: number): Regime {
    const { stressedFrom, calmBelow, latest } = this
    const ratio = volatility / median
    const isStressed = latest?.name === 'stressed' ? ratio >= calmBelow : ratio >= stressedFrom
    const name = isStressed ? 'stressed' : 'calm'
    const age = latest?.name === name ? latest.age + 1 : 1
    const periods = this.medians.count
    const reason =
      `Volatility is ${percent(volatility)} a year, ${ratio.toFixed(2)} times its median of ${percent(median)} over ` +
      `${periods} periods: ${name} for ${age}; stressed from ${stressedFrom} times, calm again below ${calmBelow}.`
    return { name, volatility, median, periods, ratio, stressedFrom, calmBelow, age, reason }
  }
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}
