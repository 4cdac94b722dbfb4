import { dayOf } from '../domain/portfolio/price-table.js'
import type { Portfolio } from '../domain/policy/portfolio.js'
import type { Snapshot } from '../domain/portfolio/snapshot.js'
import { navFigures } from '../domain/portfolio/unit-value.js'
import { canonicalText } from '../domain/canonical-text.js'
import { inputsText, setTargets } from '../domain/targets/set-targets.js'
import { settleTargets } from '../domain/targets/settle-targets.js'
import { targetAssets } from '../domain/targets/target-assets.js'
import { LEAST_TARGET_DAYS, TARGET_DAYS, targetCovariance } from '../domain/targets/target-covariance.js'
import { isSameDocument, judgeDocument, type TargetDocument } from '../domain/targets/target-document.js'
import type { NavFigures, TargetAsset, TargetInput } from '../domain/targets/target-input.js'
import { refuseTargets, type TargetRefusal } from '../domain/targets/target-refusal.js'
import {
  type ForcedTargets,
  isSameWeights,
  reweighted,
  type TargetSet,
  type Weights,
  weightsOf,
} from '../domain/targets/target-set.js'
import { SOURCE_SETTER } from '../domain/targets/target-setting.js'
import { currentTargetsOf, type TargetsInForce, targetsInForce } from '../domain/targets/targets-in-force.js'
import { type Ratio, ratioToNumber } from '../domain/units/ratio.js'
import type { Clock } from '../ports/clock.js'
import type { History, RecordedTargets } from '../ports/history.js'
import type { Observer } from '../ports/observer.js'
import type { DocumentReading, TargetSources } from '../ports/target-source.js'

/** The setter that takes the weights of the configuration. */
const FIXED = 'fixed'
/** Days before targets were set first in which the value of a unit is looked for. */
const START_SPAN = 31

export interface KeptTargets {
  /** With the weights in force; bands are as configured. */
  readonly portfolio: Portfolio
  readonly targets: TargetsInForce
}

interface Look {
  readonly portfolio: Portfolio
  readonly assets: readonly TargetAsset[]
  readonly latest: (ForcedTargets & Partial<Pick<RecordedTargets, 'inputsHash'>>) | undefined
  readonly setting: string
  readonly now: number
}

/**
 * Keeps the targets of a portfolio: sets them anew when it is time and the setter can, and says which are in force.
 *
 * Guarantees: targets in force sum to one over the assets with a target; whatever cannot be set leaves those in force, or
 * the configured weights before the first; every set and every refusal is written down with its inputs before it counts,
 * a refusal once a day for each setting and reason. Fixed weights are taken as configured, beyond limits and smoothing.
 * Setters are asked once a UTC day and when the setting changes, after a refusal every time; a source every time, and the
 * same document sets targets once a day at most, as far as smoothing lets them go. No document counts after a newer one
 * that passed, whatever was made of that.
 */
export class KeepTargets {
  constructor(private readonly deps: { history: History; sources: TargetSources; clock: Clock; observer: Observer }) {}

  /** What the source of the portfolio says now; undefined where its setter asks none, or none is configured. */
  async readSource({ id, targetSetting: { setter, source } }: Portfolio): Promise<DocumentReading | undefined> {
    return setter === SOURCE_SETTER && source ? this.deps.sources.of(id)?.read() : undefined
  }

  /**
   * `snapshot` tells on which chains assets lie; without it they are taken to lie on all of theirs alike. `reading` is what
   * `readSource` gave.
   */
  async run(configured: Portfolio, snapshot?: Snapshot, reading?: DocumentReading): Promise<KeptTargets> {
    const look = await this.look(configured, snapshot)
    switch (configured.targetSetting.setter) {
      case FIXED:
        return this.keepFixed(look)
      case SOURCE_SETTER:
        return this.keepSource(look, reading)
      default:
        return this.keepSet(look)
    }
  }

