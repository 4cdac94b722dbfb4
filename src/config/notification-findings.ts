import { isPrivate } from './private-address.js'
import type { ConfigFile } from './schema.js'

/** By channel: where it is sent, and what signs it; undefined for what the environment lacks. */
export type NotificationSecrets = Readonly<
  Record<string, { readonly url: string | undefined; readonly signature: string | undefined }>
>

/** Every channel has a name and one address of its own, over which nobody can listen. */
export function notificationFindings({ notifications, portfolios }: ConfigFile): [path: string, finding: string][] {
  return notifications.flatMap((channel, index) => {
    const path = `notifications.${index}`
    const findings: [string, string][] = []
    const { name, kind, url, urlVariable } = channel
    if (notifications.findIndex((one) => one.name === name) !== index)
      findings.push([`${path}.name`, `expected a name of its own, got ${name} twice`])
    if ((url === undefined) === (urlVariable === undefined))
      findings.push([`${path}.url`, 'expected either url or urlVariable, and not both'])
    if (url !== undefined && !isPrivate(new URL(url)))
      findings.push([`${path}.url`, 'expected https, or plain http to this machine only'])
    else if (kind === 'slack' && url !== undefined && new URL(url).protocol === 'https:')
      findings.push([
        `${path}.url`,
        'expected urlVariable: whoever knows the address of an incoming webhook can write there, so that it stands in the environment',
      ])
    for (const one of channel.portfolios ?? [])
      if (!portfolios[one])
        findings.push([
          `${path}.portfolios`,
          `expected one of the portfolios (${Object.keys(portfolios).join(', ') || 'none'}), got ${one}`,
        ])
    return findings
  })
}

/** What stands in the environment for the channels. `read` gives what a variable holds, undefined when unset. */
export function notificationSecrets(
  { notifications }: ConfigFile,
  read: (variable: string) => string | undefined,
): { readonly secrets: NotificationSecrets; readonly findings: readonly string[] } {
  const findings: string[] = []
  const secrets = notifications.map((channel) => {
    const url = channel.urlVariable === undefined ? channel.url : read(channel.urlVariable)
    if (channel.urlVariable !== undefined && url !== undefined && !isUsable(url))
      findings.push(`${channel.urlVariable}: expected an https address, or plain http to this machine only`)
    const signature = channel.kind === 'webhook' ? read(channel.secretVariable) : undefined
    if (channel.kind === 'webhook' && signature !== undefined && signature.length < SHORTEST_SECRET)
      findings.push(
        `${channel.secretVariable}: expected at least ${SHORTEST_SECRET} characters, got ${signature.length}; make one with openssl rand -hex 32`,
      )
    return [channel.name, { url, signature }] as const
  })
  return { secrets: Object.fromEntries(secrets), findings }
}

/** Variables that are not set and without which nothing can be sent: a daemon does not start then. */
export function missingSecrets({ notifications }: ConfigFile, secrets: NotificationSecrets): string[] {
  return notifications.flatMap((channel) => {
    const held = secrets[channel.name]
    const { name, urlVariable } = channel
    return [
      ...(urlVariable !== undefined && held?.url === undefined
        ? [`${urlVariable}: expected the address of the notifications ${name}, got none`]
        : []),
      ...(channel.kind === 'webhook' && held?.signature === undefined
        ? [`${channel.secretVariable}: expected the secret of the notifications ${name}, got none`]
        : []),
    ]
  })
}

/** Of what signs: nobody shall guess it. */
const SHORTEST_SECRET = 16

function isUsable(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && isPrivate(new URL(text))
}
