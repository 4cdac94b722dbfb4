import { type AssetKey, type ChainKey, type Token, tokenId } from '../assets.js'
import type { Refusal } from '../errors.js'
import { isOverdue, type Transfer } from '../execution/transfer.js'
import { type Ratio, RATIO_ONE, smaller } from '../units/ratio.js'
import type { Limits } from './budgets.js'

/** Who stands behind a bridge: the chains themselves, the issuer of the token, a network of lenders, somebody else. */
export const BRIDGE_TIERS = ['canonical', 'issuer', 'liquidity', 'other'] as const
export type BridgeTier = (typeof BRIDGE_TIERS)[number]

/** What is known and wanted of one bridge (C-60, C-64). */
export interface BridgeTerms {
  readonly tier: BridgeTier
  /** Within this time nearly all crossings are over; undefined takes what the offer says. */
  readonly expectedSeconds: number | undefined
  /** After this time a transfer is taken for lost. */
  readonly lostAfterSeconds: number
  /** After an arrival that is not all of it, more is awaited for this long. */
  readonly quietSeconds: number
  /** Its contracts name each transfer by an id on both chains, so that payouts cannot be mistaken for each other. */
  readonly hasIds: boolean
  /** Most that may be in flight over it, and be sent in a day, as shares of NAV; the portfolio's own caps hold beside. */
  readonly inFlight: Ratio
  readonly day: Ratio
  /** The only crossings it may make; undefined allows all. */
  readonly routes: readonly BridgeRoute[] | undefined
}

export interface BridgeRoute {
  readonly origin: ChainKey
  readonly destination: ChainKey
  readonly asset: AssetKey
}

/** What a bridge may carry by its tier, where nothing else is said: as much as the portfolio allows any, or little. */
export const TIER_CAPS: Readonly<Record<BridgeTier, Pick<BridgeTerms, 'inFlight' | 'day'>>> = {
  canonical: { inFlight: RATIO_ONE, day: RATIO_ONE },
  issuer: { inFlight: RATIO_ONE, day: RATIO_ONE },
  liquidity: { inFlight: RATIO_ONE, day: RATIO_ONE },
  other: { inFlight: RATIO_ONE / 100n, day: RATIO_ONE / 20n },
}

/** A bridge of which nothing is configured is of the lowest tier and gives no ids. */
export const UNKNOWN_BRIDGE: BridgeTerms = {
  tier: 'other',
  expectedSeconds: undefined,
  lostAfterSeconds: 24 * 3_600,
  quietSeconds: 3_600,
  hasIds: false,
  ...TIER_CAPS.other,
  routes: undefined,
}

export function bridgeTermsOf(bridges: Readonly<Record<string, BridgeTerms>>, bridge: string): BridgeTerms {
  return bridges[bridge] ?? UNKNOWN_BRIDGE
}

/** Share of NAV that one plan may send over the bridge: prices move between a plan and its legs, so nine tenths of its cap. */
export function plannedShareOf({ inFlight, day }: BridgeTerms): Ratio {
  return (smaller(inFlight, day) * 9n) / 10n
}

/** The portfolio's caps with the tighter ones of the bridge (C-60). */
export function bridgeLimits(limits: Limits, { inFlight, day }: BridgeTerms): Limits {
  return {
    ...limits,
    bridgeInFlight: smaller(limits.bridgeInFlight, inFlight),
    bridgeDay: smaller(limits.bridgeDay, day),
  }
}

/** A crossing that is about to begin, or one that has begun and is no transfer yet. */
export interface Crossing {
  readonly bridge: string
  readonly origin: ChainKey
  /** The token that is to arrive. */
  readonly expected: Token
}

/**
 * Whether a crossing may begin beside those that are open: not on a bridge that has one overdue (C-61), and where payouts
 * carry no id only one at a time per (bridge, destination, token), so that none is mistaken for another one (4.8). And
 * only on a route that is allowed (C-64). The refusal, or undefined when it may.
 */
export function mayBeginTransfer(
  open: readonly (Crossing & Partial<Pick<Transfer, 'state'>>)[],
  next: Crossing,
  terms: BridgeTerms,
): Refusal | undefined {
  const { bridge, origin, expected } = next
  const isAllowed =
    terms.routes === undefined ||
    terms.routes.some(
      (route) => route.origin === origin && route.destination === expected.chain && route.asset === expected.asset,
    )
  if (!isAllowed)
    return {
      code: 'POLICY_DENIED',
      detail: `${bridge} may not carry ${expected.asset} from ${origin} to ${expected.chain}; bridges.${bridge}.routes does not name it.`,
    }
  const sameBridge = open.filter((one) => one.bridge === bridge)
  if (sameBridge.some(({ state }) => state !== undefined && isOverdue({ state })))
    return {
      code: 'BRIDGE_CAP',
      detail: `A transfer over ${bridge} is overdue; no other one begins there until it has come out.`,
    }
  if (!terms.hasIds && sameBridge.some((one) => tokenId(one.expected) === tokenId(expected)))
    return {
      code: 'BRIDGE_CAP',
      detail: `${expected.symbol} is on its way to ${expected.chain} over ${bridge} already, whose payouts carry no id; wait for it, or configure bridges.${bridge}.`,
    }
  return undefined
}
