import fc from 'fast-check'
import { type AbiFunction, concat, encodeAbiParameters, pad, toFunctionSelector, zeroHash } from 'viem'
import {
  acrossV3Abi,
  acrossV4Abi,
  celerCircleAbi,
  splitSwapAbi,
  stargateAbi,
  swapAbi,
} from '../../src/adapters/aggregators/lifi-abi.js'
import { decodeLifiCall } from '../../src/adapters/aggregators/lifi-calldata.js'
import { actionAbi, decodeZeroexCall, holderAbi, settlerAbi } from '../../src/adapters/aggregators/zeroex-calldata.js'
import { type Address, type Hex, NATIVE, type Token } from '../../src/domain/assets.js'
import type { Refusal, RefusalCode } from '../../src/domain/errors.js'
import type { Market } from '../../src/domain/planning/cost.js'
import type { Call, Quote, QuoteRequest } from '../../src/domain/planning/quote.js'
import type { CallClaim } from '../../src/domain/policy/firewall.js'
import { checkOrder, type OrderCheck, ownMinimumOut } from '../../src/domain/policy/limits.js'
import { amountOf, scaleAmount } from '../../src/domain/units/amount.js'
import { RATIO_ONE, ratioOfBasisPoints } from '../../src/domain/units/ratio.js'
import { amountWorth, ONE_USD, type Usd } from '../../src/domain/units/usd.js'
import { addressOf, NOW, OWNER } from './builders.js'

const SECONDS = NOW / 1_000
const COIN_AT_0X: Address = '0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE'
const CHAIN_IDS = { here: 1, there: 10 } as const

const token = (chain: string, symbol: string, asset: string, decimals: number, address: Address): Token => ({
  chain,
  asset,
  symbol,
  address,
  decimals,
})
// Of Ethereum: Stargate's pools are known by address.
const USDC = token('here', 'USDC', 'USD', 6, '0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48')
const WETH = token('here', 'WETH', 'ETH', 18, addressOf(0xa2))
const ETH = token('here', 'ETH', 'ETH', 18, NATIVE)
const LINK = token('here', 'LINK', 'LINK', 18, addressOf(0xa3))
const USDC_THERE = token('there', 'USDC', 'USD', 6, addressOf(0xb1))
const TOKENS = [USDC, WETH, ETH, LINK, USDC_THERE, token('there', 'ETH', 'ETH', 18, NATIVE)]

const DIAMOND = addressOf(0xd1)
const HOLDER = addressOf(0xd2)
const SETTLER = addressOf(0xd3)
const POOL = addressOf(0xd4)
const STRANGER = addressOf(0xdeadbeef)

const MARKET: Market = {
  prices: new Map([
    ['ETH', 3_000n * ONE_USD],
    ['USD', ONE_USD],
    ['LINK', 15n * ONE_USD],
  ]),
  gas: new Map(),
}
const MAX_LOSS = ratioOfBasisPoints(50)

type Args = readonly unknown[]

/** A firm quote that may be signed, and the pieces its calldata is made of. */
export interface GoodQuote {
  readonly name: string
  readonly request: QuoteRequest
  readonly quote: Quote & { readonly order: NonNullable<Quote['order']> }
  readonly least: bigint
  readonly args: Args
  readonly encode: (args: Args) => Hex
  /** Single fields that decide about money, by their path in `args`, each with worse values. */
  readonly fields: readonly (readonly [path: string, worse: unknown])[]
}

export interface Mutation {
  readonly name: string
  readonly quote: GoodQuote['quote']
  /** Undefined: the mutation must be refused. Otherwise it may be accepted when the claim still says the same. */
  readonly mayPass: boolean
}

const functionNamed = (abi: readonly AbiFunction[], name: string): ((args: Args) => Hex) => {
  const item = abi.find((one) => one.name === name)!
  const selector = toFunctionSelector(item)
  return (args) => concat([selector, encodeAbiParameters(item.inputs, args as never)])
}

/** The same arguments with another value at a path such as `5.fromAmount`. */
function withField(args: unknown, path: string, value: unknown): unknown {
  const [key = '', ...rest] = path.split('.')
  const inner = (args as Record<string, unknown>)[key]
  const changed = rest.length === 0 ? value : withField(inner, rest.join('.'), value)
  if (Array.isArray(args)) return args.with(Number(key), changed)
  return { ...(args as object), [key]: changed }
}

