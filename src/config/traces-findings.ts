import { isPrivate } from './private-address.js'
import type { ConfigFile } from './schema.js'

/** The variable with the headers of the collector of traces. */
export const TRACES_HEADERS = 'EVENKEEL_TRACES_HEADERS'

const NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/
const VALUE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/
/** What the sender of traces says itself. */
const TAKEN: readonly string[] = ['content-type', 'content-length', 'content-encoding', 'host', 'user-agent']

/** A secret in the address would be in every place that shows it. */
export function tracesFindings({ traces }: ConfigFile): [path: string, finding: string][] {
  if (!traces) return []
  const { username, password } = new URL(traces.url)
  if (username === '' && password === '') return []
  return [['traces.url', `expected an address without user and password; put headers into ${TRACES_HEADERS}`]]
}

/**
 * The headers that a text of lines `name: value` holds, undefined where there is none. A finding never quotes the text; what
 * is secret goes nowhere that somebody can listen.
 */
export function tracesHeaders(
  { traces }: ConfigFile,
  text: string | undefined,
): { readonly headers: Readonly<Record<string, string>> | undefined; readonly findings: readonly string[] } {
  if (text === undefined) return { headers: undefined, findings: [] }
  const findings: string[] = []
  const headers: Record<string, string> = {}
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const [, name = '', value = ''] = /^\s*([^:\s]+)\s*:\s*(.*?)\s*$/.exec(line) ?? []
    const key = name.toLowerCase()
    if (!NAME.test(name) || !VALUE.test(value) || Object.hasOwn(headers, key) || TAKEN.includes(key))
      findings.push(
        `${TRACES_HEADERS}: expected a header of its own in each line, as name: value, got something else in line ${index + 1}`,
      )
    else headers[key] = value
  }
  if (traces && !isPrivate(new URL(traces.url)))
    findings.push(`traces.url: expected https, or plain http to this machine only, for ${TRACES_HEADERS} is sent there`)
  return { headers, findings }
}
