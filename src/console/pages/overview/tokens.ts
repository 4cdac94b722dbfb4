import type { EffectiveConfig } from '../../api/answers.js'
import type { AmountOf } from './answers.js'

/** Stands for a chain's native coin where a contract's address would stand. */
const NATIVE = '0x0000000000000000000000000000000000000000'

/** Which asset a token counts as, by the configuration. */
export function assetsByToken({ config }: Pick<EffectiveConfig, 'config'>): (amount: AmountOf) => string | undefined {
  const found = new Map<string, string>()
  for (const [asset, { tokens = [] }] of entries<{ tokens?: readonly { chain: string; address: string }[] }>(
    config['assets'],
  ))
    for (const { chain, address } of tokens) found.set(keyOf(chain, address), asset)
  for (const [chain, { native }] of entries<{ native?: { asset?: string } }>(config['chains']))
    if (native?.asset !== undefined) found.set(keyOf(chain, NATIVE), native.asset)
  return ({ chain, address }) => found.get(keyOf(chain, address))
}

function keyOf(chain: string, address: string): string {
  return `${chain} ${address.toLowerCase()}`
}

function entries<T extends object>(value: unknown): [string, T][] {
  return typeof value === 'object' && value !== null ? (Object.entries(value) as [string, T][]) : []
}
