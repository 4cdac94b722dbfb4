import { createPublicKey } from 'node:crypto'
import { validateCronExpression } from 'cron'
import { isAddress } from 'viem'
import { z } from 'zod'
import type { Address } from '../domain/assets.js'
import { ALERT_KINDS, NOTICE_KINDS } from '../domain/news/notice.js'
import { DEFAULT_POLICY, POLICIES, type PolicyName } from '../domain/rebalancing/registry.js'
import { TARGET_SETTERS } from '../domain/targets/registry.js'
import { SOURCE_SETTER } from '../domain/targets/target-setting.js'
import { parseDecimal } from '../domain/units/decimal.js'
import { RATIO_ONE } from '../domain/units/ratio.js'

/** An address with its checksum, or in one letter case throughout. */
const address = z
  .string()
  .refine(
    (text): text is Address => isAddress(text),
    'expected a 20-byte address with a valid checksum',
  ) as unknown as z.ZodType<Address>
const key = z
  .string()
  .regex(/^[a-zA-Z][a-zA-Z0-9-]{0,31}$/, 'expected a name of letters, digits and dashes, 32 at most')
const decimal = (places: number) =>
  z
    .string()
    .refine(
      (text) => (parseDecimal(text, places) ?? -1n) >= 0n,
      `expected a decimal number in quotes, such as '0.25', with at most ${places} decimals`,
    )
const share = z
  .string()
  .refine(
    (text) => (parseDecimal(text, 18) ?? -1n) >= 0n && parseDecimal(text, 18)! <= RATIO_ONE,
    "expected a share from 0 to 1 in quotes, such as '0.25', with at most 18 decimals",
  )
const count = (most: number) => z.number().int().min(1).max(most)
const basisPoints = (most: number) => z.number().int().min(0).max(most)
/** Whether values fit each other is not judged beside what is no address. */
const url = z.url({ protocol: /^https?$/, abort: true })
const seconds = (most: number) => z.number().positive().max(most)

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).format(0) !== ''
  } catch {
    return false
  }
}

function isEd25519Key(pem: string): boolean {
  try {
    return createPublicKey(pem).asymmetricKeyType === 'ed25519'
  } catch {
    return false
  }
}

const rpcVariable = z
  .string()
  .regex(
    /^EVENKEEL_RPC_[A-Z0-9_]+(?<!_FILE)$/,
    'expected the name of a variable, EVENKEEL_RPC_… in capital letters, digits and _, not ending in _FILE; the address stands in the environment',
  )
const chain = z.strictObject({
  chainId: z.number().int().positive().describe('Compared with what the endpoint serves; no other chain is used.'),
  rpc: z
    .array(
      z.union([
        url,
        z.strictObject({
          name: z
            .string()
            .regex(
              /^[a-zA-Z0-9][a-zA-Z0-9.:-]{0,63}$/,
              'expected a name of letters, digits, dots and dashes, 64 at most',
            )
            .describe('Stands for the endpoint in logs and metrics; the host of its address when absent.'),
          url: url.optional().describe('Its address, where that is no secret; nothing but its host is shown.'),
          urlVariable: rpcVariable
            .optional()
            .describe('Environment variable with its address, where that contains a key.'),
        }),
      ]),
    )
    .min(1)
    .describe(
      'Endpoints of the chain, best three of different companies: addresses, or names with addresses or with variables that hold them. Everything that decides about money is read from as many of them as `quorum` says.',
    ),
  quorum: z
    .number()
    .int()
    .min(1)
    .max(5)
    .optional()
    .describe(
      'Endpoints that have to agree. 2 where there are two or more, else 1; live trading on a public chain needs at least 2.',
    ),
  native: z
    .strictObject({
      symbol: z.string().describe('Name of the coin for people.'),
      asset: key.describe('The asset as which the coin counts; one under `assets`.'),
      decimals: z.number().int().min(0).max(36).default(18).describe('Decimals of the coin.'),
    })
    .describe('The coin that pays for gas.'),
  multicall: address.describe('A contract with the functions of Multicall3.'),
  blockTimeSeconds: seconds(3600).describe('Usual time between two blocks.'),
  finality: z
    .union([
      z.literal('finalized'),
      z.strictObject({ depth: z.number().int().min(1).describe('Blocks below the head.') }),
    ])
    .default('finalized')
    .describe("When a block cannot be undone: the node's finalized tag, or a depth in blocks."),
  finalitySeconds: seconds(7_200)
    .optional()
    .describe(
      'Usual age of the last final block; no leg begins on the chain while it is more than three times as old. 900 for the finalized tag, else the depth times the block time.',
    ),
  headAgeSeconds: seconds(3_600)
    .optional()
    .describe('Without a new block for this long the chain is paused. 10 block times, at least 60, when absent.'),
  priorityFeeGwei: decimal(9)
    .default('0')
    .describe('Least tip offered above the base fee; more is offered where that has been usual lately.'),
  gasReserve: decimal(18).describe('Native coin kept for gas and never sold.'),
  replacement: z
    .boolean()
    .default(true)
    .describe(
      'Whether a waiting transaction can be outbid. False where no public pool takes replacements, as on Arbitrum: there the same bytes are sent again.',
    ),
  maxFeeGwei: decimal(9).default('500').describe('Most offered per gas, tip included; a cancel may offer twice that.'),
  gasLimitCap: z
    .number()
    .int()
    .min(21_000)
    .max(2 ** 24)
    .default(2 ** 24)
    .describe('Most gas that a transaction may be given (C-10).'),
  hub: z.string().describe('Symbol of the token through which money moves on this chain.'),
  sequencerFeed: z
    .strictObject({
      address: address.describe('The uptime feed.'),
      graceSeconds: z
        .number()
        .int()
        .min(900)
        .default(3600)
        .describe('How long the sequencer must be up again before prices of this chain count.'),
    })
    .optional()
    .describe('Uptime feed of an L2: no price from this chain counts while it reports an outage.'),
})

