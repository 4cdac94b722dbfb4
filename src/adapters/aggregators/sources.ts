/**
 * Names under which the pools cannot be told, in lower-case letters and digits: aggregators, private makers that quote on
 * request, and names of exchanges with several generations of pools that do not say which.
 */
const UNKNOWABLE: ReadonlySet<string> = new Set(
  [
    // aggregators and routers
    '0x 0xapi zerox matcha 1inch oneinch paraswap velora odos kyber kyberswap openocean okx okxdex lifi lifidexaggregator',
    'sushi sushiswap sushiaggregator sushiswapaggregator dodo enso unizen rango squid relay xyfinance symbiosis magpie fly',
    'flytrade eisen nordstern barter gluex liquidswap hyperbloom oogabooga wowmax rubic bitget firebird',
    // auctions and private makers
    'cow cowswap cowprotocol uniswapx bebop hashflow native airswap clipper liquorice swaap swaapv2 rfq rfqm 0xrfq 0xrfqm',
    'otc 0xotc',
    // exchanges without the generation of their pools
    'uniswap pancakeswap balancer aerodrome velodrome camelot quickswap traderjoe solidly',
  ].flatMap((names) => names.split(' ')),
)

/** Comparable across venues: `Uniswap_V3` and `uniswapV3` are both `uniswapv3`. */
export function sourceName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '')
}

/** The exchanges a route fills at, each once, in order of name; undefined when there is none or one cannot be told. */
export function knownSources(names: readonly string[]): readonly string[] | undefined {
  const sources = [...new Set(names.map(sourceName))].toSorted()
  const areKnown = sources.length > 0 && sources.every((source) => source !== '' && !UNKNOWABLE.has(source))
  return areKnown ? sources : undefined
}

/** A venue's own names of exchanges, learned from its answers, so that it can be asked to leave one out. */
export class SourceNames {
  readonly #names = new Map<string, string>()

  learn(names: readonly string[]): void {
    for (const name of names) this.#names.set(sourceName(name), name)
  }

  /** The venue's names of what is to be left out; what it has not named yet it cannot be told to leave out. */
  of(sources: readonly string[] = []): string[] {
    return sources.flatMap((source) => this.#names.get(source) ?? [])
  }
}