  /**
   * The targets in force as they are, for whoever only looks: nothing is set or written. Fixed weights that no cycle has
   * written down yet have no time.
   */
  async inForce(configured: Portfolio): Promise<KeptTargets> {
    const look = await this.look(configured, undefined)
    if (configured.targetSetting.setter !== FIXED) return kept(look)
    const set = fixedSet(look)
    if (isFixedInForce(look, set)) return kept(look)
    const { portfolio, targets } = kept({ ...look, latest: set })
    return { portfolio, targets: { ...targets, setAt: undefined } }
  }

  private async look(portfolio: Portfolio, snapshot: Snapshot | undefined): Promise<Look> {
    const { history, clock } = this.deps
    const assets = targetAssets(portfolio, snapshot)
    const { setter, parameters, limits, maxChangePerDay, issuers } = portfolio.targetSetting
    const keys = assets.map(({ key }) => key).toSorted()
    return {
      portfolio,
      assets,
      latest: await history.latestTargets(portfolio.id),
      setting: canonicalText({ setter, parameters, limits, maxChangePerDay, issuers, assets: keys }),
      now: clock.now(),
    }
  }

  private async keepFixed(look: Look): Promise<KeptTargets> {
    const set = fixedSet(look)
    return isFixedInForce(look, set) ? kept(look) : this.force(look, set)
  }

  private async keepSet(look: Look): Promise<KeptTargets> {
    const { portfolio, latest, setting, now } = look
    if (latest && latest.setting === setting && dayOf(latest.setAt) >= dayOf(now)) return kept(look)
    const { covariance, shortage } = await this.covariance(look)
    const input: TargetInput = { ...this.inputOf(look), covariance, nav: await this.navOf(look) }
    const inputs = inputsText(portfolio.targetSetting, input)
    const result = setTargets(portfolio.targetSetting, input)
    if (result.status === 'refused') {
      const detail = result.code === 'covariance-unknown' ? `${result.detail} ${shortage}` : result.detail
      return this.refuse(look, refuseTargets(result.code, detail), inputs)
    }
    const { weights, exposure, reasons } = result
    const set = { ...madeBy(look, inputs, reasons), weights: byAsset(look.assets, weights), exposure }
    return this.force(look, { ...set, status: 'set', document: undefined })
  }

  private async keepSource(look: Look, reading: DocumentReading | undefined): Promise<KeptTargets> {
    const { portfolio, assets, latest, setting, now } = look
    const { targetSetting } = portfolio
    const { source, setter, limits, maxChangePerDay } = targetSetting
    const input = this.inputOf(look)
    const document = reading?.status === 'read' ? reading.document : undefined
    const inputs = canonicalText({ setter, limits, maxChangePerDay, document, input })
    if (!source || !reading) {
      const detail = 'A source should be configured as targetSetting.source, got none.'
      return this.refuse(look, refuseTargets('source-unavailable', detail), inputs)
    }
    if (reading.status === 'refused') return this.refuse(look, reading, inputs)
    const judged = await this.judge(look, reading.document, source.maxAgeMs)
    if (judged.status === 'refused') return this.refuse(look, judged, inputs)
    const isSame = latest?.setting === setting && isSameDocument(reading.document, latest.document)
    if (isSame && dayOf(latest.setAt) >= dayOf(now)) return kept(look)
    const wanted = { weights: judged.weights.map(ratioToNumber) }
    const settled = settleTargets(input, wanted, targetSetting)
    if (settled.status === 'refused') return this.refuse(look, settled, inputs)
    const weights = byAsset(assets, settled.weights)
    if (isSame && isSameWeights(weights, latest.weights)) return kept(look)
    const { setAt, isSigned, weights: written } = reading.document
    const origin = `The fund set these weights at ${new Date(setAt).toISOString()}${isSigned ? ' and signed them' : ''}.`
    const set = { ...madeBy(look, inputs, [origin, ...settled.reasons]), weights, exposure: undefined }
    return this.force(look, { ...set, status: 'set', document: { setAt, weights: written } })
  }