const asset = z.strictObject({
  class: z.enum(['stable', 'major', 'other']).describe('Decides the default limits for prices and losses.'),
  issuer: z
    .string()
    .regex(/^[a-zA-Z0-9][a-zA-Z0-9 .&-]{0,63}$/, 'expected a name of letters, digits, spaces and dashes, 64 at most')
    .optional()
    .describe('Who answers for its tokens, such as the company behind a stable coin: for limits by issuer.'),
  hub: key
    .optional()
    .describe(
      'The asset against which this one trades, where both lie on a chain and its deep pools are against that one: a staked coin against the coin itself. The hub of the chain when absent.',
    ),
  tokens: z
    .array(
      z.strictObject({
        chain: key.describe('One under `chains`.'),
        symbol: z.string().describe('Name for people; `chains.<chain>.hub` refers to it.'),
        address: address.describe('The token contract.'),
        decimals: z.number().int().min(0).max(36).describe('Compared with the contract before its balance counts.'),
      }),
    )
    .describe('Contracts that count as this asset, one to one. Native coins that name it are added by themselves.'),
})

const prices = z.strictObject({
  feeds: z
    .record(
      key,
      z.strictObject({
        chain: key.describe('The chain on which the feed is read; one under `chains`.'),
        address: address.describe('The proxy of the feed.'),
        decimals: z.number().int().min(0).max(18).describe('Compared with the feed at every reading.'),
        heartbeatSeconds: z
          .number()
          .int()
          .positive()
          .describe('The feed is written at least this often. A price older than this and a tenth is not used.'),
      }),
    )
    .describe('Chainlink-style aggregator of each asset, in USD.'),
  http: z
    .array(
      z.strictObject({
        name: key.describe('Name of the source in records, logs and metrics.'),
        url: url.describe(
          'Without `/v1/prices`, and without a key: a service that wants one is asked through a proxy that adds it.',
        ),
        maxAgeSeconds: seconds(3600).default(60).describe('A price that carries an older time is not used.'),
        timeoutSeconds: seconds(30).default(5).describe('For the whole answer.'),
      }),
    )
    .describe('Independent price services.'),
  quorum: z
    .number()
    .int()
    .min(2)
    .max(5)
    .default(2)
    .describe('Usable sources an asset needs; one alone is never traded on.'),
  maxDivergenceBps: z
    .strictObject({
      stable: basisPoints(200).default(20).describe('For assets of class stable.'),
      major: basisPoints(200).default(50).describe('For assets of class major.'),
      other: basisPoints(200).default(100).describe('For assets of class other.'),
    })
    .prefault({})
    .describe('Most that any two used sources may differ; beyond it the asset has no price.'),
  bounds: z
    .record(
      key,
      z.strictObject({
        minimum: decimal(18).describe('Lowest believable price in USD.'),
        maximum: decimal(18).describe('Highest believable price in USD.'),
      }),
    )
    .describe('USD bounds outside which a price is a broken source.'),
  guard: z
    .strictObject({
      maxMoveBps: z
        .strictObject({
          stable: basisPoints(100_000).default(100).describe('For assets of class stable.'),
          major: basisPoints(100_000).default(500).describe('For assets of class major.'),
          other: basisPoints(100_000).default(500).describe('For assets of class other.'),
        })
        .prefault({})
        .describe('A price that moves by more within windowSeconds stops its asset for pauseSeconds.'),
      windowSeconds: seconds(3600).default(300).describe('How far back a price is compared.'),
      pauseSeconds: seconds(86_400).default(900).describe('How long an asset rests after its price moved too much.'),
      maxOffPegBps: basisPoints(10_000)
        .default(100)
        .describe('A stable asset further from one dollar is not traded; it still counts at its price.'),
      warnOffPegBps: basisPoints(10_000).default(50).describe('From this far on it is told, and nothing else.'),
      readSeconds: seconds(300).default(15).describe('Prices are read at least this often.'),
    })
    .prefault({})
    .describe('When an asset is not traded although its sources agree.'),
})

