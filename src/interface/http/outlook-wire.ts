import type { Outlook } from '../../application/look-ahead.js'
import { dayText } from '../../domain/portfolio/price-table.js'
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
    risk: risk
      ? {
          asOf: dayText(risk.asOfDay),
          regime: risk.regime ? { name: risk.regime.name, reason: risk.regime.reason } : null,
          forecasts: risk.forecasts,
          missing: risk.missing,
        }
      : null,
  }
}