  /** A document that passes is written down as the newest before anything is made of it. */
  private async judge(
    { portfolio: { id: portfolio }, assets, now }: Look,
    document: TargetDocument,
    maxAgeMs: number,
  ): Promise<ReturnType<typeof judgeDocument>> {
    const { history } = this.deps
    const newest = await history.newestDocument(portfolio)
    const rules = { portfolio, assets: assets.map(({ key }) => key), maxAgeMs, now, newest }
    const judged = judgeDocument(document, rules)
    const { setAt, weights } = document
    if (judged.status === 'fits' && !isSameDocument(document, newest))
      await history.saveDocument(portfolio, { setAt, weights })
    return judged
  }

  /** What every setter may look at; a covariance and NAV come with it where they are asked for. */
  private inputOf({ assets, latest, portfolio, now }: Look): TargetInput {
    const current = currentTargetsOf(portfolio, latest, now)
    return { assets, covariance: undefined, current, nav: undefined, now }
  }

  private async covariance({
    assets,
    now,
  }: Look): Promise<{ covariance: TargetInput['covariance']; shortage: string }> {
    const yesterday = dayOf(now) - 1
    const keys = assets.map(({ key }) => key)
    const table = await this.deps.history.dailyPrices(keys, yesterday - TARGET_DAYS)
    const classes = new Map(assets.map((asset) => [asset.key, asset.class]))
    const { covariance, days } = targetCovariance(table, classes, yesterday)
    const shortage = `Of the last ${TARGET_DAYS} days there are ${days} on which ${keys.join(', ')} all have a return, ${LEAST_TARGET_DAYS} are needed.`
    return { covariance, shortage }
  }

  /** The start of a floor is when its setter began to set targets, without another one between. */
  private async navOf({ portfolio, latest, now }: Look): Promise<NavFigures | undefined> {
    const { history } = this.deps
    const isSameSetter = latest?.setter === portfolio.targetSetting.setter
    const startedAt = (isSameSetter ? await history.setterSince(portfolio.id) : undefined) ?? now
    return navFigures(await history.unitValues(portfolio.id, dayOf(startedAt) - START_SPAN), startedAt)
  }

  private async force(look: Look, set: ForcedTargets): Promise<KeptTargets> {
    const { history, observer } = this.deps
    const { portfolio } = look
    const { setter, weights, reasons } = set
    await history.saveTargets(set)
    observer.notify({ type: 'targets-set', portfolio: portfolio.id, setter, weights, reasons })
    return kept({ ...look, latest: await history.latestTargets(portfolio.id) })
  }

  private async refuse(look: Look, refusal: TargetRefusal, inputs: string): Promise<KeptTargets> {
    const { history, observer } = this.deps
    const { portfolio } = look
    const { setter } = portfolio.targetSetting
    const { code, detail } = refusal
    const record: TargetSet = { ...madeBy(look, inputs, [detail]), status: 'refused', code }
    const isNews = await history.saveTargets(record)
    if (isNews) observer.notify({ type: 'targets-refused', portfolio: portfolio.id, setter, code, detail })
    return kept(look, refusal)
  }
}

/** What is in force, where nothing newer was set. */
function kept({ portfolio, latest }: Look, refusal?: TargetRefusal): KeptTargets {
  const targets = targetsInForce(portfolio.policy, latest, refusal)
  return { portfolio: { ...portfolio, policy: reweighted(portfolio.policy, targets.weights) }, targets }
}

/** What every record of an attempt has. */
function madeBy({ portfolio, setting, now }: Look, inputs: string, reasons: readonly string[]) {
  return { portfolio: portfolio.id, setAt: now, setter: portfolio.targetSetting.setter, setting, inputs, reasons }
}

function fixedSet(look: Look): ForcedTargets {
  const weights = weightsOf(look.portfolio.policy)
  const inputs = canonicalText({ setter: FIXED, weights })
  const made = madeBy(look, inputs, ['Weights are fixed, as configured.'])
  return { ...made, status: 'set', weights, exposure: undefined, document: undefined }
}

function isFixedInForce({ latest }: Look, { weights }: ForcedTargets): boolean {
  return latest?.setter === FIXED && isSameWeights(latest.weights, weights)
}

function byAsset(assets: readonly TargetAsset[], weights: readonly Ratio[]): Weights {
  return Object.fromEntries(assets.map(({ key }, place) => [key, weights[place]!]))
}
