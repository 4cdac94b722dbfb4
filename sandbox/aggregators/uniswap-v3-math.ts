/**
 * Uniswap V3's swap arithmetic on integers: for an exact input, the same result to the base unit as the pool contract.
 * Square-root prices are Q64.96, as the contract keeps them.
 */

export interface InitialisedTick {
  index: number
  /** Liquidity added when the price rises over the tick. */
  liquidityNet: bigint
}

export interface ConcentratedState {
  /** Hundredths of a basis point. */
  fee: number
  tickSpacing: number
  sqrtPriceX96: bigint
  tick: number
  liquidity: bigint
  /** Ascending by index. */
  ticks: readonly InitialisedTick[]
}

const feeUnit = 1_000_000n

/** Output of selling exactly `amountIn` of token 0 (`zeroForOne`) or token 1; undefined when liquidity runs out. */
export function concentratedAmountOut(
  pool: ConcentratedState,
  zeroForOne: boolean,
  amountIn: bigint,
): bigint | undefined {
  const fee = BigInt(pool.fee)
  let { sqrtPriceX96: price, tick, liquidity } = pool
  let remaining = amountIn
  let amountOut = 0n
  while (remaining > 0n) {
    if (liquidity === 0n && !hasTicksAhead(pool, tick, zeroForOne)) return undefined
    const next = nextTick(pool, tick, zeroForOne)
    if (Math.abs(next.index) > maxTick) return undefined
    const target = sqrtPriceAt(next.index)
    const afterFee = (remaining * (feeUnit - fee)) / feeUnit
    const toTarget = zeroForOne ? delta0(target, price, liquidity, 'up') : delta1(price, target, liquidity, 'up')
    const reached = afterFee >= toTarget
    const reachedPrice = reached ? target : priceAfterInput(price, liquidity, afterFee, zeroForOne)
    amountOut += zeroForOne
      ? delta1(reachedPrice, price, liquidity, 'down')
      : delta0(price, reachedPrice, liquidity, 'down')
    price = reachedPrice
    if (!reached) break
    remaining -= toTarget + divideUp(toTarget * fee, feeUnit - fee)
    if (next.liquidityNet !== undefined) liquidity += zeroForOne ? -next.liquidityNet : next.liquidityNet
    tick = zeroForOne ? next.index - 1 : next.index
  }
  return amountOut
}

const maxTick = 887_272

/**
 * The tick where the pool's next step ends: an initialised one, or else the edge of the 256-tick word of its bitmap. The
 * edge matters because the contract rounds at each step.
 */
function nextTick(
  pool: ConcentratedState,
  tick: number,
  zeroForOne: boolean,
): { index: number; liquidityNet?: bigint } {
  const { tickSpacing, ticks } = pool
  const compressed = Math.floor(tick / tickSpacing)
  if (zeroForOne) {
    const edge = ((compressed >> 8) << 8) * tickSpacing
    return ticks.findLast(({ index }) => index <= tick && index >= edge) ?? { index: edge }
  }
  const edge = ((((compressed + 1) >> 8) << 8) + 255) * tickSpacing
  return ticks.find(({ index }) => index > tick && index <= edge) ?? { index: edge }
}

function hasTicksAhead(pool: ConcentratedState, tick: number, zeroForOne: boolean): boolean {
  return pool.ticks.some(({ index }) => (zeroForOne ? index <= tick : index > tick))
}

const q96 = 1n << 96n
const q128 = 1n << 128n
const maxUint256 = (1n << 256n) - 1n

function divideUp(numerator: bigint, denominator: bigint): bigint {
  return (numerator + denominator - 1n) / denominator
}

/** Token 0 between two prices, `low` first. */
function delta0(low: bigint, high: bigint, liquidity: bigint, rounding: 'up' | 'down'): bigint {
  const product = liquidity * q96 * (high - low)
  return rounding === 'up' ? divideUp(divideUp(product, high), low) : product / high / low
}

/** Token 1 between two prices, `low` first. */
function delta1(low: bigint, high: bigint, liquidity: bigint, rounding: 'up' | 'down'): bigint {
  const product = liquidity * (high - low)
  return rounding === 'up' ? divideUp(product, q96) : product / q96
}

function priceAfterInput(price: bigint, liquidity: bigint, amount: bigint, zeroForOne: boolean): bigint {
  if (!zeroForOne) return price + (amount * q96) / liquidity
  if (amount === 0n) return price
  const scaled = liquidity * q96
  const product = amount * price
  // The contract takes the less exact form where the product does not fit a word.
  if (product > maxUint256) return divideUp(scaled, scaled / price + amount)
  return divideUp(scaled * price, scaled + product)
}

/** sqrt(1.0001)^-(2^i) as Q128.128, as the contract has it: the values are part of the protocol. */
const tickFactors = [
  0xfffcb933bd6fad37aa2d162d1a594001n,
  0xfff97272373d413259a46990580e213an,
  0xfff2e50f5f656932ef12357cf3c7fdccn,
  0xffe5caca7e10e4e61c3624eaa0941cd0n,
  0xffcb9843d60f6159c9db58835c926644n,
  0xff973b41fa98c081472e6896dfb254c0n,
  0xff2ea16466c96a3843ec78b326b52861n,
  0xfe5dee046a99a2a811c461f1969c3053n,
  0xfcbe86c7900a88aedcffc83b479aa3a4n,
  0xf987a7253ac413176f2b074cf7815e54n,
  0xf3392b0822b70005940c7a398e4b70f3n,
  0xe7159475a2c29b7443b29c7fa6e889d9n,
  0xd097f3bdfd2022b8845ad8f792aa5825n,
  0xa9f746462d870fdf8a65dc1f90e061e5n,
  0x70d869a156d2a1b890bb3df62baf32f7n,
  0x31be135f97d08fd981231505542fcfa6n,
  0x9aa508b5b7a84e1c677de54f3e99bc9n,
  0x5d6af8dedb81196699c329225ee604n,
  0x2216e584f5fa1ea926041bedfe98n,
  0x48a170391f7dc42444e8fa2n,
]

const knownPrices = new Map<number, bigint>()

/** Square-root price at a tick, rounded up. */
export function sqrtPriceAt(tick: number): bigint {
  const known = knownPrices.get(tick)
  if (known !== undefined) return known
  const distance = Math.abs(tick)
  let ratio = q128
  for (const [bit, factor] of tickFactors.entries()) if (distance & (1 << bit)) ratio = (ratio * factor) / q128
  if (tick > 0) ratio = maxUint256 / ratio
  const price = divideUp(ratio, 1n << 32n)
  knownPrices.set(tick, price)
  return price
}
