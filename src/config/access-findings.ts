import { parseDecimal } from '../domain/units/decimal.js'
import { USD_DECIMALS } from '../domain/units/usd.js'
import { isPrivate } from './private-address.js'
import type { ConfigFile } from './schema.js'

/** People can be told apart where two are needed, and nobody can change what their provider says. */
export function accessFindings({ server: { auth, approvals } }: ConfigFile): [path: string, finding: string][] {
  const { oidc } = auth
  const findings: [string, string][] = []
  for (const name of ['issuer', 'jwksUrl'] as const)
    if (oidc?.[name] !== undefined && !isPrivate(new URL(oidc[name])))
      findings.push([`server.auth.oidc.${name}`, 'expected https, or plain http to this machine only'])
  if (oidc && /[?#]/.test(oidc.issuer))
    findings.push(['server.auth.oidc.issuer', 'expected an address without query and fragment'])
  for (const name of ['resume', 'plan'] as const)
    if (approvals[name] === 2 && !oidc)
      findings.push([
        `server.approvals.${name}`,
        'expected 1 at most: people are told apart by server.auth.oidc, and there is none',
      ])
  const { planAboveUsd, bigPlanUsd } = approvals
  if (bigPlanUsd !== undefined && !oidc)
    findings.push([
      'server.approvals.bigPlanUsd',
      'expected none: people are told apart by server.auth.oidc, and there is none',
    ])
  if (
    bigPlanUsd !== undefined &&
    (parseDecimal(bigPlanUsd, USD_DECIMALS) ?? 0n) < (parseDecimal(planAboveUsd, USD_DECIMALS) ?? 0n)
  )
    findings.push([
      'server.approvals.bigPlanUsd',
      `expected at least server.approvals.planAboveUsd, ${planAboveUsd}, got ${bigPlanUsd}`,
    ])
  return findings
}

/** Everybody who holds the shared token is one and the same caller, so that it has no place beside people who are told apart. */
export function operatorTokenFinding({ server }: ConfigFile, token: string | undefined): string[] {
  if (token === undefined || !server.auth.oidc) return []
  return [
    'EVENKEEL_ADMIN_TOKEN: expected none beside server.auth.oidc, for it gives every scope to whoever holds it; unset it, people bring access tokens and machines API keys',
  ]
}
