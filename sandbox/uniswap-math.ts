/** The arithmetic of Uniswap pools the sandbox needs. Prices are of token0 in token1, both in base units. */

const q96 = 2n ** 96n

/** A price as a fraction of two positive integers. */
export interface PriceFraction {
  numerator: bigint
  denominator: bigint
}

/** The price of token0 in token1 that follows from both tokens' USD prices. */
export function pairPrice(
  token0: { usd: number; decimals: number },
  token1: { usd: number; decimals: number },
): PriceFraction {
  return {
    numerator: scaledUsd(token0.usd) * 10n ** BigInt(token1.decimals),
    denominator: scaledUsd(token1.usd) * 10n ** BigInt(token0.decimals),
  }
}

/** Base units worth that many USD, rounded down. */
export function baseUnitsWorth(usd: number, token: { usd: number; decimals: number }): bigint {
  return (scaledUsd(usd) * 10n ** BigInt(token.decimals)) / scaledUsd(token.usd)
}

export function sqrtPriceX96({ numerator, denominator }: PriceFraction): bigint {
  return squareRoot((numerator * q96 * q96) / denominator)
}

export function sqrtPriceX96AtTick(tick: number): bigint {
  return BigInt(Math.round(Math.pow(1.0001, tick / 2) * 2 ** 48)) * 2n ** 48n
}

/** The usable tick at or below the price times `factor`. */
export function usableTick(price: bigint, factor: number, spacing: number): number {
  const ratio = Number(price) / 2 ** 96
  const tick = (2 * Math.log(ratio) + Math.log(factor)) / Math.log(1.0001)
  return Math.floor(tick / spacing) * spacing
}

/** What a position of that liquidity needs while the price lies between its bounds, rounded up. */
export function amountsOfPosition(
  liquidity: bigint,
  price: bigint,
  lower: bigint,
  upper: bigint,
): { amount0: bigint; amount1: bigint } {
  return {
    amount0: (liquidity * q96 * (upper - price)) / (upper * price) + 1n,
    amount1: (liquidity * (price - lower)) / q96 + 1n,
  }
}

/** The largest integer whose square is not above `value`. */
export function squareRoot(value: bigint): bigint {
  if (value < 2n) return value
  let guess = 1n << BigInt((value.toString(2).length + 1) >> 1)
  for (;;) {
    const next = (guess + value / guess) >> 1n
    if (next >= guess) return guess
    guess = next
  }
}

/** To the tenth decimal, which is finer than any feed's. */
function scaledUsd(usd: number): bigint {
  return BigInt(Math.round(usd * 1e10))
}
