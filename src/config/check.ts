import { NATIVE } from '../domain/assets.js'
import { parseDecimal } from '../domain/units/decimal.js'
import { RATIO_ONE } from '../domain/units/ratio.js'
import { accessFindings } from './access-findings.js'
import { endpointFindings } from './endpoint-findings.js'
import { ceilingFindings } from './ceilings.js'
import { feeFindings } from './fee-rules.js'
import { notificationFindings } from './notification-findings.js'
import { isPrivate } from './private-address.js'
import { rebalancingFindings } from './rebalancing-findings.js'
import { isSandboxChain } from './sandbox-chain.js'
import type { ConfigFile } from './schema.js'
import { tracesFindings } from './traces-findings.js'

/** What a schema cannot say: every name must exist, every number must fit the others. All findings, each with its path. */
export function checkConsistency(config: ConfigFile): string[] {
  const errors: string[] = []
  const say = (path: string, text: string) => errors.push(`${path}: ${text}`)
  const names = (record: object) => Object.keys(record).join(', ') || 'none'

  const isPlay = Object.values(config.chains).every(({ chainId }) => isSandboxChain(chainId))
  if (!isPlay) for (const [path, finding] of ceilingFindings(config)) say(path, finding)

  const { ttlSeconds, selfFenceSeconds, renewSeconds } = config.lease
  if (selfFenceSeconds >= ttlSeconds)
    say('lease.selfFenceSeconds', `expected less than ttlSeconds (${ttlSeconds}), got ${selfFenceSeconds}`)
  if (renewSeconds >= selfFenceSeconds)
    say('lease.renewSeconds', `expected less than selfFenceSeconds (${selfFenceSeconds}), got ${renewSeconds}`)

  const ids = new Map<number, string>()
  for (const [key, chain] of Object.entries(config.chains)) {
    const twin = ids.get(chain.chainId)
    if (twin)
      say(`chains.${key}.chainId`, `expected a chain id of its own, but ${chain.chainId} is also that of ${twin}`)
    ids.set(chain.chainId, key)
    if (!config.assets[chain.native.asset])
      say(
        `chains.${key}.native.asset`,
        `expected one of the assets (${names(config.assets)}), got ${chain.native.asset}`,
      )
    const onChain = Object.values(config.assets).flatMap(({ tokens }) => tokens.filter((token) => token.chain === key))
    if (!onChain.some(({ symbol }) => symbol === chain.hub))
      say(
        `chains.${key}.hub`,
        `expected the symbol of a token on ${key} (${onChain.map(({ symbol }) => symbol).join(', ') || 'none'}), got ${chain.hub}`,
      )
    const isDecimal = parseDecimal(chain.gasReserve, 18) !== undefined
    if (isDecimal && parseDecimal(chain.gasReserve, chain.native.decimals) === undefined)
      say(`chains.${key}.gasReserve`, `expected at most ${chain.native.decimals} decimals, got ${chain.gasReserve}`)
  }
  const seen = new Map<string, string>()
  for (const [key, asset] of Object.entries(config.assets)) {
    asset.tokens.forEach((token, index) => {
      const path = `assets.${key}.tokens.${index}`
      if (!config.chains[token.chain])
        say(`${path}.chain`, `expected one of the chains (${names(config.chains)}), got ${token.chain}`)
      if (token.address === NATIVE)
        say(`${path}.address`, 'expected a contract; the native coin is configured under chains')
      const id = `${token.chain}:${token.address.toLowerCase()}`
      if (seen.has(id))
        say(`${path}.address`, `expected a token of its own, but ${token.address} is also listed under ${seen.get(id)}`)
      seen.set(id, `assets.${key}`)
    })
    for (const finding of hubFindings(config, key)) say(`assets.${key}.hub`, finding)
    if (!config.prices.feeds[key]) say(`prices.feeds.${key}`, `expected a feed: without one ${key} has no price`)
    if (!config.prices.bounds[key])
      say(`prices.bounds.${key}`, 'expected bounds: a price needs a minimum and a maximum')
  }
  for (const [key, feed] of Object.entries(config.prices.feeds)) {
    if (!config.assets[key]) say(`prices.feeds.${key}`, `expected one of the assets (${names(config.assets)})`)
    if (!config.chains[feed.chain])
      say(`prices.feeds.${key}.chain`, `expected one of the chains (${names(config.chains)}), got ${feed.chain}`)
  }
  for (const [key, { minimum, maximum }] of Object.entries(config.prices.bounds)) {
    if (!config.assets[key]) say(`prices.bounds.${key}`, `expected one of the assets (${names(config.assets)})`)
    if ((parseDecimal(minimum, 18) ?? 0n) >= (parseDecimal(maximum, 18) ?? 0n))
      say(`prices.bounds.${key}`, `expected a minimum below the maximum, got ${minimum} and ${maximum}`)
  }
  const services = config.prices.http.map(({ name }) => name)
  const twice = services.find((name, index) => services.indexOf(name) !== index || name === 'chainlink')
  if (twice) say('prices.http', `expected sources with names of their own, got ${twice} twice`)
  const sources = config.prices.http.map((one) => new URL(one.url).host)
  const shared = sources.find((host, index) => sources.indexOf(host) !== index)
  if (shared !== undefined && !isPlay)
    say('prices.http', `expected services of their own, for one alone is never traded on, got two at ${shared}`)
  if (config.prices.quorum > 1 + config.prices.http.length)
    say(
      'prices.quorum',
      `expected at most ${1 + config.prices.http.length}, the number of configured sources, got ${config.prices.quorum}`,
    )
  for (const [key, venue] of Object.entries(config.venues))
    for (const chain of Object.keys(venue.allowed))
      if (!config.chains[chain])
        say(`venues.${key}.allowed.${chain}`, `expected one of the chains (${names(config.chains)})`)

  for (const [path, finding] of feeFindings(config)) say(path, finding)
  for (const [path, finding] of signerFindings(config)) say(path, finding)
  for (const [path, finding] of endpointFindings(config)) say(path, finding)
  for (const [path, finding] of accessFindings(config)) say(path, finding)
  for (const [path, finding] of notificationFindings(config)) say(path, finding)
  for (const [path, finding] of tracesFindings(config)) say(path, finding)

  checkBridges(config, say)

  if (Object.keys(config.portfolios).length === 0) say('portfolios', 'expected at least one')
  const owners = new Map<string, string>()
  for (const [key, portfolio] of Object.entries(config.portfolios)) {
    const path = `portfolios.${key}`
    const account = portfolio.account.address.toLowerCase()
    const twin = owners.get(account)
    if (twin) say(`${path}.account.address`, `expected an account of its own, but ${twin} has the same one`)
    owners.set(account, key)
    let sum = 0n
    for (const [asset, target] of Object.entries(portfolio.targets)) {
      if (!config.assets[asset]) say(`${path}.targets.${asset}`, `expected one of the assets (${names(config.assets)})`)
      sum += parseDecimal(target.weight, 18) ?? 0n
    }
    if (sum !== RATIO_ONE) say(`${path}.targets`, `expected weights that sum to 1, got ${Number(sum) / 1e18}`)
    for (const finding of hubsWithoutTarget(config, portfolio)) say(`${path}.targets`, finding)
    for (const [part, finding] of rebalancingFindings(config, portfolio, isPlay)) say(`${path}.${part}`, finding)
    checkChainShares(config, `${path}.chainShares`, portfolio.chainShares ?? {}, say)
    if (portfolio.mode === 'live' && config.signer.kind === 'none')
      say(`${path}.mode`, 'expected dry-run: live needs a signer, and signer.kind is none')
    if (portfolio.mode === 'live' && config.signer.kind === 'development')
      for (const [name, chain] of Object.entries(config.chains))
        if (!isSandboxChain(chain.chainId))
          say(
            `${path}.mode`,
            `expected dry-run: the development signer must not sign on ${name} (chain id ${chain.chainId}), which is no sandbox chain`,
          )
  }
  return errors
}

