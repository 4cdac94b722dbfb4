import type { InstanceChain } from './instance.js'

/** Gas units of a call, where the chain is given by its gas price. An approval goes before every sale. */
const GAS_UNITS = { swap: 60_000, perPool: 70_000, bridge: 150_000, approval: 55_000 }

/** What calls cost on a chain. The planner counts `APPROVAL_UNITS` on top of the units a quote names. */
export interface ChainGas {
  readonly usdPerUnit: number
  readonly swapUnits: (pools: number) => number
  readonly bridgeUnits: number
}

export const APPROVAL_UNITS = GAS_UNITS.approval

export function gasOn({ gas }: InstanceChain): ChainGas {
  if ('usdPerUnit' in gas)
    return {
      usdPerUnit: gas.usdPerUnit,
      swapUnits: (pools) => GAS_UNITS.swap + GAS_UNITS.perPool * pools,
      bridgeUnits: GAS_UNITS.bridge,
    }
  // A gas price at which call and approval together cost what is stated, with units that stay positive for both calls.
  const [swap, bridge] = [gas.swapUsd + gas.approvalUsd, gas.bridgeUsd + gas.approvalUsd]
  const usdPerUnit = Math.min(swap, bridge) / (GAS_UNITS.bridge + GAS_UNITS.approval)
  const swapUnits = Math.round(swap / usdPerUnit) - GAS_UNITS.approval
  return { usdPerUnit, swapUnits: () => swapUnits, bridgeUnits: Math.round(bridge / usdPerUnit) - GAS_UNITS.approval }
}

/** Cost of a call and of the approval before it, in USD. */
export function callCost(gas: ChainGas, units: number): number {
  return (units + GAS_UNITS.approval) * gas.usdPerUnit
}
