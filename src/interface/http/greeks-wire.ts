import type { Greeks } from '../../domain/book/greeks.js'
import type { RuleConvexity, RuleMove } from '../../domain/book/rule-convexity.js'
import type { Ratio } from '../../domain/units/ratio.js'
import { usdToText } from '../../domain/units/usd.js'
import { ratioText } from './figures.js'

const ratioOrNull = (value: Ratio | undefined) => (value === undefined ? null : ratioText(value))

/** Exact decimal texts; a `move` of 0.01 is one percent. */
export function greeksWire({ nav, netDelta, netDeltaShare, assets, missing, rule }: Greeks) {
  return {
    navUsd: usdToText(nav),
    netDeltaUsd: usdToText(netDelta),
    netDelta: ratioOrNull(netDeltaShare),
    isComplete: missing.length === 0,
    missing,
    assets: assets.map(({ asset, isStable, delta, deltaPerPercent, gammaPerPercent, parts }) => ({
      asset,
      isStable,
      deltaUsd: usdToText(delta),
      deltaPerPercentUsd: usdToText(deltaPerPercent),
      gammaPerPercentUsd: usdToText(gammaPerPercent),
      parts: parts.map(({ kind, position, delta: part }) => ({ kind, position, deltaUsd: usdToText(part) })),
    })),
    rule: rule ? ruleWire(rule) : null,
  }
}

function ruleWire({ atRest, assets }: RuleConvexity) {
  return {
    atRest: { trade: atRest.trade, code: atRest.code, turnoverUsd: usdToText(atRest.turnover) },
    assets: assets.map(({ asset, up, down, tradesFromUp, tradesFromDown }) => ({
      asset,
      up: moveWire(up),
      down: moveWire(down),
      tradesFromUp: ratioOrNull(tradesFromUp),
      tradesFromDown: ratioOrNull(tradesFromDown),
    })),
  }
}

function moveWire({ move, trade, code, exposure, turnover, constantMix }: RuleMove) {
  return {
    move: ratioText(move),
    trade,
    code,
    exposureUsd: usdToText(exposure),
    turnoverUsd: usdToText(turnover),
    constantMixUsd: usdToText(constantMix),
  }
}
