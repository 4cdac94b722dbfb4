import { type Address, type ChainKey, sameAddress } from '../assets.js'
import { amountOf, type TokenAmount } from '../units/amount.js'
import { larger, smaller } from '../units/ratio.js'
import type { ChainReading } from './snapshot.js'

/** Base units of one token on one chain, by the ledger. */
export interface BookedUnits {
  readonly chain: ChainKey
  readonly token: Address
  readonly units: bigint
}

/**
 * The reading with what may be traded as its holdings, and what nobody has classified (4.13) beside it: together they are
 * the balance, and neither is below zero. `unattributed` is what the final book says was found.
 */
export function setAside(reading: ChainReading, unattributed: readonly BookedUnits[]): ChainReading {
  if (reading.status === 'unknown') return reading
  const found = ({ token }: TokenAmount) =>
    unattributed
      .filter((one) => one.chain === token.chain && sameAddress(one.token, token.address))
      .reduce((sum, { units }) => sum + units, 0n)
  const apart = reading.holdings.map((held) => amountOf(held.token, smaller(larger(found(held), 0n), held.units)))
  if (apart.every(({ units }) => units === 0n)) return reading
  return {
    ...reading,
    holdings: reading.holdings.map(({ token, units }, index) => amountOf(token, units - apart[index]!.units)),
    unattributed: apart.filter(({ units }) => units > 0n),
  }
}
