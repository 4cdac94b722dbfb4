import { describe, expect, test } from '@jest/globals'
import type { Proposal } from '../api/answers.js'
import { isOpen, obstaclesTo, refusalWords, scopeFor } from './answering.js'

const EXPIRY = Date.parse('2026-11-27T02:15:00.000Z')
const PROPOSAL: Proposal = {
  id: 'plan-1',
  kind: 'plan',
  state: 'open',
  digest: 'ab',
  content: {},
  proposedBy: 'ada',
  proposedAt: '2026-11-27T02:00:00.000Z',
  expiresAt: '2026-11-27T02:15:00.000Z',
  approvedBy: ['cleo'],
  needs: 2,
  reason: 'Nine legs.',
}
const known = (more: object = {}) => ({
  proposal: PROPOSAL,
  me: { subject: 'bob', scopes: ['plan:approve', 'pause'] as const satisfies readonly string[] as never },
  check: { status: 'same', digest: 'ab' } as const,
  differences: [],
  now: EXPIRY - 1,
  ...more,
})
const me = (subject: string, ...scopes: string[]) => ({ me: { subject, scopes } as never })

describe('obstaclesTo', () => {
  test('lets another person with the scope approve what has the right digest', () => {
    expect(obstaclesTo('approve', known())).toEqual([])
  })

  test('F-75: says why nobody approves what they asked for, or approves twice', () => {
    expect(obstaclesTo('approve', known(me('ada', 'plan:approve')))).toEqual([expect.stringContaining('yourself')])
    expect(obstaclesTo('approve', known(me('cleo', 'plan:approve')))).toEqual([expect.stringContaining('already')])
    expect(obstaclesTo('reject', known(me('ada', 'pause')))).toEqual([])
  })

  test('names the scope that is missing', () => {
    expect(obstaclesTo('approve', known(me('bob', 'pause')))).toEqual(['You lack the scope plan:approve.'])
    expect(obstaclesTo('reject', known(me('bob', 'plan:approve')))).toEqual(['You lack the scope pause.'])
  })

  test('A-08: refuses another digest, one that cannot be reckoned, and a picture of something else', () => {
    for (const check of [{ status: 'other', digest: 'cd' }, { status: 'impossible' }, { status: 'reckoning' }])
      expect(obstaclesTo('approve', known({ check }))).toHaveLength(1)
    expect(obstaclesTo('approve', known({ differences: ['Leg 1 differs.'] }))).toEqual(['Leg 1 differs.'])
    expect(obstaclesTo('reject', known({ check: { status: 'other', digest: 'cd' } }))).toEqual([])
  })

  test('A-07: is over with its time, and with an answer', () => {
    expect(obstaclesTo('approve', known({ now: EXPIRY }))).toEqual([expect.stringContaining('time is over')])
    expect(obstaclesTo('reject', known({ proposal: { ...PROPOSAL, state: 'void' } }))).toEqual([
      expect.stringContaining('void'),
    ])
    expect([isOpen(PROPOSAL, EXPIRY - 1), isOpen(PROPOSAL, EXPIRY), isOpen({ ...PROPOSAL, state: 'used' }, 0)]).toEqual(
      [true, false, false],
    )
  })
})

test('scopeFor is that of the routes', () => {
  expect(scopeFor('plan', 'approve')).toBe('plan:approve')
  expect(scopeFor('cancel', 'approve')).toBe('plan:approve')
  for (const kind of ['resume', 'investigation', 'inflow'] as const) {
    expect(scopeFor(kind, 'approve')).toBe('resume:approve')
    expect(scopeFor(kind, 'reject')).toBe('pause')
  }
  expect([scopeFor('plan', 'reject'), scopeFor('resume', 'reject'), scopeFor('cancel', 'reject')]).toEqual([
    'pause',
    'pause',
    'plan:approve',
  ])
})

test('refusalWords has words for what a word on a proposal may meet', () => {
  const words = [409, 412, 403, 404].map((status) => refusalWords({ status, code: '' }))
  expect(new Set(words).size).toBe(4)
  expect(refusalWords({ status: 0, code: 'no-answer' })).toContain('Nobody knows')
  expect(refusalWords({ status: 429, code: 'rate-limited' })).toBeUndefined()
})
