import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { keyState, readTerms } from './key-terms.js'
import { ACCESS_SCOPES, isKeyScope } from './scopes.js'

const wish = { name: 'alert-bot', scopes: ['pause'], days: 30, networks: [] }
const isNetwork = (text: string) => text.includes('/')
const findings = (changes: object) => {
  const read = readTerms({ ...wish, ...changes }, isNetwork)
  return 'findings' in read ? read.findings : []
}

describe('what a key may be', () => {
  test('terms without what was said twice', () => {
    expect(
      readTerms(
        { ...wish, scopes: ['pause', 'status:read', 'pause'], networks: ['10.0.0.0/8', '10.0.0.0/8'] },
        isNetwork,
      ),
    ).toEqual({ terms: { ...wish, scopes: ['pause', 'status:read'], networks: ['10.0.0.0/8'] } })
  })

  test('A-04: no key approves, resumes or makes keys', () => {
    for (const scope of ACCESS_SCOPES) expect(findings({ scopes: [scope] }).length).toBe(isKeyScope(scope) ? 0 : 1)
    expect(ACCESS_SCOPES.filter((scope) => !isKeyScope(scope))).toEqual([
      'resume:propose',
      'resume:approve',
      'plan:approve',
    ])
  })

  test('A-04: no key lives longer than 90 days', () => {
    fc.assert(
      fc.property(fc.oneof(fc.integer(), fc.double(), fc.integer({ min: -5, max: 95 })), (days) => {
        expect(findings({ days }).length === 0).toBe(Number.isInteger(days) && days >= 1 && days <= 90)
      }),
    )
  })

  test('everything that is wrong is told at once, with what came', () => {
    const came = findings({ name: 'no\nname', scopes: ['policy:approve'], days: 91, networks: ['home'] })
    expect(came).toEqual([
      'name: expected 1 to 64 letters, digits, dots, dashes and underscores, and none of operator, daemon, anonymous, cli, got "no\\nname"',
      'scopes: expected some of status:read, ledger:read, audit:read, pause, plan:propose, tx:cancel, got "policy:approve"; whatever makes things riskier is for people',
      'days: expected a whole number from 1 to 90, got 91',
      'networks: expected an address and a prefix, such as 10.0.0.0/8, got "home"',
    ])
    expect(findings({ scopes: [] })).toHaveLength(1)
    expect(findings({ name: '' })).toHaveLength(1)
    expect(findings({ name: 'x'.repeat(65) })).toHaveLength(1)
    expect(findings({ name: 'operator' })).toHaveLength(1)
    expect(findings({ networks: Array.from({ length: 17 }, (_, at) => `10.0.0.${at}/32`) })).toHaveLength(1)
  })

  test('a key is active until the moment it expires, and revoked for ever', () => {
    const key = { expiresAt: 1_000, revokedAt: undefined }
    expect([999, 1_000].map((now) => keyState(key, now))).toEqual(['active', 'expired'])
    expect([1, 2_000].map((now) => keyState({ ...key, revokedAt: 500 }, now))).toEqual(['revoked', 'revoked'])
  })
})