const codeHash = z
  .string()
  .regex(/^0x[0-9a-f]{64}$/, 'expected 32 bytes in hexadecimal')
  .transform((text) => text as `0x${string}`)
const allowed = z.strictObject({
  targets: z.array(address).describe('Contracts that a transaction of this venue may call.'),
  spenders: z.array(address).describe('Contracts that may be given an allowance, of exactly one trade.'),
  codeHashes: z
    .record(address, z.array(codeHash).min(1))
    .optional()
    .describe(
      'Fingerprints of reviewed code, by contract, one for each function in use; a refusal names the fingerprint it saw. A contract that is not listed is believed as it was first seen.',
    ),
})
const contracts = z
  .record(key, allowed)
  .describe('Per chain: contracts a call may go to and contracts that may be given an exact allowance.')
const zeroexContracts = z
  .record(
    key,
    allowed.extend({
      settlers: z
        .array(address)
        .optional()
        .describe('Settlers that the AllowanceHolder may lend the sold token to, where no registry is named.'),
      settlerRegistry: address
        .optional()
        .describe(
          'The registry of 0x: the AllowanceHolder may lend the sold token to the Settlers it calls current or previous, and to no other.',
        ),
    }),
  )
  .describe('Per chain: contracts a call may go to, may be given an exact allowance, or be lent the sold token.')
const circuitSeconds = seconds(600)
  .default(30)
  .describe('How long a venue that failed five times in a row is left alone; longer each time it fails again.')

const requestRate = z.number().positive().max(100)
const RATE = 'Most requests in a second, by the plan of the API key; further ones wait.'

const venue = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('lifi').describe('LI.FI through its SDK.'),
    url: url.describe('Of the API, its version included.'),
    integrator: z.string().min(1).max(23).describe('Name under which LI.FI counts the requests.'),
    serves: z
      .array(z.enum(['swap', 'bridge', 'cross']))
      .min(1)
      .default(['swap', 'bridge'])
      .describe(
        'What this venue is asked for; `cross` is a trade of one asset on one chain for another one on another.',
      ),
    bridges: z.array(z.string()).optional().describe('Bridges that may be used; all of them when absent.'),
    timeoutSeconds: seconds(30).default(10).describe('For one answer.'),
    requestsPerSecond: requestRate.optional().describe(`${RATE} As fast as they come when absent.`),
    circuitSeconds,
    allowed: contracts,
  }),
  z.strictObject({
    kind: z.literal('zeroex').describe('0x with AllowanceHolder.'),
    transport: z.enum(['sdk', 'rest']).default('sdk').describe('sdk: tRPC through the 0x SDK; rest: the REST API.'),
    url: url.describe('Of the tRPC router for sdk, of the API for rest.'),
    apiKey: z
      .string()
      .optional()
      .describe('Only where the key is no secret, as in the sandbox; a secret one is ZEROX_API_KEY.'),
    timeoutSeconds: seconds(30).default(10).describe('For one answer.'),
    requestsPerSecond: requestRate.default(5).describe(RATE),
    circuitSeconds,
    allowed: zeroexContracts,
  }),
])

const limits = z.strictObject({
  turnoverPerCycle: decimal(18).default('0.05').describe('Most one cycle may trade, as a share of NAV.'),
  turnoverPerHour: decimal(18).default('0.05').describe('Most that may be traded in 60 minutes, as a share of NAV.'),
  turnoverPerDay: decimal(18).default('0.15').describe('Most that may be traded in 24 hours, as a share of NAV.'),
  assetTurnoverPerDay: decimal(18)
    .default('0.15')
    .describe('Most of one asset that may be sold in 24 hours, as a share of NAV.'),
  venueTurnoverPerDay: decimal(18)
    .default('0.15')
    .describe('Most that may be traded through one aggregator in 24 hours, as a share of NAV.'),
  legShare: share.default('0.25').describe('Largest leg of a plan, as a share of NAV.'),
  lossPerDay: share
    .default('0.001')
    .describe(
      'Most that legs may lose against our own prices in 24 hours, as a share of NAV, before everything stops.',
    ),
  gasPerLeg: share
    .default('0.01')
    .describe('Most a trade may cost in gas, as a share of the trade; 5 USD are always allowed.'),
  gasPerDay: share.default('0.002').describe('Most that gas may cost in 24 hours, as a share of NAV.'),
  transactionsPerHour: count(100_000)
    .default(30)
    .describe('Most transactions of one account on one chain in 60 minutes.'),
  cyclesPerDay: count(100_000).default(48).describe('Most cycles in 24 hours that make a transaction.'),
  inFlightPerBridge: share.default('0.02').describe('Most that may be under way over one bridge, as a share of NAV.'),
  inFlightOverall: share.default('0.05').describe('Most that may be under way over all bridges, as a share of NAV.'),
  bridgePerDay: share
    .default('0.1')
    .describe(
      'Most sent over one bridge in 24 hours, as a share of NAV; `maxDayShare` or the tier of the bridge may allow less.',
    ),
  failuresInRow: count(100_000).default(3).describe('So many legs that fail one after another stop the portfolio.'),
  failuresPerHour: count(100_000).default(5).describe('So many legs that fail in 60 minutes stop the portfolio.'),
  mayReverse: z
    .boolean()
    .default(false)
    .describe('Whether a trade may undo one of the last 24 hours without a person.'),
  driftFall: share
    .default('0.25')
    .describe('Of the drift that a plan takes away, the share that must really go; else the portfolio stops.'),
  balanceMove: share
    .default('0.005')
    .describe('A plan is made anew when balances moved by more than this share of NAV before its first leg.'),
})

