import type { Address } from 'viem'
import type { FaultSwitch, WrongKind } from '../faults.js'

/** Belongs to nobody in the sandbox; lies point there. */
export const stranger: Address = '0x00000000000000000000000000000000DeaDBeef'

/** How answers are to lie at the moment, if they are. */
export function lieOf(faults: FaultSwitch): WrongKind | undefined {
  const fault = faults.current()
  return fault?.kind === 'wrong' ? fault.what : undefined
}
