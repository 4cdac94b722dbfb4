/** What a caller may do. None implies another. */
export const ACCESS_SCOPES = [
  'status:read',
  'ledger:read',
  'audit:read',
  'pause',
  'resume:propose',
  'resume:approve',
  'plan:propose',
  'plan:approve',
  'tx:cancel',
] as const
export type AccessScope = (typeof ACCESS_SCOPES)[number]

/** What a key may be given: whatever makes things riskier is for people. */
export const KEY_SCOPES = [
  'status:read',
  'ledger:read',
  'audit:read',
  'pause',
  'plan:propose',
  'tx:cancel',
] as const satisfies readonly AccessScope[]
export type KeyScope = (typeof KEY_SCOPES)[number]

export function isKeyScope(scope: string): scope is KeyScope {
  return KEY_SCOPES.some((one) => one === scope)
}