const fieldAt = (args: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], args)

interface Draw {
  /** Of the sale. */
  readonly value: Usd
  readonly salt: Hex
  readonly selector: Hex
}

/** Two hundredths of a percent under our own price, and a minimum a tenth of a percent under that. */
function terms(kind: 'swap' | 'bridge', sell: Token, units: bigint, buy: Token) {
  const sold = amountOf(sell, units)
  const fair = ownMinimumOut(MARKET, sold, buy, 0n)
  const expectedOut = scaleAmount(fair, RATIO_ONE - ratioOfBasisPoints(2), 'down')
  const minimumOut = scaleAmount(fair, RATIO_ONE - ratioOfBasisPoints(10), 'down')
  const least = ownMinimumOut(MARKET, sold, buy, MAX_LOSS).units
  const request: QuoteRequest = { kind, sell: sold, buy, account: OWNER, maxSlippage: ratioOfBasisPoints(10) }
  return { request, expectedOut, minimumOut, least }
}

function assemble(
  name: string,
  venue: 'lifi' | 'zeroex',
  work: ReturnType<typeof terms>,
  encode: GoodQuote['encode'],
  args: Args,
  fields: GoodQuote['fields'],
  { onTop = 0n, tool = 'uniswapV3' } = {},
): GoodQuote {
  const { request, expectedOut, minimumOut, least } = work
  const isCoin = request.sell.token === ETH
  const to = venue === 'lifi' ? DIAMOND : HOLDER
  const quote: GoodQuote['quote'] = {
    venue,
    tool,
    request,
    expectedOut,
    minimumOut,
    fees: onTop > 0n ? [{ name: 'relay', amount: amountOf(ETH, onTop), isIncluded: false }] : [],
    gasUnits: 100_000n,
    durationSeconds: 0,
    obtainedAt: NOW - 1_000,
    order: {
      call: { chain: 'here', to, data: encode(args), value: (isCoin ? request.sell.units : 0n) + onTop },
      spender: isCoin ? undefined : to,
    },
  }
  return { name, request, quote, least, args, encode, fields }
}

function unitsOf({ value }: Draw, sell: Token): bigint {
  return amountWorth(value, sell, MARKET.prices.get(sell.asset)!, 'up').units
}

const part = ({ selector }: Draw, sell: Token, units: bigint, buy: Token) => ({
  callTo: POOL,
  approveTo: POOL,
  sendingAssetId: sell.address,
  receivingAssetId: buy.address,
  fromAmount: units,
  callData: concat([selector, pad('0x1234')]),
  requiresDeposit: true,
})

/** What of a part decides about money. */
const partFields = (at: string, units: bigint): GoodQuote['fields'] => [
  [`${at}.sendingAssetId`, STRANGER],
  [`${at}.fromAmount`, units + 1n],
  [`${at}.fromAmount`, units - 1n],
  [`${at}.callTo`, LINK.address],
  [`${at}.callTo`, OWNER],
  [`${at}.callTo`, DIAMOND],
  [`${at}.approveTo`, USDC.address],
]

function lifiSwap(draw: Draw, sell: Token, buy: Token, isSplit: boolean): GoodQuote {
  const units = unitsOf(draw, sell)
  const work = terms('swap', sell, units, buy)
  const shape = sell === ETH ? 'NativeToERC20' : buy === ETH ? 'ERC20ToNative' : 'ERC20ToERC20'
  const head = [draw.salt, 'evenkeel', '', OWNER, work.minimumOut.units]
  const half = units / 2n
  const parts = [part(draw, sell, half, buy), part(draw, sell, units - half, buy)]
  const common: GoodQuote['fields'] = [
    ['3', STRANGER],
    ['4', 0n],
    ['4', 1n],
    ['4', work.least - 1n],
  ]
  if (isSplit)
    return assemble(
      `lifi split ${shape}`,
      'lifi',
      work,
      functionNamed(splitSwapAbi, `swapTokensMultipleV3${shape}`),
      [...head, parts],
      [
        ...common,
        ['5', []],
        ...partFields('5.1', units - half),
        ['5.1.receivingAssetId', LINK.address],
        ['5.0.fromAmount', units],
      ],
    )
  return assemble(
    `lifi ${shape}`,
    'lifi',
    work,
    functionNamed(swapAbi, `swapTokensSingleV3${shape}`),
    [...head, part(draw, sell, units, buy)],
    [...common, ...partFields('5', units), ['5.receivingAssetId', LINK.address]],
  )
}