const cron = z
  .string()
  .refine(
    (text) => validateCronExpression(text).valid,
    "expected a cron expression with seconds, such as '0 */5 * * * *'",
  )
const timeZone = z.string().refine((name) => isTimeZone(name), "expected a time zone, such as 'Europe/Berlin' or 'UTC'")

const rebalancing = z.strictObject({
  policy: z
    .enum(Object.keys(POLICIES) as [PolicyName, ...PolicyName[]])
    .default(DEFAULT_POLICY)
    .describe('When it trades; docs/policies.md explains every one.'),
  reset: z
    .enum(['target', 'half', 'edge', 'inner'])
    .optional()
    .describe(
      'How far an asset outside its band is brought back: to its target, half-way into the band, to its edge, or as far as costs make worth it. By the policy when absent.',
    ),
  innerShare: share
    .default('0.5')
    .describe('The inner distance as a share of the band, where the policy knows no better one.'),
  cooldownSeconds: z
    .number()
    .min(0)
    .max(31_536_000)
    .default(300)
    .describe('No cycle trades sooner than this after the last one that traded.'),
  hysteresis: share
    .default('0')
    .describe('No trade ends nearer to the edge of a band than this share of it, so that noise is no new reason.'),
  aversion: z
    .number()
    .positive()
    .max(1_000_000)
    .default(5)
    .describe('Aversion to being away from the targets, as in mean and variance; 2 to 15 are usual.'),
  objective: z
    .enum(['risk', 'weights'])
    .default('risk')
    .describe('What a distance is penalised by: the variance it brings, or itself, whatever the asset.'),
  referenceVolatility: z
    .number()
    .positive()
    .max(100)
    .default(0.6)
    .describe('Volatility a year by which the objective weights reckons.'),
  overrides: z
    .record(
      key,
      z.strictObject({
        band: share.optional().describe('Half-width of its band as a share of NAV, instead of any other.'),
        costAversion: z
          .number()
          .positive()
          .max(1_000)
          .optional()
          .describe('Its costs count so many times where a policy weighs them.'),
      }),
    )
    .default({})
    .describe('What single assets have of their own.'),
  calendar: z
    .strictObject({
      schedule: cron.describe('Cron expression with seconds.'),
      timeZone: timeZone.default('UTC').describe('In which it is read.'),
    })
    .optional()
    .describe('When the policies calendar and hybrid look.'),
  parameters: z
    .record(z.string(), z.union([z.string(), z.number()]))
    .default({})
    .describe("The policy's own parameters; docs/policies.md lists them."),
})

/** Of the bearer token for a source of weights that names no other one. */
export const TOKEN_VARIABLE = 'EVENKEEL_TARGETS_TOKEN'

const weightLimit = z.strictObject({
  minimum: share.optional().describe('Least weight.'),
  maximum: share.optional().describe('Largest weight.'),
})
const targetSetting = z.strictObject({
  setter: z
    .enum([SOURCE_SETTER, ...TARGET_SETTERS.map(({ name }) => name)])
    .default('fixed')
    .describe('How weights are found; docs/policies.md explains every one. `fixed` takes those under targets.'),
  parameters: z
    .record(z.string(), z.union([z.number(), z.string(), z.record(key, z.number())]))
    .default({})
    .describe("The setter's own parameters; docs/policies.md lists them."),
  limits: z
    .strictObject({
      assets: z.record(key, weightLimit).default({}).describe('Of single assets.'),
      issuers: z.record(z.string(), share).default({}).describe('Most with one issuer, by its name.'),
      chains: z.record(key, share).default({}).describe('Most on one chain.'),
      perAsset: share.optional().describe('Most in any asset not named.'),
      perIssuer: share.optional().describe('Most with any issuer not named.'),
      perChain: share.optional().describe('Most on any chain not named.'),
    })
    .prefault({})
    .describe('Concentration that no setter exceeds.'),
  maxChangePerDay: share
    .optional()
    .describe('Most that the target of an asset moves in a day; as far as it goes at once when absent.'),
  source: z
    .strictObject({
      kind: z.enum(['file', 'http']).describe('Read from a file, or asked with GET.'),
      location: z.string().min(1).max(2_000).describe('Path of the file, or address.'),
      maxAgeSeconds: seconds(31_536_000).default(86_400).describe('Older weights are not used.'),
      publicKey: z
        .string()
        .refine((text) => isEd25519Key(text), 'expected an Ed25519 public key as PEM')
        .optional()
        .describe('Ed25519 public key, PEM. The weights must be signed with it; needed for a live portfolio.'),
      tokenVariable: z
        .string()
        .regex(
          /^EVENKEEL_TARGETS_TOKEN(_[A-Z0-9_]+)?(?<!_FILE)$/,
          'expected the name of a variable, EVENKEEL_TARGETS_TOKEN or EVENKEEL_TARGETS_TOKEN_… in capital letters, digits and _, not ending in _FILE; the token itself stands in the environment',
        )
        .default(TOKEN_VARIABLE)
        .describe(
          'Environment variable with the bearer token of an address. A token goes to one host: sources at different ones name variables of their own.',
        ),
    })
    .optional()
    .describe('Where the setter source takes weights from that the fund itself decides about.'),
})

