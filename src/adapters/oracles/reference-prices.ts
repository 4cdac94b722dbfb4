import { z } from 'zod'
import type { AssetKey } from '../../domain/assets.js'
import type { SourceReading } from '../../domain/portfolio/snapshot.js'
import { parseDecimal } from '../../domain/units/decimal.js'
import { USD_DECIMALS } from '../../domain/units/usd.js'
import type { Clock } from '../../ports/clock.js'
import { PriceSource } from '../../ports/prices.js'
import { fetchJson } from './fetch-json.js'

export interface ReferencePricesOptions {
  readonly name?: string
  /** Of the service, without `/v1/prices`. */
  readonly url: string
  readonly assets: readonly AssetKey[]
  readonly maxAgeSeconds: number
  /** For the whole answer. */
  readonly timeoutMs: number
  readonly clock: Clock
}

/** How far the service's clock may run ahead of ours. */
const MAX_AHEAD_SECONDS = 60
/** An answer for a hundred assets takes 9 kB. */
const MAX_BYTES = 65_536
/** Widest interval on either side of a price that is used, in basis points (C-33). */
const MAX_CONFIDENCE_BPS = 50n

const answerSchema = z.strictObject({ prices: z.record(z.string(), z.unknown()) })
const entrySchema = z.strictObject({
  usd: z.string().max(60),
  /** Seconds since 1970. */
  timestamp: z.int().positive(),
  /** Half the width of the interval in which the price lies, in USD; absent where the service gives none. */
  confidence: z.string().max(60).optional(),
})

/**
 * Prices of an HTTP service that answers `GET /v1/prices?assets=ETH,BTC` with decimal text and the time of each price,
 * and its confidence interval where it has one. One request for all assets. A wrong entry makes its own asset unusable, a wrong answer all of them.
 */
export class ReferencePrices extends PriceSource {
  readonly name: string

  constructor(private readonly options: ReferencePricesOptions) {
    super()
    this.name = options.name ?? 'reference'
  }

  async read(assets: readonly AssetKey[]): Promise<readonly SourceReading[]> {
    const { url, timeoutMs } = this.options
    const asked = this.options.assets.filter((asset) => assets.includes(asset))
    if (asked.length === 0) return []
    const target = new URL(`${url.replace(/\/+$/, '')}/v1/prices`)
    target.searchParams.set('assets', asked.join(','))
    let prices: Readonly<Record<string, unknown>>
    try {
      const answer = answerSchema.safeParse(await fetchJson(target, { timeoutMs, maxBytes: MAX_BYTES }))
      if (!answer.success)
        throw new Error(`expected {"prices": {…}} and nothing else, ${z.prettifyError(answer.error)}.`)
      prices = answer.data.prices
    } catch (error) {
      const reason = `Price service ${this.name} gave no prices: ${error instanceof Error ? error.message : String(error)} Check the service or its url.`
      return asked.map((asset) => this.unusable(asset, reason))
    }
    const now = Math.floor(this.options.clock.now() / 1000)
    return asked.map((asset) => this.judge(asset, prices[asset], now))
  }

  private judge(asset: AssetKey, given: unknown, now: number): SourceReading {
    const refuse = (reason: string) => this.unusable(asset, reason)
    if (given === undefined) return refuse(`Price service ${this.name} leaves ${asset} out. Check that it knows it.`)
    const entry = entrySchema.safeParse(given)
    const price = entry.success ? parseDecimal(entry.data.usd, USD_DECIMALS) : undefined
    if (!entry.success || price === undefined || price <= 0n)
      return refuse(
        `Price service ${this.name} answers ${JSON.stringify(given).slice(0, 100)} for ${asset}; expected a positive decimal text "usd" and a "timestamp" in seconds.`,
      )
    const { timestamp } = entry.data
    const { maxAgeSeconds } = this.options
    if (timestamp - now > MAX_AHEAD_SECONDS)
      return refuse(
        `Price of ${asset} is dated ${seconds(timestamp - now)} in the future, ${seconds(MAX_AHEAD_SECONDS)} are allowed. Check this host's clock and ${this.name}.`,
      )
    if (now - timestamp > maxAgeSeconds)
      return refuse(
        `Price of ${asset} is ${seconds(now - timestamp)} old, ${this.name} allows ${seconds(maxAgeSeconds)}. Check the service or raise maxAgeSeconds.`,
      )
    const { confidence = '0' } = entry.data
    const width = parseDecimal(confidence, USD_DECIMALS)
    if (width === undefined || width < 0n)
      return refuse(
        `Price service ${this.name} gives ${asset} the confidence ${JSON.stringify(confidence)}; expected decimal text that is not negative.`,
      )
    if (width * 10_000n > price * MAX_CONFIDENCE_BPS)
      return refuse(
        `Price of ${asset} is ${entry.data.usd} ± ${confidence} by ${this.name}, ${MAX_CONFIDENCE_BPS} bps on either side are allowed. Wait until the market is clearer.`,
      )
    return { asset, source: this.name, status: 'usable', price, timestamp }
  }

  private unusable(asset: AssetKey, reason: string): SourceReading {
    return { asset, source: this.name, status: 'unusable', reason }
  }
}

function seconds(count: number): string {
  return `${count.toLocaleString('en-US')} s`
}