/** A remote signer is reachable for every chain, and nobody can listen to or change what it is asked (D-26). */
function signerFindings({ signer, chains }: ConfigFile): [path: string, finding: string][] {
  if (signer.kind !== 'remote') return []
  const { url, urls } = signer
  const names = Object.keys(chains)
  const unserved = names.filter((chain) => urls[chain] === undefined)
  const isPlay = Object.values(chains).every(({ chainId }) => isSandboxChain(chainId))
  const addresses = Object.entries(urls).map(([chain, one]): [string, string] => [`signer.urls.${chain}`, one])
  if (url !== undefined) addresses.push(['signer.url', url])
  const findings = addresses
    .filter(([, one]) => !isPlay && !isPrivate(new URL(one)))
    .map(([path]): [string, string] => [path, 'expected https, or plain http to this machine only'])
  for (const chain of Object.keys(urls))
    if (!chains[chain]) findings.push([`signer.urls.${chain}`, `expected one of the chains (${names.join(', ')})`])
  if (url === undefined && unserved.length > 0)
    findings.push(['signer.url', `expected a URL, or one under signer.urls for ${unserved.join(', ')}`])
  return findings
}

/** Names exist, times follow each other. The signatures of events are read where they are used. */
function checkBridges({ bridges, chains, assets }: ConfigFile, say: (path: string, text: string) => void): void {
  const isOneOf = (path: string, record: object, what: string, name: string) => {
    if (!Object.hasOwn(record, name))
      say(path, `expected one of the ${what} (${Object.keys(record).join(', ') || 'none'}), got ${name}`)
  }
  for (const [key, { events, routes, expectedSeconds, lostAfterSeconds }] of Object.entries(bridges)) {
    const path = `bridges.${key}`
    for (const chain of Object.keys(events?.contracts ?? {}))
      isOneOf(`${path}.events.contracts.${chain}`, chains, 'chains', chain)
    for (const [index, { origin, destination, asset }] of (routes ?? []).entries()) {
      isOneOf(`${path}.routes.${index}.origin`, chains, 'chains', origin)
      isOneOf(`${path}.routes.${index}.destination`, chains, 'chains', destination)
      isOneOf(`${path}.routes.${index}.asset`, assets, 'assets', asset)
    }
    const late = (expectedSeconds ?? 0) * 3 + 60
    if (lostAfterSeconds <= late)
      say(
        `${path}.lostAfterSeconds`,
        `expected more than ${late} s, after which a transfer is late, got ${lostAfterSeconds}`,
      )
  }
}

