import type { TargetSetting } from '../../src/domain/targets/target-setting.js'
import { NO_LIMITS } from '../../src/domain/targets/weight-limits.js'

/** Equal weights without limits, at once, unless told otherwise. */
export function aTargetSetting(changes: Partial<TargetSetting> = {}): TargetSetting {
  return {
    setter: 'equal',
    parameters: {},
    limits: NO_LIMITS,
    maxChangePerDay: undefined,
    source: undefined,
    issuers: {},
    ...changes,
  }
}