function lifiBridge(
  draw: Draw,
  bridge: 'across-v3' | 'across-v4' | 'stargate' | 'celer',
  isSwapped: boolean,
): GoodQuote {
  const [sell, carried] = isSwapped ? [LINK, USDC] : [USDC, USDC]
  const units = unitsOf(draw, sell)
  const work = terms('bridge', sell, units, USDC_THERE)
  const minAmount = isSwapped ? work.expectedOut.units : units
  const called = { 'across-v3': 'across', 'across-v4': 'across', stargate: 'stargateV2', celer: 'celercircle' }[bridge]
  const bridgeData = {
    transactionId: draw.salt,
    bridge: called,
    integrator: 'evenkeel',
    referrer: NATIVE,
    sendingAssetId: carried.address,
    receiver: OWNER,
    minAmount,
    destinationChainId: BigInt(CHAIN_IDS.there),
    hasSourceSwaps: isSwapped,
    hasDestinationCall: false,
  }
  const last = isSwapped ? '2' : '1'
  const outputAmount = work.minimumOut.units
  const across = {
    outputAmount,
    quoteTimestamp: SECONDS,
    fillDeadline: SECONDS + 3_600,
    message: '0x',
  } as const
  const word = (address: Address) => pad(address, { size: 32 })
  const specifics = {
    'across-v3': {
      ...across,
      receiverAddress: OWNER,
      refundAddress: OWNER,
      receivingAssetId: USDC_THERE.address,
      outputAmountPercent: (10n ** 18n * 999n) / 1_000n,
      exclusiveRelayer: NATIVE,
      exclusivityDeadline: 0,
    },
    'across-v4': {
      ...across,
      receiverAddress: word(OWNER),
      refundAddress: word(OWNER),
      sendingAssetId: word(carried.address),
      receivingAssetId: word(USDC_THERE.address),
      outputAmountMultiplier: (10n ** 30n * 999n) / 1_000n,
      exclusiveRelayer: zeroHash,
      exclusivityParameter: 0,
    },
    stargate: {
      assetId: 1,
      sendParams: {
        dstEid: 30111,
        to: word(OWNER),
        amountLD: units,
        minAmountLD: outputAmount,
        extraOptions: '0x',
        composeMsg: '0x',
        oftCmd: '0x',
      },
      fee: { nativeFee: 10n ** 12n, lzTokenFee: 0n },
      refundAddress: OWNER,
    },
    celer: { maxFee: minAmount / 1_000n, minFinalityThreshold: 2_000 },
  }
  const low = work.least - 1n
  const acrossFields = (stranger: unknown, other: unknown): GoodQuote['fields'] => [
    [`${last}.receiverAddress`, stranger],
    [`${last}.refundAddress`, stranger],
    [`${last}.receivingAssetId`, other],
    [`${last}.fillDeadline`, SECONDS],
    [`${last}.fillDeadline`, 2 ** 32 - 1],
    [`${last}.message`, '0x1234'],
  ]
  const own: Record<typeof bridge, GoodQuote['fields']> = {
    'across-v3': [
      ...acrossFields(STRANGER, LINK.address),
      isSwapped ? [`${last}.outputAmountPercent`, 10n ** 17n] : [`${last}.outputAmount`, low],
    ],
    'across-v4': [
      ...acrossFields(word(STRANGER), word(LINK.address)),
      [`${last}.sendingAssetId`, word(LINK.address)],
      [`${last}.receiverAddress`, concat(['0x01', word(OWNER).slice(0, 2) as Hex, `0x${word(OWNER).slice(4)}`])],
      isSwapped ? [`${last}.outputAmountMultiplier`, 10n ** 29n] : [`${last}.outputAmount`, low],
    ],
    stargate: [
      [`${last}.assetId`, 2],
      [`${last}.assetId`, 22],
      [`${last}.sendParams.dstEid`, 30110],
      [`${last}.sendParams.to`, word(STRANGER)],
      [`${last}.sendParams.amountLD`, units - 1n],
      [`${last}.sendParams.minAmountLD`, low],
      [`${last}.sendParams.extraOptions`, '0x0003'],
      [`${last}.sendParams.composeMsg`, '0x01'],
      [`${last}.fee.lzTokenFee`, 1n],
      [`${last}.refundAddress`, STRANGER],
    ],
    celer: [
      [`${last}.maxFee`, minAmount / 10n],
      [`${last}.maxFee`, 0n],
    ],
  }
  const encoders = {
    'across-v3': [acrossV3Abi, 'AcrossV3'],
    'across-v4': [acrossV4Abi, 'AcrossV4'],
    stargate: [stargateAbi, 'Stargate'],
    celer: [celerCircleAbi, 'CelerCircleBridge'],
  } as const
  const [abi, suffix] = encoders[bridge]
  const swaps = isSwapped ? [[part(draw, sell, units, carried)]] : []
  return assemble(
    `lifi ${bridge}${isSwapped ? ' after a swap' : ''}`,
    'lifi',
    work,
    functionNamed(abi, `${isSwapped ? 'swapAndStart' : 'start'}BridgeTokensVia${suffix}`),
    [bridgeData, ...swaps, specifics[bridge]],
    [
      ['0.receiver', STRANGER],
      ['0.destinationChainId', 42161n],
      ['0.destinationChainId', 2n ** 64n + 10n],
      ['0.hasDestinationCall', true],
      ['0.hasSourceSwaps', !isSwapped],
      ['0.bridge', 'ferry'],
      ['0.sendingAssetId', LINK.address],
      ['0.sendingAssetId', STRANGER],
      ...(isSwapped
        ? ([
            ['0.minAmount', minAmount / 2n],
            ...partFields('1.0', units),
            ['1.0.receivingAssetId', LINK.address],
            ['1', []],
          ] as const)
        : ([
            ['0.minAmount', minAmount + 1n],
            ['0.minAmount', minAmount - 1n],
          ] as const)),
      ...own[bridge],
    ],
    { onTop: bridge === 'stargate' ? 10n ** 12n : 0n, tool: `${called} with fees` },
  )
}

