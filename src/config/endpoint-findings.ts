import { endpointsOf, quorumOf, type RpcUrls } from './endpoints.js'
import { isSandboxChain } from './sandbox-chain.js'
import type { ConfigFile } from './schema.js'

/** Ethereum, OP Mainnet, BNB Smart Chain, Polygon, Base and Arbitrum One. */
const TAGGED_CHAINS: readonly number[] = [1, 10, 56, 137, 8453, 42161]

/**
 * Endpoints have one address each, can be told apart, can make the quorum, and none alone decides about money on a public
 * chain (C-20).
 */
export function endpointFindings(config: ConfigFile): [path: string, finding: string][] {
  const isLive = hasLive(config)
  return Object.entries(config.chains).flatMap(([key, chain]) => {
    const findings: [string, string][] = []
    for (const [index, one] of chain.rpc.entries())
      if (typeof one !== 'string' && (one.url === undefined) === (one.urlVariable === undefined))
        findings.push([`chains.${key}.rpc.${index}.url`, 'expected either url or urlVariable, and not both'])
    const names = endpointsOf(chain.rpc, {}).map(({ name }) => name)
    const twice = names.find((name, index) => names.indexOf(name) !== index)
    if (twice !== undefined)
      findings.push([`chains.${key}.rpc`, `expected endpoints with names of their own, got ${twice} twice`])
    const quorum = quorumOf(chain)
    if (quorum > names.length)
      findings.push([
        `chains.${key}.quorum`,
        `expected at most ${names.length}, the number of endpoints under rpc, got ${quorum}`,
      ])
    if (isLive && !isSandboxChain(chain.chainId) && (names.length < 2 || quorum < 2))
      findings.push([
        `chains.${key}.rpc`,
        `expected two endpoints or more and a quorum of at least 2 for a live portfolio, got ${names.length} with a quorum of ${quorum}`,
      ])
    findings.push(...hostFindings(config, key, {}))
    // Only these finish their blocks with the tag, later than any depth that would be chosen (4.7).
    if (!isSandboxChain(chain.chainId) && chain.finality !== 'finalized' && TAGGED_CHAINS.includes(chain.chainId))
      findings.push([
        `chains.${key}.finality`,
        `expected finalized, which says when a block of chain id ${chain.chainId} is final, got a depth of ${chain.finality.depth}`,
      ])
    return findings
  })
}

/** What stands in the environment for endpoints. `read` gives what a variable holds, undefined when unset. */
export function rpcUrls(
  config: ConfigFile,
  read: (variable: string) => string | undefined,
): { readonly urls: RpcUrls; readonly findings: readonly string[] } {
  const variables = [...new Set(variablesOf(config).map(({ variable }) => variable))]
  const set = variables.flatMap((variable) => {
    const url = read(variable)
    return url === undefined ? [] : [[variable, url] as const]
  })
  const isAddress = (url: string) => URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)
  const urls = Object.fromEntries(set.filter(([, url]) => isAddress(url)))
  const findings = [
    ...set.filter(([, url]) => !isAddress(url)).map(([variable]) => `${variable}: expected an http or https address`),
    ...Object.keys(config.chains)
      .flatMap((key) => hostFindings(config, key, urls))
      .map(([path, finding]) => `${path}: ${finding}`),
  ]
  return { urls, findings }
}

/** Variables that are not set and without which an endpoint cannot be asked: neither a daemon nor a plan starts then. */
export function missingRpcUrls(config: ConfigFile, urls: RpcUrls): string[] {
  return variablesOf(config)
    .filter(({ variable }) => urls[variable] === undefined)
    .map(({ variable, name, key }) => `${variable}: expected the address of the endpoint ${name} of ${key}, got none`)
}

function variablesOf({
  chains,
}: ConfigFile): { readonly key: string; readonly name: string; readonly variable: string }[] {
  return Object.entries(chains).flatMap(([key, { rpc }]) =>
    rpc.flatMap((one) =>
      typeof one === 'string' || one.urlVariable === undefined
        ? []
        : [{ key, name: one.name, variable: one.urlVariable }],
    ),
  )
}

/** No quorum of one host alone, as far as the addresses are known. */
function hostFindings(config: ConfigFile, key: string, urls: RpcUrls): [path: string, finding: string][] {
  const chain = config.chains[key]!
  if (!hasLive(config) || isSandboxChain(chain.chainId)) return []
  const quorum = quorumOf(chain)
  const hosts = endpointsOf(chain.rpc, urls).flatMap(({ url }) => (url === undefined ? [] : [new URL(url).host]))
  const alone = hosts.find((host) => hosts.filter((one) => one === host).length >= Math.max(2, quorum))
  if (alone === undefined) return []
  return [
    [
      `chains.${key}.rpc`,
      `expected a quorum to need more than one host for a live portfolio, got ${quorum} endpoints or more at ${alone}`,
    ],
  ]
}

function hasLive({ portfolios }: ConfigFile): boolean {
  return Object.values(portfolios).some(({ mode }) => mode === 'live')
}
