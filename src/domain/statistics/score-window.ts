import { requireParameter } from './input.js'

/** How a model did against EWMA on the days on which both had a forecast. */
export interface Score {
  readonly days: number
  /** Mean loss over those days, its own and that of EWMA; lower is better. Undefined for no days. */
  readonly loss: number | undefined
  readonly ewmaLoss: number | undefined
}

/**
 * Losses of a model and of EWMA over the last `span` days. Sums are kept, so that a day costs the same whatever the span,
 * and taken anew once in a span, so that rounding does not pile up.
 */
export class ScoreWindow {
  /** By day, the oldest replaced first; NaN where the model had no forecast. */
  private readonly own: Float64Array
  private readonly ewma: Float64Array
  private place = 0
  private days = 0
  private ownSum = 0
  private ewmaSum = 0

  constructor(private readonly span: number) {
    requireParameter('span', span, Number.isInteger(span) && span >= 1, 'a whole number from one')
    this.own = new Float64Array(span).fill(Number.NaN)
    this.ewma = new Float64Array(span)
  }

  /** Takes in a day; `loss` is undefined where the model had no forecast. Throws StatisticsError for what is no number. */
  add(loss: number | undefined, ewmaLoss: number): void {
    for (const one of [loss ?? 0, ewmaLoss]) requireParameter('loss', one, one > -1e300 && one < 1e300, 'a number')
    this.count(this.own[this.place]!, this.ewma[this.place]!, -1)
    this.own[this.place] = loss ?? Number.NaN
    this.ewma[this.place] = ewmaLoss
    this.place = (this.place + 1) % this.span
    if (this.place > 0) this.count(loss ?? Number.NaN, ewmaLoss, 1)
    else {
      this.days = this.ownSum = this.ewmaSum = 0
      for (let place = 0; place < this.span; place++) this.count(this.own[place]!, this.ewma[place]!, 1)
    }
  }

  score(): Score {
    const { days, ownSum, ewmaSum } = this
    return days === 0
      ? { days, loss: undefined, ewmaLoss: undefined }
      : { days, loss: ownSum / days, ewmaLoss: ewmaSum / days }
  }

  private count(own: number, ewma: number, sign: 1 | -1): void {
    if (Number.isNaN(own)) return
    this.days += sign
    this.ownSum += sign * own
    this.ewmaSum += sign * ewma
  }
}