const action = (name: 'TRANSFER_FROM' | 'BASIC', args: Args) => functionNamed(actionAbi, name)(args)
const encodeExecute = functionNamed(settlerAbi, 'execute')
const encodeExec = functionNamed(holderAbi, 'exec')

interface Settlement {
  readonly operator: Address
  readonly token: Address
  readonly amount: bigint
  readonly target: Address
  readonly slippage: { readonly recipient: Address; readonly buyToken: Address; readonly minAmountOut: bigint }
  readonly funding: readonly {
    readonly token: Address
    readonly amount: bigint
    readonly deadline: bigint
    readonly signature: Hex
  }[]
  readonly sale: { readonly pool: Address; readonly call: Hex }
}

function zeroexSwap(draw: Draw, sell: Token, buy: Token): GoodQuote {
  const units = unitsOf(draw, sell)
  const work = terms('swap', sell, units, buy)
  const wire = (one: Token) => (one === ETH ? COIN_AT_0X : one.address)
  const funding = { token: sell.address, amount: units, deadline: BigInt(SECONDS + 600), signature: '0x' as Hex }
  const settlement: Settlement = {
    operator: SETTLER,
    token: sell === ETH ? NATIVE : sell.address,
    amount: sell === ETH ? 0n : units,
    target: SETTLER,
    slippage: { recipient: OWNER, buyToken: wire(buy), minAmountOut: work.minimumOut.units },
    funding: sell === ETH ? [] : [funding],
    sale: { pool: POOL, call: concat([draw.selector, pad('0x1234')]) },
  }
  const encode = ([one]: Args) => {
    const { operator, token: lent, amount, target, slippage, funding: takes, sale } = one as Settlement
    const actions = [
      ...takes.map((take) =>
        action('TRANSFER_FROM', [
          SETTLER,
          { permitted: { token: take.token, amount: take.amount }, nonce: 0n, deadline: take.deadline },
          take.signature,
        ]),
      ),
      action('BASIC', [wire(sell), 10_000n, sale.pool, 4n, sale.call]),
      // an action of a kind that is not read
      concat(['0xaf72634f', draw.salt]),
    ]
    return encodeExec([operator, lent, amount, target, encodeExecute([slippage, actions, draw.salt])])
  }
  const paid: GoodQuote['fields'] =
    sell === ETH
      ? [['0.funding', [funding]]]
      : [
          ['0.token', LINK.address],
          ['0.amount', units + 1n],
          ['0.amount', units - 1n],
          ['0.funding', []],
          ['0.funding', [funding, funding]],
          ['0.funding.0.token', LINK.address],
          ['0.funding.0.amount', units + 1n],
          ['0.funding.0.amount', units - 1n],
          ['0.funding.0.deadline', BigInt(SECONDS)],
          ['0.funding.0.deadline', 2n ** 256n - 1n],
          ['0.funding.0.signature', '0x1234'],
        ]
  return assemble(
    `zeroex ${sell.symbol} ${buy.symbol}`,
    'zeroex',
    work,
    encode,
    [settlement],
    [
      ['0.operator', STRANGER],
      ['0.target', STRANGER],
      ['0.slippage.recipient', STRANGER],
      ['0.slippage.recipient', NATIVE],
      ['0.slippage.buyToken', LINK.address],
      ['0.slippage.buyToken', NATIVE],
      ['0.slippage.minAmountOut', 0n],
      ['0.slippage.minAmountOut', 1n],
      ['0.slippage.minAmountOut', work.least - 1n],
      ['0.sale', { pool: LINK.address, call: concat(['0x23b872dd', draw.salt]) }],
      ['0.sale', { pool: USDC.address, call: concat(['0x095ea7b3', draw.salt]) }],
      ['0.sale.pool', OWNER],
      ['0.sale.pool', HOLDER],
      ...paid,
    ],
  )
}

