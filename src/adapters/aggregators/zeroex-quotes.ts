import { z } from 'zod'
import { type Address, type ChainKey, isNative, sameAddress, type Token, tokenId } from '../../domain/assets.js'
import type { Refusal } from '../../domain/errors.js'
import type { Call, Quote, QuoteFee, QuoteRequest, VenueKey } from '../../domain/planning/quote.js'
import type { CallClaim } from '../../domain/policy/firewall.js'
import type { AllowedContracts } from '../../domain/policy/limits.js'
import { amountOf } from '../../domain/units/amount.js'
import { basisPointsOf, mulDiv } from '../../domain/units/ratio.js'
import { QuoteError, type Quotes } from '../../ports/quotes.js'
import { ask, type Bounds } from './http.js'
import { asQuoteError, type Verdict } from './quote-failure.js'
import type { RateLimiters } from './rate-limiter.js'
import { knownSources, SourceNames } from './sources.js'
import { TokenBook, type VenueChain } from './token-book.js'
import { address, calldata, decimalUnits, expectSame, label, malformed, readAnswer } from './wire.js'
import { coinAddress, decodeZeroexCall } from './zeroex-calldata.js'
import { createZeroexRest } from './zeroex-rest.js'
import { createZeroexSdk } from './zeroex-sdk.js'
import type { ZeroexAccess, ZeroexInput, ZeroexTransport } from './zeroex-transport.js'

export interface ZeroexQuotesOptions extends ZeroexAccess {
  readonly venue: VenueKey
  readonly transport: 'sdk' | 'rest'
  readonly timeoutMs: number
  readonly limiters: RateLimiters
  /** The pace to keep; 0x's own answers are heeded with or without it. */
  readonly requestsPerSecond?: number
  /** How long it is left alone when it keeps failing. */
  readonly circuitMs?: number
  readonly chains: readonly VenueChain[]
  readonly tokens: readonly Token[]
  readonly allowed: Readonly<Record<ChainKey, AllowedContracts>>
  /** 0x's names of liquidity sources not to use. */
  readonly excludedSources?: readonly string[]
  /** Milliseconds since 1970. */
  readonly clock: () => number
}

const TRANSPORTS: Readonly<Record<ZeroexQuotesOptions['transport'], (access: ZeroexAccess) => ZeroexTransport>> = {
  sdk: createZeroexSdk,
  rest: createZeroexRest,
}

const wireFee = z.object({ amount: decimalUnits, token: address }).nullish()
const taxes = z.object({ buyTaxBps: decimalUnits.nullish(), sellTaxBps: decimalUnits.nullish() })

const wirePrice = z.object({
  blockNumber: decimalUnits.optional().catch(undefined),
  sellToken: address,
  buyToken: address,
  sellAmount: decimalUnits,
  buyAmount: decimalUnits,
  minBuyAmount: decimalUnits,
  allowanceTarget: address.nullish(),
  issues: z.object({ allowance: z.object({ spender: address }).nullish() }),
  fees: z.object({ integratorFee: wireFee, zeroExFee: wireFee, gasFee: wireFee }),
  route: z.object({
    fills: z.array(z.object({ from: address, to: address, source: label, proportionBps: decimalUnits })),
  }),
  tokenMetadata: z.object({ buyToken: taxes, sellToken: taxes }).nullish(),
  totalNetworkFee: decimalUnits.nullish(),
  gas: decimalUnits.nullish(),
  gasPrice: decimalUnits.nullish(),
})

const wireQuote = wirePrice.extend({
  permit2: z.null('nothing to sign, as an allowance-holder quote has').optional(),
  transaction: z.object({
    to: address,
    data: calldata,
    value: decimalUnits,
    gas: decimalUnits.nullish(),
    gasPrice: decimalUnits.nullish(),
  }),
})

type WirePrice = z.output<typeof wirePrice>
interface WireGas {
  readonly gas?: bigint | null | undefined
  readonly gasPrice?: bigint | null | undefined
}

/**
 * 0x behind the Quotes port, for swaps with the AllowanceHolder, through its SDK or its REST API.
 *
 * Guarantees: a quote answers the very request (tokens by address, sold amount to the unit); no quote for a token that
 * is known to take a tax; no quote that wants a signature; nothing is asked of any host but the configured one. Our
 * slippage is always sent, rounded down to a basis point.
 *
 * Does not guarantee: the absence of a tax 0x cannot tell, which it often cannot; that the calldata does what the quote
 * says, or that the contracts are on the allow-list; that is judged before signing, by what `decode` reads.
 */
