import { getQuote, type SDKClient } from '@lifi/sdk'
import { z } from 'zod'
import { type ChainKey, isNative, NATIVE, type Token, tokenId } from '../../domain/assets.js'
import type { Refusal } from '../../domain/errors.js'
import type { Call, Quote, QuoteFee, QuoteRequest, VenueKey } from '../../domain/planning/quote.js'
import type { CallClaim } from '../../domain/policy/firewall.js'
import type { AllowedContracts } from '../../domain/policy/limits.js'
import { amountOf } from '../../domain/units/amount.js'
import { formatDecimal } from '../../domain/units/decimal.js'
import type { Ratio } from '../../domain/units/ratio.js'
import { type Quotes, type Service, serviceOf } from '../../ports/quotes.js'
import { ask, type Bounds } from './http.js'
import { decodeLifiCall } from './lifi-calldata.js'
import { createLifiClient, judgeLifiError, type LifiAccess, lifiBounds } from './lifi-client.js'
import { asQuoteError } from './quote-failure.js'
import { knownSources, SourceNames } from './sources.js'
import { TokenBook, type VenueChain } from './token-book.js'
import {
  address,
  calldata,
  chainId,
  decimalUnits,
  expectSame,
  hexQuantity,
  label,
  malformed,
  readAnswer,
} from './wire.js'

export interface LifiQuotesOptions extends LifiAccess {
  readonly venue: VenueKey
  readonly chains: readonly VenueChain[]
  readonly tokens: readonly Token[]
  readonly allowed: Readonly<Record<ChainKey, AllowedContracts>>
  /** What this venue may be asked for. */
  readonly kinds: readonly Service[]
  /** LI.FI's keys of the only bridges and exchanges to route through; all when absent. */
  readonly bridges?: readonly string[]
  readonly exchanges?: readonly string[]
  /** Milliseconds since 1970. */
  readonly clock: () => number
}

/** A transfer counts as late by what its offer said. Nothing that takes a month is waited for. */
const MAX_DURATION_SECONDS = 2_592_000

const wireToken = z.object({ address, chainId, decimals: z.int().nonnegative() })

const wireStep = z.object({
  tool: label,
  action: z.object({
    fromChainId: chainId,
    toChainId: chainId,
    fromToken: wireToken,
    toToken: wireToken,
    fromAmount: decimalUnits,
    fromAddress: address,
    toAddress: address,
  }),
  estimate: z.object({
    fromAmount: decimalUnits,
    toAmount: decimalUnits,
    toAmountMin: decimalUnits,
    approvalAddress: address.optional(),
    executionDuration: z.number().nonnegative().max(MAX_DURATION_SECONDS),
    feeCosts: z
      .array(z.object({ name: label, amount: decimalUnits, included: z.boolean(), token: wireToken }))
      .default([]),
    gasCosts: z.array(z.object({ type: label, estimate: decimalUnits })).default([]),
  }),
  includedSteps: z.array(z.object({ type: label.optional(), tool: label })),
  transactionRequest: z
    .object({ from: address, to: address, chainId, data: calldata, value: hexQuantity, gasLimit: hexQuantity })
    .optional(),
})
type WireStep = z.output<typeof wireStep>

/**
 * LI.FI behind the Quotes port, asked through its own SDK.
 *
 * Guarantees: a quote answers the very request (chains, tokens by address, decimals, sold amount, our account as
 * sender and receiver, the bridge one of the allowed); every fee that is paid on top is known to us, in the coin of the
 * chain it is sent from; nothing is asked of any host but the configured one. Our slippage is always sent, rounded down; calls on the destination are always declined.
 *
 * Does not guarantee: that the calldata does what the quote says, or that the contracts are on the allow-list; that is
 * judged before signing, by what `decode` reads.
 */
export class LifiQuotes implements Quotes {
  readonly venue: VenueKey
  readonly #options: LifiQuotesOptions
  readonly #client: SDKClient
  readonly #bounds: Bounds
  readonly #tokens: TokenBook
  readonly #sources = new SourceNames()

