import { validateCronExpression } from 'cron'
import { isAddress } from 'viem'
import { z } from 'zod'
import type { Address } from '../domain/assets.js'
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
const basisPoints = (most: number) => z.number().int().min(0).max(most)
const url = z.url({ protocol: /^https?$/ })
const seconds = (most: number) => z.number().positive().max(most)

const chain = z.strictObject({
  chainId: z.number().int().positive().describe('Compared with what the endpoint serves; no other chain is used.'),
  rpc: z.array(url).min(1).describe('Endpoints of the chain; the first one is asked.'),
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
  priorityFeeGwei: decimal(9).default('0').describe('Tip offered above the base fee.'),
  gasReserve: decimal(18).describe('Native coin kept for gas and never sold.'),
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
        url: url.describe('Without `/v1/prices`.'),
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
})

const contracts = z
  .record(
    key,
    z.strictObject({
      targets: z.array(address).describe('Contracts that a transaction of this venue may call.'),
      spenders: z.array(address).describe('Contracts that may be given an allowance, of exactly one trade.'),
    }),
  )
  .describe('Per chain: contracts a call may go to and contracts that may be given an exact allowance.')

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
    allowed: contracts,
  }),
])

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
  schedule: z
    .string()
    .refine(
      (text) => validateCronExpression(text).valid,
      "expected a cron expression with seconds, such as '0 */5 * * * *'",
    )
    .default('0 */5 * * * *')
    .describe('Cron expression with seconds, UTC.'),
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
  reset: z
    .enum(['target', 'half', 'edge'])
    .default('half')
    .describe(
      'How far an asset outside its band is brought back: to its target, half-way into the band, or to its edge. Costs that grow with the amount speak for the edge, fixed ones for the target.',
    ),
  minimumTradeUsd: decimal(18).default('100').describe('Smaller trades are not worth a transaction.'),
  cooldownSeconds: z
    .number()
    .min(0)
    .default(300)
    .describe('No cycle trades sooner than this after the last one that traded.'),
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
  maxLegUsd: decimal(18).default('1000000').describe('Largest value of one leg.'),
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

/** The whole configuration file. Unknown keys are errors everywhere. */
export const configSchema = z.strictObject({
  environment: z.string().default('production').describe('Name shown in logs and metrics.'),
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
      transferPollSeconds: seconds(600).default(15).describe('Pause between two questions for a bridge transfer.'),
      resendSeconds: seconds(600)
        .default(15)
        .describe('An unmined transaction is sent again, byte for byte, this often.'),
    })
    .prefault({})
    .describe('Tempo of the work.'),
  signer: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('none').describe('Nothing can be signed.') }),
      z.strictObject({
        kind: z.literal('development').describe('A well-known key, accepted on sandbox chains only.'),
        index: z.number().int().min(0).max(9).describe('Which of the well-known keys.'),
      }),
    ])
    .default({ kind: 'none' })
    .describe('Who signs transactions.'),
  chains: z.record(key, chain).describe('The chains, by a name of your choice.'),
  assets: z.record(key, asset).describe('What weights are about, by a name of your choice.'),
  prices: prices.describe('Where prices come from and when they are believed.'),
  venues: z.record(key, venue).describe('Who is asked for quotes, by a name of your choice.'),
  portfolios: z.record(key, portfolio).describe('What is kept on target, by a name of your choice.'),
})

export type ConfigFile = z.infer<typeof configSchema>
