import type { AssetKey } from '../assets.js'
import type { Drift } from '../portfolio/drift.js'
import { absolute, basisPointsOf } from '../units/ratio.js'
import { usdToNumber } from '../units/usd.js'
import { type ResetLevel, resetLevels } from './levels.js'
import type { Policy } from './policy.js'

export const DECISION_CODES = [
  'band-breached',
  'manual',
  'replanned',
  'within-band',
  'cooldown',
  'nothing-known',
  'no-money',
] as const
export type DecisionCode = (typeof DECISION_CODES)[number]

/** Whether to act, and always why: the numbers that were compared are in the reasons. */
export interface Decision {
  readonly act: boolean
  readonly code: DecisionCode
  readonly reasons: readonly string[]
  readonly breached: readonly AssetKey[]
  /** Where each asset of the drift should end; empty when nothing is done. */
  readonly levels: readonly ResetLevel[]
}

/** The cycle that stopped for what remained of its plan to be planned anew, and why it did. */
export interface Continuation {
  readonly cycleId: string
  readonly reason: string
}

export interface TriggerContext {
  /** Milliseconds since 1970. */
  readonly now: number
  /** When the last cycle that traded ended; undefined when none did. */
  readonly lastTradedAt: number | undefined
  /** A person asked for this cycle: the band and the cooldown do not hold it back. */
  readonly isManual: boolean
  /** This cycle goes on where another one stopped: the band and the cooldown do not hold it back. */
  readonly continues: Continuation | undefined
}

export function evaluateTriggers(drift: Drift, policy: Policy, context: TriggerContext): Decision {
  const left = drift.excluded.map(({ asset, reason }) => `${asset} is left out: ${reason}`)
  if (drift.assets.length < 2)
    return {
      act: false,
      code: 'nothing-known',
      breached: [],
      levels: [],
      reasons: ['Fewer than two assets have a known value.', ...left],
    }
  if (drift.nav === 0n)
    return {
      act: false,
      code: 'no-money',
      breached: [],
      levels: [],
      reasons: ['The account holds nothing of the configured assets.', ...left],
    }

  const breaches = drift.assets.filter((asset) => !asset.isInBand)
  const breached = breaches.map(({ asset }) => asset)
  const facts = breaches.map(
    ({ asset, drift: distance, band, target }) =>
      `${asset} is ${basisPointsOf(distance)} bps from its target of ${basisPointsOf(target)} bps; its band is ±${basisPointsOf(band)} bps.`,
  )
  const act = (code: DecisionCode, reasons: readonly string[]): Decision => ({
    act: true,
    code,
    breached,
    levels: resetLevels(drift, policy),
    reasons: [...reasons, ...left],
  })
  if (context.isManual) return act('manual', ['A person asked for this cycle.', ...facts])
  if (context.continues)
    return act('replanned', [
      `What remained of cycle ${context.continues.cycleId} is planned anew. ${context.continues.reason}`,
      ...facts,
    ])
  if (breached.length === 0) {
    const widest = drift.assets.toSorted((a, b) => Number(useOf(b) - useOf(a)))[0]!
    const reason = `Every asset is inside its band; ${widest.asset} is closest to its edge with ${basisPointsOf(widest.drift)} of ±${basisPointsOf(widest.band)} bps.`
    return { act: false, code: 'within-band', breached, levels: [], reasons: [reason, ...left] }
  }
  const waited = context.lastTradedAt === undefined ? undefined : context.now - context.lastTradedAt
  if (waited !== undefined && waited < policy.cooldownMs)
    return {
      act: false,
      code: 'cooldown',
      breached,
      levels: [],
      reasons: [
        `The last trade ended ${Math.round(waited / 1000)} s ago, policy waits ${policy.cooldownMs / 1000} s.`,
        ...facts,
        ...left,
      ],
    }
  const turnover = `To reach every target ${usdToNumber((drift.nav * drift.portfolio) / 10n ** 18n).toFixed(0)} USD must trade.`
  return act('band-breached', [...facts, turnover])
}

/** Share of the band in use, in parts per million; an asset without a band and without drift uses none of it. */
function useOf(asset: Drift['assets'][number]): bigint {
  return asset.band === 0n ? 0n : (absolute(asset.drift) * 1_000_000n) / asset.band
}
