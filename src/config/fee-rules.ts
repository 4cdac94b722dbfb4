import type { ChainKey } from '../domain/assets.js'
import type { FeeRules } from '../domain/execution/fees.js'
import { parseDecimal } from '../domain/units/decimal.js'
import { RATIO_ONE } from '../domain/units/ratio.js'
import type { ConfigFile } from './schema.js'

/** Pools of the strictest clients take a replacement from this factor on. */
const LEAST_BUMP = '1.1'

/** How each chain's transactions are paid and replaced. Expects a configuration that passed its checks. */
export function feeRulesOf({ chains, execution }: ConfigFile): (chain: ChainKey) => FeeRules {
  const rules = new Map(
    Object.entries(chains).map(([key, { replacement, maxFeeGwei }]): [ChainKey, FeeRules] => [
      key,
      {
        isReplaceable: replacement,
        bump: scaled(execution.feeBump, 18),
        ceiling: scaled(execution.feeCeiling, 18),
        cap: scaled(maxFeeGwei, 9),
        maxReplacements: execution.maxReplacements,
        waitBlocks: execution.replaceBlocks,
        waitMs: execution.replaceSeconds * 1000,
      },
    ]),
  )
  return (chain) => {
    const found = rules.get(chain)
    if (!found) throw new RangeError(`Chain ${chain} is not configured.`)
    return found
  }
}

/** A bump that pools take, a ceiling that leaves room for the estimate itself, a cap that allows anything at all. */
export function feeFindings({ chains, execution }: ConfigFile): [path: string, finding: string][] {
  const findings: [string, string][] = []
  if (scaled(execution.feeBump, 18) < scaled(LEAST_BUMP, 18))
    findings.push([
      'execution.feeBump',
      `expected at least ${LEAST_BUMP}, which pools ask for, got ${execution.feeBump}`,
    ])
  if (scaled(execution.feeCeiling, 18) < RATIO_ONE)
    findings.push(['execution.feeCeiling', `expected at least 1, got ${execution.feeCeiling}`])
  for (const [key, { maxFeeGwei, priorityFeeGwei }] of Object.entries(chains))
    if (scaled(maxFeeGwei, 9) <= scaled(priorityFeeGwei, 9))
      findings.push([
        `chains.${key}.maxFeeGwei`,
        `expected more than the tip of ${priorityFeeGwei} gwei, got ${maxFeeGwei}`,
      ])
  return findings
}

/** What is no number is another finding's. */
function scaled(text: string, decimals: number): bigint {
  return parseDecimal(text, decimals) ?? 0n
}
