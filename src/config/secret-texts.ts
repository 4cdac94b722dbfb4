import { endpointsOf } from './endpoints.js'
import type { Config } from './load.js'

/** A shorter part of a path may be a word. */
const SHORTEST_KEY = 16

/**
 * Every text of file and environment that no log may hold: secrets as they are, the passwords of databases, and of the
 * addresses of services what may be a key.
 */
export function secretTexts({ file, secrets }: Pick<Config, 'file' | 'secrets'>): readonly string[] {
  const channels = Object.values(secrets.notificationSecrets)
  const { signer } = file
  const databases = [secrets.databaseUrl, secrets.journalDatabaseUrl]
  const withKeysInPath = [
    ...Object.values(file.chains).flatMap(({ rpc }) => endpointsOf(rpc, secrets.rpcUrls).map(({ url }) => url)),
    ...(signer.kind === 'remote' ? [signer.url, ...Object.values(signer.urls)] : []),
    ...file.notifications.flatMap(({ name, urlVariable }) =>
      urlVariable === undefined ? [] : [secrets.notificationSecrets[name]?.url],
    ),
  ]
  const others = [
    ...file.notifications.map(({ url }) => url),
    ...file.prices.http.map(({ url }) => url),
    ...Object.values(file.venues).map(({ url }) => url),
    ...Object.values(file.portfolios).map(({ targetSetting: { source } }) => source?.location),
    file.traces?.url,
  ]
  return [
    secrets.adminToken,
    secrets.lifiApiKey,
    secrets.zeroexApiKey,
    ...Object.values(secrets.targetsTokens),
    ...channels.map(({ signature }) => signature),
    ...Object.values(secrets.tracesHeaders ?? {}).flatMap((value) => [value, ...value.split(' ').slice(1)]),
    ...databases,
    ...[...databases, ...withKeysInPath, ...others].flatMap(credentialsIn),
    ...withKeysInPath.flatMap(pathIn),
  ].filter((text) => text !== undefined && text !== '') as string[]
}

/** User alone is no secret beside a password: it is the name of a role or of a database as well. */
function credentialsIn(address: string | undefined): string[] {
  const url = parsed(address)
  if (!url) return []
  const secret = url.password === '' && /^https?:$/.test(url.protocol) ? url.username : url.password
  return [secret, decoded(secret), ...url.searchParams.values()]
}

/** All of it, and each part that is as long as keys are. */
function pathIn(address: string | undefined): string[] {
  const url = parsed(address)
  if (!url || url.pathname.length < 2) return []
  const keys = url.pathname.split('/').filter(({ length }) => length >= SHORTEST_KEY)
  return [`${url.pathname}${url.search}`, url.pathname, ...keys]
}

function parsed(address: string | undefined): URL | undefined {
  return address !== undefined && URL.canParse(address) ? new URL(address) : undefined
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