/** Hubs of assets lead somewhere: from hub to hub to the asset in which money moves on the chain. */
function hubFindings({ assets, chains }: ConfigFile, key: string): string[] {
  const hub = assets[key]!.hub
  if (hub === undefined) return []
  if (!Object.hasOwn(assets, hub)) return [`expected one of the assets (${Object.keys(assets).join(', ')}), got ${hub}`]
  if (hub === key) return ['expected another asset than itself']
  const way = [key]
  let next: string | undefined = hub
  for (; next !== undefined && !way.includes(next); next = assets[next]?.hub) way.push(next)
  // A loop is told of once, by the first of its assets.
  if (next !== undefined)
    return next === key && way.every((asset) => key <= asset)
      ? [`expected hubs that end at the hub of the chain, got the loop ${[...way, key].join(', ')}`]
      : []
  const liesOn = (asset: string, chain: string) => assets[asset]!.tokens.some((token) => token.chain === chain)
  const isHubOf = (chain: string) =>
    assets[key]!.tokens.some((token) => token.chain === chain && token.symbol === chains[chain]?.hub)
  if (!assets[key]!.tokens.some(({ chain }) => liesOn(hub, chain) && !isHubOf(chain)))
    return [`expected an asset that lies on a chain of ${key} whose hub is not ${key} itself, got ${hub}`]
  return []
}

/** Money that passes through a hub may stay there when a cycle is cut short; only a target sees it and trades it on. */
function hubsWithoutTarget(config: ConfigFile, { targets }: ConfigFile['portfolios'][string]): string[] {
  const { assets, chains } = config
  const hubs = Object.entries(chains).map(([chain, { hub }]) =>
    Object.keys(assets).find((key) => assets[key]!.tokens.some((one) => one.chain === chain && one.symbol === hub)),
  )
  // Hubs that lead nowhere are another finding's.
  const areSound = Object.keys(assets).every((key) => hubFindings(config, key).length === 0)
  const own = areSound ? Object.keys(targets).map((asset) => assets[asset]?.hub) : []
  return [...new Set([...hubs, ...own])]
    .filter((hub) => hub !== undefined && Object.hasOwn(assets, hub) && !Object.hasOwn(targets, hub))
    .map((hub) => `expected a target for ${hub}, through which money moves; its weight may be small`)
}

function checkChainShares(
  { chains }: ConfigFile,
  path: string,
  shares: NonNullable<ConfigFile['portfolios'][string]['chainShares']>,
  say: (path: string, text: string) => void,
): void {
  const ratio = (text: string) => parseDecimal(text, 18) ?? 0n
  for (const [chain, { minimum, maximum }] of Object.entries(shares)) {
    if (!chains[chain]) say(`${path}.${chain}`, `expected one of the chains (${Object.keys(chains).join(', ')})`)
    if (ratio(minimum) > ratio(maximum))
      say(`${path}.${chain}`, `expected a minimum not above the maximum, got ${minimum} and ${maximum}`)
  }
  const least = Object.values(shares).reduce((sum, { minimum }) => sum + ratio(minimum), 0n)
  if (least > RATIO_ONE) say(path, `expected minimums that sum to 1 at most, got ${Number(least) / 1e18}`)
  const most = Object.keys(chains).reduce((sum, chain) => sum + ratio(shares[chain]?.maximum ?? '1'), 0n)
  if (most < RATIO_ONE)
    say(path, `expected maximums that leave room for everything, got a sum of ${Number(most) / 1e18}`)
}