const SHAPES: readonly ((draw: Draw) => GoodQuote)[] = [
  (draw) => lifiSwap(draw, WETH, USDC, false),
  (draw) => lifiSwap(draw, USDC, ETH, false),
  (draw) => lifiSwap(draw, ETH, USDC, false),
  (draw) => lifiSwap(draw, WETH, USDC, true),
  (draw) => lifiSwap(draw, USDC, ETH, true),
  (draw) => lifiSwap(draw, ETH, USDC, true),
  (draw) => lifiBridge(draw, 'across-v3', false),
  (draw) => lifiBridge(draw, 'across-v3', true),
  (draw) => lifiBridge(draw, 'across-v4', false),
  (draw) => lifiBridge(draw, 'across-v4', true),
  (draw) => lifiBridge(draw, 'stargate', false),
  (draw) => lifiBridge(draw, 'celer', false),
  (draw) => lifiBridge(draw, 'celer', true),
  (draw) => zeroexSwap(draw, WETH, USDC),
  (draw) => zeroexSwap(draw, USDC, ETH),
  (draw) => zeroexSwap(draw, ETH, USDC),
]

/** Firm quotes of every kind that may be signed, of every size. */
export const goodQuotes: fc.Arbitrary<GoodQuote> = fc
  .record({
    shape: fc.integer({ min: 0, max: SHAPES.length - 1 }),
    value: fc.bigInt({ min: 10n * ONE_USD, max: 10n ** 9n * ONE_USD }),
    salt: fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }),
    selector: fc.constantFrom<Hex[]>('0x38ed1739', '0xc04b8d59', '0x12aa3caf'),
  })
  .map(({ shape, value, salt, selector }) =>
    SHAPES[shape]!({ value, selector, salt: pad(`0x${salt.toString(16)}`, { size: 32 }) }),
  )

/** What is to be judged of a quote, right as the daemon does it. */
export function orderOf({
  request,
  quote,
}: Pick<GoodQuote, 'request' | 'quote'>): OrderCheck & { claim: CallClaim | Refusal } {
  return {
    request,
    quote,
    claim: decode(quote.venue, quote.order.call),
    market: MARKET,
    maxLoss: MAX_LOSS,
    allowed: {
      targets: [quote.venue === 'lifi' ? DIAMOND : HOLDER],
      spenders: [quote.venue === 'lifi' ? DIAMOND : HOLDER],
      settlers: [SETTLER],
    },
    tokens: TOKENS,
    destinationChainId: CHAIN_IDS[request.buy.chain as keyof typeof CHAIN_IDS],
    now: NOW,
    maxAgeMs: 15_000,
    approved: undefined,
  }
}

function decode(venue: string, call: Call): CallClaim | Refusal {
  return venue === 'lifi' ? decodeLifiCall(call.data) : decodeZeroexCall(call, COIN_AT_0X)
}

