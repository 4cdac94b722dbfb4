import { BlockList, isIP } from 'node:net'

const FAMILIES = { 4: 'ipv4', 6: 'ipv6' } as const
const BITS = { 4: 32, 6: 128 }

/** Whether a text is a network in CIDR notation: an address, a slash and a prefix. */
export function isNetwork(text: string): boolean {
  return parse(text) !== undefined
}

/**
 * Whether an address lies in one of the networks. An IPv4 address in the IPv6 notation of a socket counts as itself. What
 * is no address or no network lies nowhere.
 */
export function isWithin(address: string, networks: readonly string[]): boolean {
  const bare = address.replace(/%.*$/, '')
  const version = isIP(bare)
  if (version !== 4 && version !== 6) return false
  const list = new BlockList()
  for (const network of networks) {
    const parsed = parse(network)
    if (parsed) list.addSubnet(parsed.address, parsed.prefix, FAMILIES[parsed.version])
  }
  return list.check(bare, FAMILIES[version])
}

function parse(text: string): { address: string; prefix: number; version: 4 | 6 } | undefined {
  const [, address = '', digits = ''] = /^([0-9a-fA-F.:]+)\/(0|[1-9]\d{0,2})$/.exec(text) ?? []
  const version = isIP(address)
  const prefix = Number(digits)
  return (version === 4 || version === 6) && prefix <= BITS[version] ? { address, prefix, version } : undefined
}
