import type { Address, ChainKey } from '../../src/domain/assets.js'
import { isNative } from '../../src/domain/assets.js'
import type { Market } from '../../src/domain/planning/cost.js'
import { priceIn } from '../../src/domain/planning/cost.js'
import type { Call, Quote, QuoteFailureKind, QuoteRequest } from '../../src/domain/planning/quote.js'
import type { CallClaim } from '../../src/domain/policy/firewall.js'
import type { AllowedContracts } from '../../src/domain/policy/limits.js'
import { amountOf, scaleAmount } from '../../src/domain/units/amount.js'
import { RATIO_ONE, ratioOfBasisPoints } from '../../src/domain/units/ratio.js'
import { amountWorth, valueOf } from '../../src/domain/units/usd.js'
import type { Clock } from '../../src/ports/clock.js'
import { QuoteError, Quotes, type Service, serviceOf } from '../../src/ports/quotes.js'
import { addressOf } from './builders.js'
import { decodeAction, encodeAction } from './fake-contracts.js'

/** Of the fake chains. */
const CHAIN_IDS: Readonly<Record<ChainKey, number>> = { alpha: 901, beta: 902 }

/** Sells at the market price less a charge, whatever the size. Its contract on every chain takes the allowance itself. */
export class FakeVenue extends Quotes {
  readonly contract: Address
  /** What was asked, in order. */
  readonly asked: { readonly kind: 'indicate' | 'order'; readonly request: QuoteRequest }[] = []
  /** Failures of the next answers; an answer when empty. */
  readonly failures: QuoteFailureKind[] = []
  /** What the next answers wait for; nothing when empty. */
  readonly delays: Promise<unknown>[] = []
  /** Turns an answer into another one before it is given. */
  tamper: (quote: Quote) => Quote = (quote) => quote

  constructor(
    override readonly venue: string,
    private readonly options: {
      readonly clock: Clock
      readonly market: () => Market
      readonly kinds: readonly Service[]
      readonly chargeBps: number
      readonly number: number
      /** What its swaps fill at, where it tells. */
      readonly sources?: readonly string[]
    },
  ) {
    super()
    this.contract = addressOf(0xf000 + options.number)
  }

  /** Charged from now on. */
  charge(basisPoints: number): void {
    Object.assign(this.options, { chargeBps: basisPoints })
  }

  override serves(request: QuoteRequest): boolean {
    return this.options.kinds.includes(serviceOf(request))
  }

  override allowed(_chain: ChainKey): AllowedContracts {
    return { targets: [this.contract], spenders: [this.contract] }
  }

  /** What its contract would do: it guarantees what it delivers. */
  override decode(call: Call): CallClaim {
    const action = decodeAction(call.data)
    if (action.do !== 'trade' && action.do !== 'send') throw new Error(`${this.venue} trades nothing by ${action.do}.`)
    const { sell, units, buy, out, destination } = action
    return {
      selector: '0x7b226464',
      name: action.do,
      sells: { token: sell, units },
      buys: { token: buy, minimumUnits: out },
      receivers: [],
      bridge:
        action.do === 'trade'
          ? undefined
          : {
              name: 'swift',
              destinationChainId: CHAIN_IDS[destination] ?? 0,
              hasDestinationCall: false,
              carries: sell,
              minimumOut: out,
              fillDeadline: undefined,
            },
      deadlines: [],
      nested: [],
      delegates: [],
    }
  }

  override indicate(request: QuoteRequest): Promise<Quote> {
    return this.answer('indicate', request)
  }

  override order(request: QuoteRequest): Promise<Quote> {
    return this.answer('order', request)
  }

  private async answer(kind: 'indicate' | 'order', request: QuoteRequest): Promise<Quote> {
    await Promise.resolve()
    this.asked.push({ kind, request })
    const failure = this.failures.shift()
    await this.delays.shift()
    if (failure) throw new QuoteError(this.venue, failure, `${this.venue} was told to fail.`)
    const { clock, market, chargeBps, sources } = this.options
    const { sell, buy } = request
    const worth = valueOf(sell, priceIn(market(), sell.token.asset), 'down')
    const fair = amountWorth(worth, buy, priceIn(market(), buy.asset), 'down')
    const expectedOut = scaleAmount(fair, RATIO_ONE - ratioOfBasisPoints(chargeBps), 'down')
    const spender = isNative(sell.token) ? undefined : this.contract
    const data = encodeAction({
      do: request.kind === 'swap' ? 'trade' : 'send',
      sell: sell.token.address,
      units: sell.units,
      buy: buy.address,
      out: expectedOut.units,
      spender,
      destination: buy.chain,
    })
    return this.tamper({
      venue: this.venue,
      tool: request.kind === 'swap' ? 'pool' : 'swift bridge',
      request,
      expectedOut,
      minimumOut: amountOf(buy, scaleAmount(expectedOut, RATIO_ONE - request.maxSlippage, 'up').units),
      fees: [],
      gasUnits: 100_000n,
      durationSeconds: request.kind === 'swap' ? 0 : 20,
      obtainedAt: clock.now(),
      ...(request.kind === 'swap' && sources && { sources }),
      ...(kind === 'order' && {
        order: {
          call: { chain: sell.token.chain, to: this.contract, data, value: isNative(sell.token) ? sell.units : 0n },
          spender,
        },
      }),
    })
  }
}