const portfolio = z.strictObject({
  mode: z
    .enum(['live', 'dry-run'])
    .default('dry-run')
    .describe('dry-run plans and records everything and signs nothing.'),
  account: z
    .strictObject({
      alias: key.describe('Name of the account in logs and metrics.'),
      address: address.describe('The account that holds the portfolio, the same on every chain.'),
    })
    .describe('Whose holdings these are.'),
  schedule: cron.default('0 */5 * * * *').describe('Cron expression with seconds, UTC.'),
  targets: z
    .record(
      key,
      z.strictObject({
        weight: decimal(18).describe('Wanted share of NAV.'),
        band: z
          .strictObject({
            absolute: decimal(18).optional().describe('Share of NAV.'),
            relative: decimal(18).optional().describe('Share of the weight.'),
          })
          .refine(
            (band) => band.absolute !== undefined || band.relative !== undefined,
            'expected absolute, relative or both',
          )
          .describe(
            'Tolerated distance: absolute as a share of NAV, relative as a share of the weight; the tighter one counts.',
          ),
      }),
    )
    .describe('Wanted weight of each asset; they sum to 1. An asset without a target is not part of the portfolio.'),
  rebalancing: rebalancing.prefault({}).describe('When it trades and how far it goes back.'),
  shadow: rebalancing
    .optional()
    .describe('A second policy, asked in every cycle beside the first one: recorded and compared, never traded.'),
  targetSetting: targetSetting.prefault({}).describe('How weights are set, where they are not those under targets.'),
  assumedCostBps: basisPoints(1_000)
    .default(30)
    .describe('What trading an asset one way is taken to cost while no quote has told.'),
  stress: z
    .strictObject({
      legShare: share.default('0.5').describe('Share of maxLegUsd that a leg may have then.'),
      slippageShare: share.default('0.5').describe('Share of slippageBps that is tolerated then.'),
    })
    .prefault({})
    .describe("What is left of limits while the portfolio's volatility is far above what is usual."),
  minimumTradeUsd: decimal(18).default('100').describe('Smaller trades are not worth a transaction.'),
  slippageBps: basisPoints(200).default(30).describe("Tolerance between a venue's quote and its minimum."),
  maxLossBps: z
    .strictObject({
      stable: basisPoints(200).default(10).describe('Between two stable assets.'),
      major: basisPoints(200).default(50).describe('When the riskier one is major.'),
      other: basisPoints(200).default(100).describe('When one is other.'),
    })
    .prefault({})
    .describe('Most a swap may cost against our own prices, by the riskier asset class of the two.'),
  maxBridgeLossBps: basisPoints(200).default(30).describe('Most a bridge transfer may cost, fixed fees included.'),
  maxLegUsd: decimal(18).default('10000').describe('Largest value of one leg.'),
  maxLegs: z.number().int().min(1).max(200).default(40).describe('Most legs of one plan.'),
  maxBridgeShare: share.default('1').describe('Most that one plan may send over one bridge, as a share of NAV.'),
  chainShares: z
    .record(
      key,
      z.strictObject({
        minimum: share.default('0').describe('Least share of NAV that lies on this chain after a plan.'),
        maximum: share.default('1').describe('Largest share of NAV that lies on this chain after a plan.'),
      }),
    )
    .optional()
    .describe('Shares of NAV between which a chain is kept by every plan. Any share is fine on a chain not named.'),
  maxGasUsd: decimal(18).default('250').describe('Most one transaction may cost in gas.'),
  maxQuoteAgeSeconds: seconds(30).default(15).describe('An older offer is not signed.'),
  limits: limits
    .prefault({})
    .describe('Caps on what is done within a time. Plans are made to fit; what runs into one all the same is stopped.'),
  slicing: z
    .strictObject({
      maxImpactBps: basisPoints(10_000)
        .default(100)
        .describe('A sale that would move its price by more is cut into slices.'),
      maxSlices: z.number().int().min(1).max(50).default(6).describe('Most slices of one sale; 1 slices nothing.'),
      recoveryHalfLifeSeconds: seconds(3600)
        .default(60)
        .describe('In this time a pool that was traded with regains half of its distance from the market.'),
      riskAversion: decimal(18)
        .default('1')
        .describe('How much the price risk of waiting counts against its saving; 0 waits for the saving alone.'),
    })
    .prefault({})
    .describe('When a sale is spread over time.'),
  replanMoveBps: basisPoints(10_000)
    .default(50)
    .describe(
      'What remains of a plan is planned anew once a settled leg or a price is this far from what was planned.',
    ),
  planning: z
    .strictObject({
      maxQuotes: z.number().int().min(1).max(2000).default(200).describe('Most quotes asked of all venues together.'),
      deadlineSeconds: seconds(120).default(20).describe('Quotes that have not come by then are not waited for.'),
      solverSeconds: seconds(60)
        .default(3)
        .describe('Longest search of the solver; the best plan found by then is taken.'),
    })
    .prefault({})
    .describe('What making one plan may use.'),
})

