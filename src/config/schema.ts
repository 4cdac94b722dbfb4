import { validateCronExpression } from 'cron'
import { isAddress } from 'viem'
import { z } from 'zod'
import type { Address } from '../domain/assets.js'
import { parseDecimal } from '../domain/units/decimal.js'

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
const basisPoints = (most: number) => z.number().int().min(0).max(most)
const url = z.url({ protocol: /^https?$/ })
const seconds = (most: number) => z.number().positive().max(most)

const chain = z.strictObject({
  chainId: z.number().int().positive(),
  rpc: z.array(url).min(1).describe('Endpoints of the chain; the first one is asked.'),
  native: z.strictObject({ symbol: z.string(), asset: key, decimals: z.number().int().min(0).max(36).default(18) }),
  multicall: address.describe('A contract with the functions of Multicall3.'),
  blockTimeSeconds: seconds(3600),
  finality: z
    .union([z.literal('finalized'), z.strictObject({ depth: z.number().int().min(1) })])
    .default('finalized')
    .describe("When a block cannot be undone: the node's finalized tag, or a depth in blocks."),
  priorityFeeGwei: decimal(9).default('0').describe('Tip offered above the base fee.'),
  gasReserve: decimal(18).describe('Native coin kept for gas and never sold.'),
  hub: z.string().describe('Symbol of the token through which money moves on this chain.'),
  sequencerFeed: z
    .strictObject({ address, graceSeconds: z.number().int().min(900).default(3600) })
    .optional()
    .describe('Uptime feed of an L2: no price from this chain counts while it reports an outage.'),
})

const asset = z.strictObject({
  class: z.enum(['stable', 'major', 'other']).describe('Decides the default limits for prices and losses.'),
  tokens: z.array(
    z.strictObject({ chain: key, symbol: z.string(), address, decimals: z.number().int().min(0).max(36) }),
  ),
})

const prices = z.strictObject({
  feeds: z
    .record(
      key,
      z.strictObject({
        chain: key,
        address,
        decimals: z.number().int().min(0).max(18),
        heartbeatSeconds: z.number().int().positive(),
      }),
    )
    .describe('Chainlink-style aggregator of each asset, in USD.'),
  http: z
    .array(
      z.strictObject({
        name: key,
        url,
        maxAgeSeconds: seconds(3600).default(60),
        timeoutSeconds: seconds(30).default(5),
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
      stable: basisPoints(200).default(20),
      major: basisPoints(200).default(50),
      other: basisPoints(200).default(100),
    })
    .prefault({}),
  bounds: z
    .record(key, z.strictObject({ minimum: decimal(18), maximum: decimal(18) }))
    .describe('USD bounds outside which a price is a broken source.'),
})

const contracts = z
  .record(key, z.strictObject({ targets: z.array(address), spenders: z.array(address) }))
  .describe('Per chain: contracts a call may go to and contracts that may be given an exact allowance.')

const venue = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('lifi'),
    url,
    integrator: z.string().min(1).max(23),
    serves: z
      .array(z.enum(['swap', 'bridge']))
      .min(1)
      .default(['swap', 'bridge']),
    bridges: z.array(z.string()).optional().describe('Bridges that may be used; all of them when absent.'),
    timeoutSeconds: seconds(30).default(10),
    allowed: contracts,
  }),
  z.strictObject({
    kind: z.literal('zeroex'),
    transport: z.enum(['sdk', 'rest']).default('sdk'),
    url,
    apiKey: z
      .string()
      .optional()
      .describe('Only where the key is no secret, as in the sandbox; a secret one is ZEROX_API_KEY.'),
    timeoutSeconds: seconds(30).default(10),
    allowed: contracts,
  }),
])

const portfolio = z.strictObject({
  mode: z
    .enum(['live', 'dry-run'])
    .default('dry-run')
    .describe('dry-run plans and records everything and signs nothing.'),
  account: z.strictObject({ alias: key, address }),
  schedule: z
    .string()
    .refine(
      (text) => validateCronExpression(text).valid,
      "expected a cron expression with seconds, such as '0 */5 * * * *'",
    )
    .default('0 */5 * * * *')
    .describe('Cron expression with seconds, UTC.'),
  targets: z.record(
    key,
    z.strictObject({
      weight: decimal(18),
      band: z
        .strictObject({ absolute: decimal(18).optional(), relative: decimal(18).optional() })
        .refine(
          (band) => band.absolute !== undefined || band.relative !== undefined,
          'expected absolute, relative or both',
        )
        .describe(
          'Tolerated distance: absolute as a share of NAV, relative as a share of the weight; the tighter one counts.',
        ),
    }),
  ),
  minimumTradeUsd: decimal(18).default('100'),
  cooldownSeconds: z.number().min(0).default(300),
  slippageBps: basisPoints(200).default(30).describe("Tolerance between a venue's quote and its minimum."),
  maxLossBps: z
    .strictObject({
      stable: basisPoints(200).default(10),
      major: basisPoints(200).default(50),
      other: basisPoints(200).default(100),
    })
    .prefault({})
    .describe('Most a swap may cost against our own prices, by the riskier asset class of the two.'),
  maxBridgeLossBps: basisPoints(200).default(30),
  maxLegUsd: decimal(18).default('1000000'),
  maxGasUsd: decimal(18).default('250').describe('Most one transaction may cost in gas.'),
  maxQuoteAgeSeconds: seconds(30).default(15),
})

/** The whole configuration file. Unknown keys are errors everywhere. */
export const configSchema = z.strictObject({
  environment: z.string().default('production').describe('Name shown in logs and metrics.'),
  server: z
    .strictObject({
      host: z.string().default('127.0.0.1'),
      adminPort: z.number().int().min(0).max(65535).default(3000),
      metricsPort: z.number().int().min(0).max(65535).default(9464),
    })
    .prefault({}),
  database: z
    .strictObject({
      directory: z
        .string()
        .default('.evenkeel/postgres')
        .describe('Data of the embedded Postgres, used only without DATABASE_URL.'),
    })
    .prefault({}),
  log: z.strictObject({ level: z.enum(['error', 'warn', 'info', 'debug']).default('info') }).prefault({}),
  lease: z
    .strictObject({
      ttlSeconds: seconds(60).default(15),
      renewSeconds: seconds(20).default(5),
      selfFenceSeconds: seconds(40).default(10),
    })
    .prefault({}),
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
    .prefault({}),
  signer: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('none') }),
      z.strictObject({ kind: z.literal('development'), index: z.number().int().min(0).max(9) }),
    ])
    .default({ kind: 'none' })
    .describe('development: a well-known key, accepted on sandbox chains only.'),
  chains: z.record(key, chain),
  assets: z.record(key, asset),
  prices,
  venues: z.record(key, venue),
  portfolios: z.record(key, portfolio),
})

export type ConfigFile = z.infer<typeof configSchema>
