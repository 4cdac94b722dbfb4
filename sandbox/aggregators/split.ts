import { pathAmountOut, sharesPool, type Path } from './path.js'

export interface SplitPart {
  path: Path
  amountIn: bigint
  amountOut: bigint
  /** This part's share of what is unsold when its turn comes; 10,000 for the last. */
  bpsOfRest: number
}

/** Parts are sold in the order given; they share no pool, so each pays what it says whatever the others do. */
export interface Split {
  parts: SplitPart[]
  amountIn: bigint
  amountOut: bigint
}

const chunks = 20
const maxParts = 4

/**
 * The split of `amountIn` over `paths` that pays most after `costOf` the paths it uses, in base units of the output.
 * Sells one twentieth at a time where it pays most, once for each permitted number of parts.
 */
export function bestSplit(paths: Path[], amountIn: bigint, costOf: PathCost): Split | undefined {
  const payOf = memoisedPayouts(amountIn)
  let best: { split: Split; net: bigint } | undefined
  for (let limit = 1; limit <= maxParts; limit++) {
    const shares = limit === 1 ? bestSingle(paths, payOf, costOf) : allocate(paths, limit, payOf, costOf)
    const split = shares && settle(shares, amountIn)
    if (!split) continue
    const net = split.parts.reduce((sum, part) => sum + part.amountOut - costOf(part.path), 0n)
    if (!best || net > best.net) best = { split, net }
  }
  return best?.split
}

type PathCost = (path: Path) => bigint
type Shares = Map<Path, number>
type Payout = (path: Path, share: number) => bigint | undefined

function memoisedPayouts(amountIn: bigint): Payout {
  const known = new Map<Path, (bigint | undefined)[]>()
  return (path, share) => {
    const payouts = known.get(path) ?? []
    known.set(path, payouts)
    if (!(share in payouts)) payouts[share] = pathAmountOut(path, (amountIn * BigInt(share)) / BigInt(chunks))
    return payouts[share]
  }
}

function bestSingle(paths: Path[], payOf: Payout, costOf: PathCost): Shares | undefined {
  let best: { path: Path; net: bigint } | undefined
  for (const path of paths) {
    const pay = payOf(path, chunks)
    if (pay === undefined) continue
    const net = pay - costOf(path)
    if (!best || net > best.net) best = { path, net }
  }
  return best && new Map([[best.path, chunks]])
}

function allocate(paths: Path[], limit: number, payOf: Payout, costOf: PathCost): Shares | undefined {
  const shares: Shares = new Map()
  for (let sold = 0; sold < chunks; sold++) {
    let best: { path: Path; gain: bigint } | undefined
    for (const path of paths) {
      const share = shares.get(path) ?? 0
      const used = [...shares.keys()]
      if (share === 0 && (used.length >= limit || used.some((other) => sharesPool(other, path)))) continue
      const pay = payOf(path, share + 1)
      if (pay === undefined) continue
      const gain = share === 0 ? pay - costOf(path) : pay - (payOf(path, share) ?? 0n)
      if (!best || gain > best.gain) best = { path, gain }
    }
    if (!best) return undefined
    shares.set(best.path, (shares.get(best.path) ?? 0) + 1)
  }
  return shares
}

/** Amounts as an executor computes them from `bpsOfRest`, with exact payouts for these amounts. */
function settle(shares: Shares, amountIn: bigint): Split | undefined {
  const parts: SplitPart[] = []
  let rest = amountIn
  let restShares = chunks
  for (const [path, share] of [...shares].toSorted(([, a], [, b]) => b - a)) {
    const bpsOfRest = Math.round((share * 10_000) / restShares)
    const amount = (rest * BigInt(bpsOfRest)) / 10_000n
    const amountOut = pathAmountOut(path, amount)
    if (amountOut === undefined) return undefined
    parts.push({ path, amountIn: amount, amountOut, bpsOfRest })
    rest -= amount
    restShares -= share
  }
  const amountOut = parts.reduce((sum, part) => sum + part.amountOut, 0n)
  return amountOut > 0n ? { parts, amountIn, amountOut } : undefined
}