const bridge = z.strictObject({
  tier: z
    .enum(['canonical', 'issuer', 'liquidity', 'other'])
    .describe(
      'Who answers for the money: the chains themselves, the issuer of the token who burns and mints it, a network of lenders, somebody else. Over `other` at most 1 % of NAV may be in flight and 5 % go in a day, if nothing else is said; over the rest as much as the limits of the portfolio allow.',
    ),
  events: z
    .strictObject({
      contracts: z.record(key, address).describe('The contract of the bridge on each chain, whose events count.'),
      deposit: z
        .string()
        .describe("Event in which the contract gives a deposit its id: 'event Name(type indexed name, …)'."),
      payout: z.string().describe('Event in which it pays out on the destination.'),
      refund: z
        .string()
        .optional()
        .describe(
          'Event in which it gives the money back, on either chain. Where the bridge has none with an id, a refund is found by the status service and proven by its receipt.',
        ),
      id: z.string().describe('Argument that names the transfer in all three; indexed in payout and refund.'),
      origin: z
        .string()
        .optional()
        .describe(
          'Indexed argument of the payout with the chain id of the origin, where every chain counts for itself.',
        ),
    })
    .optional()
    .describe(
      'How its contracts tell what becomes of a transfer: the only proof that is believed. Without it payouts cannot be told apart, and one transfer at a time is under way per destination and token.',
    ),
  maxInFlightShare: share
    .optional()
    .describe('Most that may be in flight over it, as a share of NAV. By its tier when absent.'),
  maxDayShare: share
    .optional()
    .describe('Most that is sent over it in 24 hours, as a share of NAV. By its tier when absent.'),
  expectedSeconds: seconds(604_800)
    .optional()
    .describe(
      'Nearly all crossings are over by then. After three times as long and a minute a transfer is late, and no other begins. By the offer when absent.',
    ),
  lostAfterSeconds: seconds(2_592_000)
    .default(86_400)
    .describe('After this time a transfer is taken for lost and the bridge is paused until a person resumes it.'),
  quietSeconds: seconds(604_800)
    .default(3_600)
    .describe(
      'A transfer of which only a part has come, or another token, is over when nothing more has come for this long.',
    ),
  routes: z
    .array(
      z.strictObject({
        origin: key.describe('Chain on which it begins.'),
        destination: key.describe('Chain on which it ends.'),
        asset: key.describe('What arrives.'),
      }),
    )
    .optional()
    .describe('The only crossings it may make; all when absent.'),
})

/** Signatures with a key pair: whoever can check one of these cannot make one. */
const SIGNATURE_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const

const oidc = z.strictObject({
  issuer: url.describe('Its address, exactly as its tokens and its discovery document write it.'),
  audience: z.string().min(1).max(255).describe('Whom access tokens have to be for.'),
  jwksUrl: url.optional().describe('Where its public keys are; what the discovery document says when absent.'),
  scopesClaim: z
    .string()
    .min(1)
    .max(255)
    .default('scope')
    .describe('The claim with the scopes: text with spaces between them, or a list.'),
  algorithms: z
    .array(z.enum(SIGNATURE_ALGORITHMS))
    .min(1)
    .default(['RS256', 'ES256', 'EdDSA'])
    .describe('Algorithms with which its tokens may be signed.'),
  tokenType: z
    .enum(['at+jwt', 'JWT'])
    .default('at+jwt')
    .describe(
      'Header `typ` of its access tokens: `at+jwt` as RFC 9068 says, or `JWT` of a provider that does not follow it.',
    ),
  consoleClientId: z
    .string()
    .min(1)
    .max(255)
    .optional()
    .describe(
      'Client by which people log in to the console: a public one, with PKCE, that may come back to `/console/`. Tokens are pasted there when absent.',
    ),
  consoleScopes: z
    .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,255}$/, 'expected a scope without spaces'))
    .min(1)
    .optional()
    .describe(
      'What the console asks the provider for, who gives each person what they may have. Every scope of the API when absent.',
    ),
})

