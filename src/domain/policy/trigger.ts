import type { AssetKey } from '../assets.js'
import type { Drift } from '../portfolio/drift.js'
import { absolute, basisPointsOf } from '../units/ratio.js'
import { usdToNumber } from '../units/usd.js'
import type { Policy } from './policy.js'

export const DECISION_CODES = [
  'band-breached',
  'manual',
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
}

export interface TriggerContext {
  /** Milliseconds since 1970. */
  readonly now: number
  /** When the last cycle that traded ended; undefined when none did. */
  readonly lastTradedAt: number | undefined
  /** A person asked for this cycle: the band and the cooldown do not hold it back. */
  readonly isManual: boolean
}

export function evaluateTriggers(drift: Drift, policy: Policy, context: TriggerContext): Decision {
  const left = drift.excluded.map(({ asset, reason }) => `${asset} is left out: ${reason}`)
  if (drift.assets.length < 2)
    return {
      act: false,
      code: 'nothing-known',
      breached: [],
      reasons: ['Fewer than two assets have a known value.', ...left],
    }
  if (drift.nav === 0n)
    return {
      act: false,
      code: 'no-money',
      breached: [],
      reasons: ['The account holds nothing of the configured assets.', ...left],
    }

  const breaches = drift.assets.filter((asset) => !asset.isInBand)
  const breached = breaches.map(({ asset }) => asset)
  const facts = breaches.map(
    ({ asset, drift: distance, band, target }) =>
      `${asset} is ${basisPointsOf(distance)} bps from its target of ${basisPointsOf(target)} bps; its band is ±${basisPointsOf(band)} bps.`,
  )
  if (context.isManual)
    return { act: true, code: 'manual', breached, reasons: ['A person asked for this cycle.', ...facts, ...left] }
  if (breached.length === 0) {
    const widest = drift.assets.toSorted((a, b) => Number(useOf(b) - useOf(a)))[0]!
    const reason = `Every asset is inside its band; ${widest.asset} is closest to its edge with ${basisPointsOf(widest.drift)} of ±${basisPointsOf(widest.band)} bps.`
    return { act: false, code: 'within-band', breached, reasons: [reason, ...left] }
  }
  const waited = context.lastTradedAt === undefined ? undefined : context.now - context.lastTradedAt
  if (waited !== undefined && waited < policy.cooldownMs)
    return {
      act: false,
      code: 'cooldown',
      breached,
      reasons: [
        `The last trade ended ${Math.round(waited / 1000)} s ago, policy waits ${policy.cooldownMs / 1000} s.`,
        ...facts,
        ...left,
      ],
    }
  const turnover = `To reach every target ${usdToNumber((drift.nav * drift.portfolio) / 10n ** 18n).toFixed(0)} USD must trade.`
  return { act: true, code: 'band-breached', breached, reasons: [...facts, turnover, ...left] }
}

/** Share of the band in use, in parts per million; an asset without a band and without drift uses none of it. */
function useOf(asset: Drift['assets'][number]): bigint {
  return asset.band === 0n ? 0n : (absolute(asset.drift) * 1_000_000n) / asset.band
}