export class ZeroexQuotes implements Quotes {
  readonly venue: VenueKey
  readonly #options: ZeroexQuotesOptions
  readonly #transport: ZeroexTransport
  readonly #bounds: Bounds
  readonly #tokens: TokenBook
  readonly #sources = new SourceNames()

  constructor(options: ZeroexQuotesOptions) {
    this.venue = options.venue
    this.#options = options
    this.#transport = TRANSPORTS[options.transport](options)
    this.#bounds = { url: options.url, timeoutMs: options.timeoutMs, limiter: options.limiters.of(options) }
    this.#tokens = new TokenBook(options.chains, options.tokens, coinAddress)
  }

  serves({ kind, sell, buy }: QuoteRequest): boolean {
    return (
      kind === 'swap' &&
      this.#tokens.knows(sell.token) &&
      this.#tokens.knows(buy) &&
      sell.token.chain === buy.chain &&
      tokenId(sell.token) !== tokenId(buy)
    )
  }

  allowed(chain: ChainKey): AllowedContracts {
    return this.#options.allowed[chain] ?? { targets: [], spenders: [] }
  }

  decode(call: Call): CallClaim | Refusal {
    return decodeZeroexCall(call, coinAddress(this.#tokens.chainId(call.chain)))
  }

  async indicate(request: QuoteRequest): Promise<Quote> {
    const price = await this.#ask('price', request, wirePrice)
    return this.#quoteOf(request, price, price)
  }

  async order(request: QuoteRequest): Promise<Quote> {
    const answer = await this.#ask('quote', request, wireQuote)
    const { token } = request.sell
    const { to, data, value } = answer.transaction
    return {
      ...this.#quoteOf(request, answer, answer.transaction),
      order: {
        call: { chain: token.chain, to, data, value },
        spender: isNative(token) ? undefined : this.#spenderOf(token.chain, answer),
      },
    }
  }

  async #ask<T extends z.ZodType>(
    operation: 'price' | 'quote',
    request: QuoteRequest,
    schema: T,
  ): Promise<z.output<T>> {
    try {
      const body = await ask(this.#bounds, () => this.#transport[operation](this.#inputOf(request)))
      const { liquidityAvailable } = readAnswer(this.venue, z.object({ liquidityAvailable: z.boolean() }), body)
      if (!liquidityAvailable)
        throw new QuoteError(
          this.venue,
          'no-route',
          `${this.venue} has no liquidity to sell ${request.sell.token.symbol} for ${request.buy.symbol}.`,
        )
      return readAnswer(this.venue, schema, body)
    } catch (cause) {
      throw asQuoteError(this.venue, cause, judgeZeroexError)
    }
  }

  #inputOf({ sell, buy, account, maxSlippage, without }: QuoteRequest): ZeroexInput {
    const excludedSources = [...(this.#options.excludedSources ?? []), ...this.#sources.of(without)]
    return {
      chainId: this.#tokens.chainId(sell.token.chain),
      sellToken: this.#tokens.addressOf(sell.token),
      buyToken: this.#tokens.addressOf(buy),
      sellAmount: sell.units.toString(),
      taker: account,
      slippageBps: basisPointsOf(maxSlippage),
      ...(excludedSources.length > 0 && { excludedSources: excludedSources.join(',') }),
    }
  }

  #quoteOf(request: QuoteRequest, answer: WirePrice, gas: WireGas): Quote {
    const { sell, buy } = request
    const fees = this.#feesOf(sell.token.chain, answer)
    // A fee in the sold token is taken before the sale; 0x then names only the rest as sold.
    const feesOnSale = fees.filter(({ amount }) => tokenId(amount.token) === tokenId(sell.token))
    const taken = feesOnSale.reduce((sum, { amount }) => sum + amount.units, answer.sellAmount)
    expectSame(this.venue, [
      ['sellToken', this.#tokens.addressOf(sell.token), answer.sellToken],
      ['buyToken', this.#tokens.addressOf(buy), answer.buyToken],
      ['sellAmount', sell.units, answer.sellAmount === sell.units ? answer.sellAmount : taken],
    ])
    if (answer.minBuyAmount > answer.buyAmount)
      throw malformed(
        this.venue,
        'QUOTE_SCHEMA',
        `minBuyAmount: expected at most buyAmount, ${answer.buyAmount}, got ${answer.minBuyAmount}.`,
      )
    this.#refuseTaxes(answer)
    const names = answer.route.fills.map(({ source }) => source)
    this.#sources.learn(names)
    const sources = knownSources(names)
    return {
      venue: this.venue,
      tool: toolText(answer),
      request,
      expectedOut: amountOf(buy, answer.buyAmount),
      minimumOut: amountOf(buy, answer.minBuyAmount),
      fees,
      gasUnits: this.#gasOf(answer, gas),
      durationSeconds: 0, // done with the block of the call
      obtainedAt: this.#options.clock(),
      ...(sources && { sources }),
      ...(answer.blockNumber !== undefined && { block: answer.blockNumber }),
    }
  }

  /** All of them are taken off already, from what is sold or from what is bought. */
  #feesOf(chain: ChainKey, { fees }: WirePrice): readonly QuoteFee[] {
    const named = [
      ['integrator fee', fees.integratorFee],
      ['0x fee', fees.zeroExFee],
      ['gas fee', fees.gasFee],
    ] as const
    return named.flatMap(([name, fee]) => {
      const token = fee && this.#tokens.find(this.#tokens.chainId(chain), fee.token)
      return token ? [{ name, amount: amountOf(token, fee.amount), isIncluded: true }] : []
    })
  }

  /** A tax of null is one 0x cannot tell; it says so of most tokens, and simulation has the last word. */
  #refuseTaxes({ tokenMetadata }: WirePrice): void {
    for (const side of ['sellToken', 'buyToken'] as const)
      for (const tax of ['buyTaxBps', 'sellTaxBps'] as const) {
        const bps = tokenMetadata?.[side][tax] ?? 0n
        if (bps > 0n)
          throw new QuoteError(
            this.venue,
            'rejected',
            `${this.venue} names a ${tax} of ${bps} for the ${side}; tokens that take a tax are not traded.`,
          )
      }
  }

  #gasOf({ totalNetworkFee }: WirePrice, { gas, gasPrice }: WireGas): bigint {
    if (gas) return gas
    if (totalNetworkFee && gasPrice) return mulDiv(totalNetworkFee, 1n, gasPrice, 'up')
    throw malformed(this.venue, 'QUOTE_SCHEMA', 'gas: expected the gas of the call or its network fee, got neither.')
  }

  /** 0x names no spender when the allowance suffices; then the AllowanceHolder is the one that is called. */
  #spenderOf(chain: ChainKey, { issues, allowanceTarget, transaction }: z.output<typeof wireQuote>): Address {
    const named = issues.allowance?.spender ?? allowanceTarget
    if (named) return named
    if (this.allowed(chain).spenders.some((spender) => sameAddress(spender, transaction.to))) return transaction.to
    throw malformed(
      this.venue,
      'QUOTE_SCHEMA',
      `issues.allowance.spender: expected a spender, got none, and ${transaction.to} is not on the allow-list of ` +
        `spenders on ${chain}.`,
    )
  }
}

