/** Prices per gas, in wei. */
export interface FeeQuote {
  readonly baseFee: bigint
  readonly priorityFee: bigint
}

/** First offer: pays a base fee that doubles, and the priority fee asked for (safety catalogue 4.6). */
export function firstFee({ baseFee, priorityFee }: FeeQuote): { maxFeePerGas: bigint; maxPriorityFeePerGas: bigint } {
  return { maxFeePerGas: 2n * baseFee + priorityFee, maxPriorityFeePerGas: priorityFee }
}

/** Gas limit: a quarter above what the simulation used, rounded up. */
export function gasLimitFor(estimate: bigint): bigint {
  return (estimate * 5n + 3n) / 4n
}