  constructor(options: LifiQuotesOptions) {
    this.venue = options.venue
    this.#options = options
    this.#client = createLifiClient(options)
    this.#bounds = lifiBounds(options)
    this.#tokens = new TokenBook(options.chains, options.tokens, () => NATIVE)
  }

  serves(request: QuoteRequest): boolean {
    const { kind, sell, buy } = request
    if (!this.#options.kinds.includes(serviceOf(request))) return false
    if (!this.#tokens.knows(sell.token) || !this.#tokens.knows(buy)) return false
    const staysOnChain = sell.token.chain === buy.chain
    return kind === 'swap' ? staysOnChain && tokenId(sell.token) !== tokenId(buy) : !staysOnChain
  }

  allowed(chain: ChainKey): AllowedContracts {
    return this.#options.allowed[chain] ?? { targets: [], spenders: [] }
  }

  decode({ data }: Call): CallClaim | Refusal {
    return decodeLifiCall(data)
  }

  async indicate(request: QuoteRequest): Promise<Quote> {
    return this.#quoteOf(request, await this.#ask(request))
  }

  async order(request: QuoteRequest): Promise<Quote> {
    const step = await this.#ask(request)
    const quote = this.#quoteOf(request, step)
    const { transactionRequest: call, estimate } = step
    if (!call) throw malformed(this.venue, 'QUOTE_SCHEMA', 'transactionRequest: expected a call to send, got nothing.')
    const { token } = request.sell
    expectSame(this.venue, [
      ['transactionRequest.chainId', this.#tokens.chainId(token.chain), call.chainId],
      ['transactionRequest.from', request.account, call.from],
    ])
    if (!isNative(token) && !estimate.approvalAddress)
      throw malformed(this.venue, 'QUOTE_SCHEMA', 'estimate.approvalAddress: expected a spender, got nothing.')
    return {
      ...quote,
      order: {
        call: { chain: token.chain, to: call.to, data: call.data, value: call.value },
        spender: isNative(token) ? undefined : estimate.approvalAddress,
      },
    }
  }

  async #ask({ sell, buy, account, maxSlippage, without }: QuoteRequest): Promise<WireStep> {
    const { integrator, bridges, exchanges } = this.#options
    const denied = this.#sources.of(without)
    try {
      const body: unknown = await ask(this.#bounds, () =>
        getQuote(this.#client, {
          fromChain: this.#tokens.chainId(sell.token.chain),
          toChain: this.#tokens.chainId(buy.chain),
          fromToken: this.#tokens.addressOf(sell.token),
          toToken: this.#tokens.addressOf(buy),
          fromAmount: sell.units.toString(),
          fromAddress: account,
          toAddress: account,
          slippage: slippageFraction(maxSlippage),
          order: 'CHEAPEST',
          integrator,
          allowDestinationCall: false,
          ...(bridges && { allowBridges: [...bridges] }),
          ...(exchanges && { allowExchanges: [...exchanges] }),
          ...(denied.length > 0 && { denyExchanges: denied }),
        }),
      )
      return readAnswer(this.venue, wireStep, body)
    } catch (cause) {
      throw asQuoteError(this.venue, cause, judgeLifiError)
    }
  }

  #quoteOf(request: QuoteRequest, step: WireStep): Quote {
    const { sell, buy, account } = request
    const { action, estimate } = step
    const origin = this.#tokens.chainId(sell.token.chain)
    const destination = this.#tokens.chainId(buy.chain)
    expectSame(this.venue, [
      ['action.fromChainId', origin, action.fromChainId],
      ['action.fromToken.chainId', origin, action.fromToken.chainId],
      ['action.fromToken.address', this.#tokens.addressOf(sell.token), action.fromToken.address],
      ['action.fromToken.decimals', sell.token.decimals, action.fromToken.decimals],
      ['action.toChainId', destination, action.toChainId],
      ['action.toToken.chainId', destination, action.toToken.chainId],
      ['action.toToken.address', this.#tokens.addressOf(buy), action.toToken.address],
      ['action.toToken.decimals', buy.decimals, action.toToken.decimals],
      ['action.fromAmount', sell.units, action.fromAmount],
      ['estimate.fromAmount', sell.units, estimate.fromAmount],
      ['action.fromAddress', account, action.fromAddress],
      ['action.toAddress', account, action.toAddress],
    ])
    const { bridges } = this.#options
    if (request.kind === 'bridge' && bridges && !bridges.includes(step.tool))
      throw malformed(this.venue, 'QUOTE_MISMATCH', `tool: expected one of ${bridges.join(', ')}, got ${step.tool}.`)
    if (estimate.toAmountMin > estimate.toAmount)
      throw malformed(
        this.venue,
        'QUOTE_SCHEMA',
        `estimate.toAmountMin: expected at most toAmount, ${estimate.toAmount}, got ${estimate.toAmountMin}.`,
      )
    this.#sources.learn(step.includedSteps.flatMap(({ type, tool }) => (type === 'swap' ? [tool] : [])))
    const sources = sourcesOf(step)
    return {
      venue: this.venue,
      tool: toolText(step),
      request,
      expectedOut: amountOf(buy, estimate.toAmount),
      minimumOut: amountOf(buy, estimate.toAmountMin),
      fees: estimate.feeCosts.flatMap((fee) => this.#feeOf(sell.token, fee)),
      gasUnits: this.#gasOf(step),
      durationSeconds: Math.ceil(estimate.executionDuration),
      obtainedAt: this.#options.clock(),
      ...(sources && { sources }),
    }
  }

  /** A fee in a token we do not know cannot be named; when it is included already the output tells all of it. */
  #feeOf(sold: Token, fee: WireStep['estimate']['feeCosts'][number]): readonly QuoteFee[] {
    const token = this.#tokens.find(fee.token.chainId, fee.token.address)
    if (!fee.included && !(token && isNative(token) && token.chain === sold.chain))
      throw malformed(
        this.venue,
        'QUOTE_SCHEMA',
        `estimate.feeCosts: expected fees on top in the coin of ${sold.chain}, got "${fee.name}" in ` +
          `${fee.token.address} on chain ${fee.token.chainId}. Do not use this answer.`,
      )
    if (!token) return []
    expectSame(this.venue, [['estimate.feeCosts.token.decimals', token.decimals, fee.token.decimals]])
    return [{ name: fee.name, amount: amountOf(token, fee.amount), isIncluded: fee.included }]
  }

  /** What the call is expected to use, the approval aside; its limit where LI.FI expects nothing. */
  #gasOf({ estimate, transactionRequest }: WireStep): bigint {
    const costs = estimate.gasCosts.filter(({ type }) => type !== 'APPROVE')
    if (costs.length > 0) return costs.reduce((sum, cost) => sum + cost.estimate, 0n)
    if (transactionRequest) return transactionRequest.gasLimit
    throw malformed(this.venue, 'QUOTE_SCHEMA', 'estimate.gasCosts: expected the gas of the call, got nothing.')
  }
}

/** As LI.FI takes it: 0.005 is half a percent. Rounded down to a millionth, which never needs an exponent. */
export function slippageFraction(slippage: Ratio): number {
  return Number(formatDecimal(slippage / 10n ** 12n, 6))
}

/** Where the swaps of a route fill. A bridge is no source; what is none of the known kinds of step may route itself. */
function sourcesOf({ includedSteps }: WireStep): readonly string[] | undefined {
  if (!includedSteps.every(({ type = '' }) => ['swap', 'cross', 'protocol'].includes(type))) return undefined
  return knownSources(includedSteps.flatMap(({ type, tool }) => (type === 'swap' ? [tool] : [])))
}

/** LI.FI's key of the tool comes first, whatever it goes through after it. */
function toolText({ tool, includedSteps }: WireStep): string {
  const through = [...new Set(includedSteps.map((step) => step.tool))].filter((key) => key !== tool)
  return through.length === 0 ? tool : `${tool} with ${through.join(', ')}`
}