const secretVariable = z
  .string()
  .regex(
    /^EVENKEEL_NOTIFY_[A-Z0-9_]+(?<!_FILE)$/,
    'expected the name of a variable, EVENKEEL_NOTIFY_… in capital letters, digits and _, not ending in _FILE; what it names stands in the environment',
  )
const notified = {
  name: key.describe('Name of the channel in logs and metrics.'),
  url: url.optional().describe('Where to send it, where the address is no secret.'),
  urlVariable: secretVariable.optional().describe('Environment variable with the address, where that is a secret.'),
  portfolios: z
    .array(key)
    .min(1)
    .optional()
    .describe('Only of these portfolios, and of what is of none; of all when absent.'),
}
const noticeKinds = z
  .array(z.enum(NOTICE_KINDS))
  .min(1)
  .describe(
    'Of what: decisions, fills, breakers, late and ended transfers, approvals, pauses, corrections of the books, targets, failures, start and stop.',
  )
const notification = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('webhook').describe('Each event as JSON, signed; docs/admin-api.md says how to verify it.'),
    ...notified,
    secretVariable: secretVariable.describe('Environment variable with the secret of the signature.'),
    on: noticeKinds,
  }),
  z.strictObject({
    kind: z.literal('slack').describe('A sentence for people, as incoming webhooks of Slack take it.'),
    ...notified,
    on: noticeKinds,
  }),
  z.strictObject({
    kind: z.literal('alertmanager').describe('Alerts that fire and resolve, in an Alertmanager of Prometheus.'),
    ...notified,
    on: z
      .array(z.enum(ALERT_KINDS))
      .min(1)
      .default([...ALERT_KINDS])
      .describe('Of what: only of what ends again.'),
  }),
])