/** The sources of each hop with their shares, hop by hop. */
function toolText({ route }: WirePrice): string {
  const hops = new Map<string, Map<string, bigint>>()
  for (const { from, to, source, proportionBps } of route.fills) {
    const shares = hops.get(`${from} ${to}`) ?? new Map<string, bigint>()
    hops.set(`${from} ${to}`, shares.set(source, (shares.get(source) ?? 0n) + proportionBps))
  }
  const texts = [...hops.values()].map((shares) =>
    [...shares].map(([source, bps]) => `${source} ${Number(bps) / 100}%`).join(' + '),
  )
  return texts.join(' → ') || 'direct'
}

const errorFields = z.object({
  name: z.string().catch(''),
  message: z.string().catch(''),
  data: z
    .object({
      httpStatus: z.int().optional().catch(undefined),
      name: z.string().catch(''),
      details: z.array(z.object({ field: z.string(), reason: z.string() })).catch([]),
    })
    .optional()
    .catch(undefined),
})

/** Reads 0x's own errors, those in the SDK's envelope, and those of the gateway in front, which carry only a message. */
export function judgeZeroexError(json: unknown): Verdict {
  const enveloped = z.object({ error: errorFields }).safeParse(json).data?.error
  const error = enveloped ?? errorFields.safeParse(json).data
  if (!error) return { text: '' }
  const details = error.data?.details.map(({ field, reason }) => `${field}: ${reason}`) ?? []
  const text = [error.name || error.data?.name, error.message, ...details].filter(Boolean).join('; ')
  return { status: error.data?.httpStatus, text }
}
