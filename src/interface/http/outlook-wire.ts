import type { Outlook } from '../../application/look-ahead.js'
import { dayText } from '../../domain/portfolio/price-table.js'
import type { RiskBasis } from '../../domain/risk/risk.js'
import { timeText } from './figures.js'

/** Who set the targets in force, on what grounds, and what the price history says of their risk. */
export function outlookWire({ targets, risk }: Outlook) {
  return {
    targets: targets
      ? {
          setter: targets.setter ?? null,
          setAt: targets.setAt === undefined ? null : timeText(targets.setAt),
          reasons: targets.reasons,
          inputsHash: targets.inputsHash ?? null,
          refusal: targets.refusal ?? null,
        }
      : null,
    risk: riskWire(risk),
  }
}

export function riskWire(risk: RiskBasis | undefined) {
  if (!risk) return null
  const { asOfDay, pricesHash, regime, forecasts, missing } = risk
  return {
    asOf: dayText(asOfDay),
    pricesHash,
    regime: regime ?? null,
    forecasts: forecasts.map(({ scores, ...forecast }) => ({
      ...forecast,
      scores: scores.map(({ model, volatility, days, loss, ewmaLoss }) => ({
        model,
        volatility: volatility ?? null,
        days,
        loss: loss ?? null,
        ewmaLoss: ewmaLoss ?? null,
      })),
    })),
    missing,
  }
}