/** The whole configuration file. Unknown keys are errors everywhere. */
export const configSchema = z.strictObject({
  environment: z.string().default('production').describe('Name shown in logs and metrics.'),
  startPaused: z
    .boolean()
    .default(true)
    .describe('Whether live portfolios wait for a resume when another build than the last one starts.'),
  server: z
    .strictObject({
      host: z.string().default('127.0.0.1').describe('Address to listen on.'),
      adminPort: z.number().int().min(0).max(65535).default(3000).describe('Port of the API; 0 picks a free one.'),
      metricsPort: z
        .number()
        .int()
        .min(0)
        .max(65535)
        .default(9464)
        .describe('Port of health and metrics; 0 picks a free one.'),
      trustedProxies: z
        .number()
        .int()
        .min(0)
        .max(10)
        .default(0)
        .describe(
          'How many proxies stand in front, each of which adds one address to `X-Forwarded-For`. Failed logins are counted by the address of the caller.',
        ),
      readsPerMinute: z
        .number()
        .int()
        .min(1)
        .max(1_000_000)
        .default(600)
        .describe('How often one caller may read in a minute.'),
      auth: z
        .strictObject({
          oidc: oidc
            .optional()
            .describe('The OpenID provider of the people who may ask. EVENKEEL_ADMIN_TOKEN when absent.'),
        })
        .prefault({})
        .describe('Who may ask. Machines use API keys, which `evenkeel key create` makes.'),
      approvals: z
        .strictObject({
          resume: z
            .union([z.literal(1), z.literal(2)])
            .default(1)
            .describe(
              'People it takes to resume what was paused, to cancel an intent, to say that a late transfer was looked into and to take an inflow for the own money of the fund: with 2 one proposes and another one approves.',
            ),
          plan: z
            .union([z.literal(0), z.literal(1), z.literal(2)])
            .default(0)
            .describe('People who have to approve a plan before anything of it is signed.'),
          planAboveUsd: decimal(18)
            .default('50000')
            .describe('Plans whose legs, swaps and crossings alike, move this much or less need no approval.'),
          bigPlanUsd: decimal(18)
            .optional()
            .describe(
              'Plans whose legs move more than this have to be approved by two people, whatever `plan` says; at least planAboveUsd. No such limit when absent.',
            ),
          cooldownMinutes: z
            .number()
            .min(0)
            .max(1_440)
            .default(10)
            .describe(
              'How long after a breaker has tripped nobody resumes what it holds; at least 10 outside the sandbox.',
            ),
        })
        .prefault({})
        .describe('Whose word it takes to make things riskier.'),
    })
    .prefault({})
    .describe('Where the daemon listens.'),
  database: z
    .strictObject({
      directory: z
        .string()
        .default('.evenkeel/postgres')
        .describe('Data of the embedded Postgres, used only without DATABASE_URL.'),
    })
    .prefault({})
    .describe('The database itself is named by DATABASE_URL in the environment.'),
  log: z
    .strictObject({
      level: z.enum(['error', 'warn', 'info', 'debug']).default('info').describe('The least important lines to write.'),
    })
    .prefault({})
    .describe('JSON lines, readable text in a terminal.'),
  traces: z
    .strictObject({
      url: url.describe('Where spans are posted as JSON, path included, such as `http://collector:4318/v1/traces`.'),
    })
    .optional()
    .describe(
      'Cycles as traces of OpenTelemetry, each one whole, sent to a collector by OTLP over HTTP. Without it none is made.',
    ),
  notifications: z.array(notification).max(20).default([]).describe('Whom to tell, and of what.'),
  lease: z
    .strictObject({
      ttlSeconds: seconds(60)
        .default(15)
        .describe('Without a renewal for this long another process may take the lease.'),
      renewSeconds: seconds(20).default(5).describe('Pause between two renewals.'),
      selfFenceSeconds: seconds(40)
        .default(10)
        .describe('Without a renewal for this long this process stops acting; less than ttlSeconds.'),
    })
    .prefault({})
    .describe('The right to be the one writer.'),
  execution: z
    .strictObject({
      pollMs: z
        .number()
        .int()
        .min(50)
        .max(60_000)
        .default(1_000)
        .describe('Pause between two looks at the chains while something is under way.'),
      logBlocks: z
        .number()
        .int()
        .min(1)
        .max(100_000)
        .default(2_000)
        .describe('Most blocks that are searched for events in one request; endpoints have limits of their own.'),
      transferPollSeconds: seconds(600).default(15).describe('Pause between two questions for a bridge transfer.'),
      resendSeconds: seconds(600)
        .default(15)
        .describe('An unmined transaction is sent again, byte for byte, this often.'),
      feeBump: decimal(18)
        .default('1.15')
        .describe('Factor on both fees of a transaction that replaces a waiting one; at least 1.1.'),
      feeCeiling: decimal(18)
        .default('3')
        .describe(
          'Most a replacement may offer, as a multiple of the current estimate; a cancel may offer twice that.',
        ),
      maxReplacements: z
        .number()
        .int()
        .min(0)
        .max(20)
        .default(8)
        .describe('Most replacements of one transaction; after them it is held and sent again as it is.'),
      replaceBlocks: count(1_000).default(3).describe('New blocks that pass before a waiting transaction is replaced.'),
      replaceSeconds: seconds(3_600)
        .default(20)
        .describe('Time that passes, too, before it is; while no block comes it does not count.'),
      reconcileSeconds: seconds(300)
        .default(60)
        .describe('Ledger and chains are compared, and allowances swept, this often and after every cycle.'),
    })
    .prefault({})
    .describe('Tempo of the work.'),
  endpoints: z
    .strictObject({
      timeoutSeconds: seconds(30).default(8).describe('For one whole answer of an endpoint of a chain.'),
      quarantineSeconds: seconds(86_400)
        .default(600)
        .describe('An endpoint that was caught saying what cannot be true is not listened to for this long.'),
      quorumLossSeconds: seconds(600)
        .default(120)
        .describe('A chain on which no quorum agrees for this long is paused.'),
      watchSeconds: seconds(60).default(5).describe('Pause between two looks at head and finality of every chain.'),
    })
    .prefault({})
    .describe('How endpoints of chains are listened to.'),
  signer: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('none').describe('Nothing can be signed.') }),
      z.strictObject({
        kind: z
          .literal('development')
          .describe('A well-known key, accepted on sandbox chains only. The image is built without it.'),
        index: z.number().int().min(0).max(9).describe('Which of the well-known keys.'),
      }),
      z.strictObject({
        kind: z.literal('keystore').describe('The key of a Web3 Secret Storage file, decrypted at start.'),
        file: z.string().min(1).describe('The keystore; `evenkeel keystore create` writes one.'),
        passwordFile: z.string().min(1).describe('A file that holds the password of the keystore, and nothing else.'),
      }),
      z.strictObject({
        kind: z.literal('remote').describe('Another process, asked with eth_signTransaction over JSON-RPC.'),
        url: url.optional().describe('Where to ask for every chain that is not under `urls`.'),
        urls: z
          .record(key, url)
          .default({})
          .describe('Where to ask for one chain, by its name: a Web3Signer serves one chain id.'),
        address: address
          .optional()
          .describe('The account it must hold. Needed where the signer does not answer eth_accounts.'),
        timeoutSeconds: seconds(30).default(10).describe('For one answer.'),
      }),
    ])
    .default({ kind: 'none' })
    .describe('Who signs transactions.'),
  chains: z.record(key, chain).describe('The chains, by a name of your choice.'),
  assets: z.record(key, asset).describe('What weights are about, by a name of your choice.'),
  prices: prices.describe('Where prices come from and when they are believed.'),
  venues: z.record(key, venue).describe('Who is asked for quotes, by a name of your choice.'),
  bridges: z
    .record(key, bridge)
    .prefault({})
    .describe('What is known of the bridges that venues use, by the key that the venue gives them.'),
  portfolios: z.record(key, portfolio).describe('What is kept on target, by a name of your choice.'),
})

export type ConfigFile = z.infer<typeof configSchema>
