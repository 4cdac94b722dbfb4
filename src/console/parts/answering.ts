import type { Me, Proposal } from '../api/answers.js'
import type { ApiProblem } from '../api/problem.js'
import type { DigestCheck } from './canonical.js'

type Word = 'approve' | 'reject'

/** Which scope a word on a proposal takes. */
export function scopeFor(kind: Proposal['kind'], word: Word): Me['scopes'][number] {
  if (word === 'reject') return kind === 'cancel' ? 'plan:approve' : 'pause'
  return kind === 'plan' || kind === 'cancel' ? 'plan:approve' : 'resume:approve'
}

/** What makes a proposal void before its time is over. */
export const VOIDED_BY: Readonly<Record<Proposal['kind'], string>> = {
  plan: 'It is void once its cycle has ended. After the last word balances and prices are looked at once more: where they have moved too far, nothing of it begins and the next plan asks anew.',
  resume:
    'It is void as soon as what it would let go of has ended, or is held anew: of a pause and a resume the pause wins.',
  cancel: 'It is void once the transaction can no longer be cancelled.',
  investigation: 'It is void once the transfer is no longer what it was when somebody looked at it.',
  inflow: 'It is void once another amount than this is unattributed.',
}

/** Whether it can still be answered. `now` in milliseconds since 1970. */
export function isOpen({ state, expiresAt }: Pick<Proposal, 'state' | 'expiresAt'>, now: number): boolean {
  return state === 'open' && now < Date.parse(expiresAt)
}

interface Known {
  readonly proposal: Proposal
  readonly me: Pick<Me, 'subject' | 'scopes'>
  readonly check: DigestCheck
  /** Where what is drawn differs from what the digest stands for. */
  readonly differences: readonly string[]
  readonly now: number
}

/** Why the caller cannot approve it here; empty where they can. */
export function obstaclesTo(word: Word, { proposal, me, check, differences, now }: Known): string[] {
  const { kind, state, expiresAt, proposedBy, approvedBy } = proposal
  const scope = scopeFor(kind, word)
  if (state !== 'open') return [`It is ${state}: it cannot be answered any more.`]
  if (now >= Date.parse(expiresAt)) return ['Its time is over. Whoever still wants it proposes it anew.']
  const obstacles = me.scopes.includes(scope) ? [] : [`You lack the scope ${scope}.`]
  if (word === 'reject') return obstacles
  if (me.subject === proposedBy) obstacles.push('You asked for it yourself: somebody else has to approve it.')
  if (approvedBy.includes(me.subject)) obstacles.push('You have approved it already: it takes another person.')
  if (check.status === 'other')
    obstacles.push('The digest is not that of what is shown. Do not approve it elsewhere either; look at the daemon.')
  if (check.status === 'impossible')
    obstacles.push('This browser reckons digests for pages from https or loopback alone: open the console there.')
  if (check.status === 'reckoning') obstacles.push('The digest is being reckoned.')
  return [...obstacles, ...differences]
}

/** What a refusal of a word means for whoever gave it; undefined where the daemon's own words are enough. */
export function refusalWords({ status, code }: Pick<ApiProblem, 'status' | 'code'>): string | undefined {
  if (status === 409) return 'Somebody answered it meanwhile, or its time is over. Nothing came of your word.'
  if (status === 412)
    return 'It is not what you looked at. Nothing came of your word: look at it again, then answer that.'
  if (status === 403) return 'Your word does not count for this one. Nothing was changed.'
  if (status === 404) return 'The daemon does not know this proposal any more.'
  if (code === 'no-answer') return 'Nobody knows whether it was taken. Trying again is safe: it counts once at most.'
  return undefined
}
