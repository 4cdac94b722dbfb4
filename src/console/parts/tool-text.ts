/** `Uniswap_V3 69.99%`: a source with its share of a hop. */
const PART = /^(.+) (\d+(?:\.\d+)?)%$/

/** Shares of a hop are rounded. */
const TOLERANCE = 0.1

/**
 * The way of a trade as a venue names it: `A 70% + B 30% → C 100%`. Shares are told where each hop comes to 100 %; where
 * they do not, hops lie beside each other and not one after the other, and only the sources are certain.
 */
export function toolText(tool: string): string {
  const hops = tool.split(' → ').map((hop) => hop.split(' + ').map((part) => PART.exec(part)))
  const parts = hops.flat()
  if (!parts.every((part) => part !== null)) return tool
  const isWhole = (hop: readonly (RegExpExecArray | null)[]) =>
    Math.abs(hop.reduce((total, part) => total + Number(part?.[2]), 0) - 100) <= TOLERANCE
  if (hops.every(isWhole)) return tool
  return [...new Set(parts.map(([, source]) => source))].join(', ')
}
