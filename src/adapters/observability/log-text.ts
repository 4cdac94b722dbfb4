import type { Cost } from '../../domain/planning/cost.js'
import { formatDecimal } from '../../domain/units/decimal.js'
import { mulDiv } from '../../domain/units/ratio.js'
import { type Usd, USD_DECIMALS } from '../../domain/units/usd.js'

export interface LogLine {
  /** By reader: `error` wakes someone, `warn` is for tomorrow morning, `info` is for colleagues, `debug` for us. */
  readonly level: 'error' | 'warn' | 'info' | 'debug'
  readonly message: string
  /** Amounts are text with their unit; nothing here is a bigint. */
  readonly fields: Readonly<Record<string, unknown>>
}

export function line(level: LogLine['level'], message: string, fields: LogLine['fields']): LogLine {
  return { level, message, fields }
}

export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

export function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}

export function costOf({ slippage, fees, gas, bridge }: Cost): Record<keyof Cost, string> {
  return { slippage: usd(slippage), fees: usd(fees), gas: usd(gas), bridge: usd(bridge) }
}

/** To the cent, rounded toward zero. */
export function usd(value: Usd): string {
  const cents = mulDiv(value, 1n, 10n ** BigInt(USD_DECIMALS - 2), 'zero')
  const [whole, fraction = ''] = formatDecimal(cents, 2).split('.')
  return `${whole}.${fraction.padEnd(2, '0')} USD`
}