/** Every single change for the worse of a quote, and as many flips of a random bit of its calldata. */
export function mutationsOf(good: GoodQuote, flips: readonly number[]): Mutation[] {
  const { quote, args, encode, fields } = good
  const { call } = quote.order
  const inCall = (name: string, changes: Partial<Call>): Mutation => ({
    name,
    mayPass: false,
    quote: { ...quote, order: { ...quote.order, call: { ...call, ...changes } } },
  })
  const inQuote = (name: string, changes: Partial<GoodQuote['quote']>): Mutation => ({
    name,
    mayPass: false,
    quote: { ...quote, ...changes },
  })
  const worse = ({ token: one, units }: Quote['expectedOut'], percent: bigint) =>
    amountOf(one, (units * percent) / 100n)
  return [
    ...fields
      .filter(([path, value]) => fieldAt(args, path) !== value)
      .map(([path, value]) =>
        inCall(`${path} is ${String(value)}`, { data: encode(withField(args, path, value) as Args) }),
      ),
    inCall('target', { to: STRANGER }),
    inCall('the sold token as target', { to: quote.request.sell.token.address }),
    inCall('a wei more', { value: call.value + 1n }),
    inCall('an unlisted function', { data: `0xdeadbeef${call.data.slice(10)}` }),
    inCall('a packed function', { data: '0x36b92404' }),
    inCall('trailing bytes', { data: concat([call.data, zeroHash]) }),
    inCall('a trailing byte', { data: concat([call.data, '0x00']) }),
    inCall('a missing byte', { data: call.data.slice(0, -2) as Hex }),
    inCall('nothing', { data: '0x' }),
    inQuote('a better price than real', { expectedOut: worse(quote.expectedOut, 130n) }),
    inQuote('a worse price', { expectedOut: worse(quote.expectedOut, 99n), minimumOut: worse(quote.minimumOut, 99n) }),
    inQuote('a lower minimum', { minimumOut: worse(quote.minimumOut, 90n) }),
    inQuote('an old quote', { obtainedAt: NOW - 15_001 }),
    inQuote('another spender', {
      order: { ...quote.order, spender: quote.order.spender === undefined ? DIAMOND : STRANGER },
    }),
    ...flips.map((flip): Mutation => {
      const bits = (call.data.length - 2) * 4
      const bit = flip % bits
      const place = 2 + Math.floor(bit / 4)
      const digit = Number.parseInt(call.data[place]!, 16) ^ (1 << (bit % 4))
      const data: Hex = `0x${call.data.slice(2, place)}${digit.toString(16)}${call.data.slice(place + 1)}`
      return { ...inCall(`bit ${bit}`, { data }), mayPass: true }
    }),
  ]
}

/** Everything a claim says that is held against the leg, in one text; bounded values by whether they are in their bounds. */
export function checkedFields(
  { sells, buys, receivers, bridge, nested, delegates, deadlines }: CallClaim,
  least: bigint,
): string {
  const minimum = bridge ? bridge.minimumOut : buys.minimumUnits
  return JSON.stringify([
    sells.token,
    String(sells.units),
    buys.token,
    minimum === undefined || minimum >= least,
    receivers,
    bridge && [bridge.destinationChainId, bridge.hasDestinationCall, bridge.carries, bridge.name],
    deadlines.every((at) => at > SECONDS && at <= SECONDS + 1_200),
    nested.every(({ to }) => !TOKENS.some((one) => one.address === to.toLowerCase())),
    delegates,
  ]).toLowerCase()
}

export interface Tally {
  cases: number
  /** Refusals by their code. */
  readonly codes: Partial<Record<RefusalCode, number>>
  /** Flips that changed nothing that is checked. */
  passed: number
  /** Quotes that should have been refused, in words. None. */
  readonly broken: string[]
}

/** Judges every mutation of a quote and counts what came of it. */
export function tallyMutations(good: GoodQuote, flips: readonly number[], tally: Tally): void {
  const honest = orderOf(good)
  const refused = checkOrder(honest)
  if (refused || 'code' in honest.claim)
    tally.broken.push(`${good.name}: the good quote is refused: ${JSON.stringify(refused)}`)
  else
    for (const { name, quote, mayPass } of mutationsOf(good, flips)) {
      const order = orderOf({ request: good.request, quote })
      const refusal = checkOrder(order)
      tally.cases += 1
      if (refusal) tally.codes[refusal.code] = (tally.codes[refusal.code] ?? 0) + 1
      else if (
        mayPass &&
        !('code' in order.claim) &&
        checkedFields(order.claim, good.least) === checkedFields(honest.claim, good.least)
      )
        tally.passed += 1
      else tally.broken.push(`${good.name}: ${name} is accepted`)
    }
}
