import { encodeFunctionData, erc20Abi } from 'viem'
import type { Cycle } from '../../src/domain/execution/cycle.js'
import { amountOf } from '../../src/domain/units/amount.js'
import { RATIO_ONE } from '../../src/domain/units/ratio.js'
import { ONE_USD } from '../../src/domain/units/usd.js'
import { type ChainStanding, ChainStandings } from '../../src/ports/chain-standings.js'
import {
  aCycle,
  addressOf,
  aLeg,
  anArrival,
  anAttempt,
  anInclusion,
  aRun,
  aTransfer,
  hashOf,
  newIntent,
  NOW,
  sendingRun,
} from './builders.js'
import { ALPHA, BETA } from './fake-world.js'

/** What is remembered of endpoints. */
export class Standing extends ChainStandings {
  constructor(private readonly standings: readonly ChainStanding[]) {
    super()
  }
  override all = () => this.standings
}

const block = { number: 100n, hash: hashOf(0xb10c), timestamp: NOW / 1000 - 4 }
export const standings: readonly ChainStanding[] = [
  {
    chain: 'alpha',
    chainId: 901,
    quorum: 2,
    lookedAt: NOW - 1_000,
    isAgreed: true,
    reason: undefined,
    head: block,
    finalized: { ...block, number: 90n },
    endpoints: [
      {
        name: 'amber',
        host: 'amber.example',
        isHealthy: false,
        reason: 'it lies',
        isAgreeing: false,
        head: { number: 97n, timestamp: block.timestamp - 6 },
        quarantinedUntil: NOW + 60_000,
      },
    ],
  },
  {
    chain: 'beta',
    chainId: 902,
    quorum: 1,
    lookedAt: undefined,
    isAgreed: false,
    reason: undefined,
    head: undefined,
    finalized: undefined,
    endpoints: [],
  },
]
export const guard = {
  asset: 'USD',
  maxDivergence: 1n,
  maxMove: 1n,
  windowMs: 1,
  pauseMs: 1,
  maxOffPeg: RATIO_ONE / 100n,
  warnOffPeg: RATIO_ONE / 200n,
}

const approve = encodeFunctionData({ abi: erc20Abi, functionName: 'approve', args: [addressOf(0xd1), 5_000_000n] })
const crossing = sendingRun(
  aRun({ leg: aLeg({ id: 'plan-2.1', kind: 'bridge', sell: amountOf(ALPHA.usdc, 1_000_000_000n) }) }),
)
/** A cycle of which one leg has sold a bit less than planned, and another one is crossing. */
export const cycles: readonly Cycle[] = [
  aCycle({
    id: 'first',
    startedAt: NOW - 7_200_000,
    endedAt: NOW - 3_600_000,
    outcome: 'traded',
    legs: [aRun({ state: 'done', sold: amountOf(ALPHA.weth, 10n ** 18n) })],
  }),
  aCycle({
    id: 'second',
    startedAt: NOW,
    legs: [crossing],
    intents: [
      {
        ...newIntent(aCycle({ id: 'second' }), crossing, { kind: 'approve' }),
        call: { chain: 'alpha', to: ALPHA.usdc.address, data: approve, value: 0n },
        nonce: 1,
        version: 1,
        state: 'reserved',
        attempts: [],
      },
      {
        ...newIntent(aCycle({ id: 'second' }), crossing),
        nonce: 2,
        version: 3,
        state: 'final_ok',
        attempts: [anAttempt(7)],
        inclusion: anInclusion(7),
      },
    ],
    valuation: {
      nav: 4_000n * ONE_USD,
      isComplete: false,
      assets: [
        {
          asset: 'ETH',
          status: 'known',
          price: 3_000n * ONE_USD,
          value: 3_000n * ONE_USD,
          positions: [
            { asset: 'ETH', chain: 'alpha', amount: amountOf(ALPHA.weth, 10n ** 18n), value: 3_000n * ONE_USD },
          ],
          inTransitValue: 0n,
        },
        {
          asset: 'USD',
          status: 'known',
          price: ONE_USD,
          value: 1_000n * ONE_USD,
          positions: [],
          inTransitValue: 1_000n * ONE_USD,
        },
        { asset: 'BTC', status: 'unknown', reason: 'Holdings on beta are unknown: timeout' },
      ],
      unread: [{ chain: 'beta', reason: 'timeout' }],
    },
  }),
]
export const early = aTransfer(cycles[1]!, crossing, {
  expected: amountOf(BETA.usdc, 998_000_000n),
  sentAt: NOW - 50_000,
})
export const late = { ...early, id: 'plan-2.2', sentAt: NOW + 3, state: 'late' as const }
export const arrived = {
  ...early,
  id: 'plan-2.3',
  sentAt: NOW - 600_000,
  state: 'full' as const,
  arrivals: [anArrival(amountOf(BETA.usdc, 998_000_000n), { block: { ...block, timestamp: NOW / 1000 - 590 } })],
}
