import type { Principal } from './principal.js'

/** How long a proposal may be approved, and an approval be used. */
export const APPROVAL_MS = 15 * 60_000

export const PROPOSAL_KINDS = ['resume', 'plan', 'cancel', 'investigation', 'inflow'] as const
export const PROPOSAL_STATES = ['open', 'approved', 'rejected', 'void', 'used', 'expired'] as const

/** Something that a person, or the daemon, wants and that needs the word of others. */
export interface Proposal {
  /** Of a plan the id of its cycle. */
  readonly id: string
  readonly kind: (typeof PROPOSAL_KINDS)[number]
  /** SHA-256 over the canonical text of `content`: an approval names it, so that nobody approves something else. */
  readonly digest: string
  /** Plain values: everything that would be done. */
  readonly content: Readonly<Record<string, unknown>>
  /** A subject, or `daemon`. */
  readonly proposedBy: string
  /** Whose word it was; absent of the daemon itself, and where an older build wrote it down. */
  readonly proposedByKind?: Principal['kind']
  /** Milliseconds since 1970. */
  readonly proposedAt: number
  readonly expiresAt: number
  /** Distinct subjects, none of them `proposedBy`, in the order in which they approved. */
  readonly approvedBy: readonly string[]
  /** How many approvals it takes. */
  readonly needs: number
  readonly state: (typeof PROPOSAL_STATES)[number]
  /** Why it is wanted; of one that ended, why it did. */
  readonly reason: string
}

/** A proposal that nobody has answered yet. */
export function newProposal(
  proposal: Pick<
    Proposal,
    'id' | 'kind' | 'digest' | 'content' | 'proposedBy' | 'proposedByKind' | 'proposedAt' | 'needs' | 'reason'
  >,
): Proposal {
  return { ...proposal, expiresAt: proposal.proposedAt + APPROVAL_MS, approvedBy: [], state: 'open' }
}

const TOLD_BY = {
  plan: 'cycle',
  resume: 'scope',
  cancel: 'intent',
  investigation: 'transfer',
  inflow: 'ledger',
} as const satisfies Record<Proposal['kind'], string>

/** A proposal that was approved and may not be carried out a second time. What came of it stands elsewhere. */
export function usedUp(proposal: Proposal): Proposal {
  const reason = `Approved, and used once: the ${TOLD_BY[proposal.kind]} tells what came of it.`
  return { ...proposal, state: 'used', reason }
}

/** One whose time is over without what it takes, as it is written down. */
export function timedOut(proposal: Proposal): Proposal {
  const reason =
    proposal.state === 'approved'
      ? notBegun(proposal)
      : `Nobody's approval came in time, until ${new Date(proposal.expiresAt).toISOString()}.`
  return { ...proposal, state: 'expired', reason }
}

/** Why what was approved may no longer begin. */
export function notBegun({ expiresAt }: Proposal): string {
  return `What was approved had to begin by ${new Date(expiresAt).toISOString()}, and did not.`
}

/** Whose it is: undefined for what is of no portfolio. */
export function portfolioOf({ content }: Pick<Proposal, 'content'>): string | undefined {
  return content['portfolio'] as string | undefined
}

/** Somebody's word on a proposal. */
export interface Word {
  readonly subject: string
  readonly digest: string
  readonly now: number
}

export type ProposalAnswer =
  | { readonly status: 'taken'; readonly proposal: Proposal }
  | {
      readonly status: 'refused'
      readonly code: 'ended' | 'expired' | 'other-digest' | 'own' | 'twice'
      readonly detail: string
    }

/**
 * The proposal with one more approval. Refused: one that has ended or expired, another digest than its own, its proposer's
 * own word, and a second word of one person, whatever token it came with (A-07, F-75).
 */
export function approve(proposal: Proposal, word: Word): ProposalAnswer {
  const refusal = refusalOf(proposal, word)
  if (refusal) return refusal
  const { id, proposedBy, proposedByKind, approvedBy, needs } = proposal
  const { subject } = word
  // Only people approve, and the name of a key is nobody's.
  if (subject === proposedBy && proposedByKind !== 'key')
    return { status: 'refused', code: 'own', detail: `${subject} proposed ${id}; somebody else has to approve it.` }
  if (approvedBy.includes(subject))
    return {
      status: 'refused',
      code: 'twice',
      detail: `${subject} has approved ${id} already; it takes another person.`,
    }
  const approved = [...approvedBy, subject]
  return {
    status: 'taken',
    proposal: { ...proposal, approvedBy: approved, state: approved.length >= needs ? 'approved' : 'open' },
  }
}

/** The proposal, ended. Its own proposer may do so as well: to make things safer is easy. */
export function reject(proposal: Proposal, word: Word & { readonly reason: string }): ProposalAnswer {
  const refusal = refusalOf(proposal, word)
  if (refusal) return refusal
  return { status: 'taken', proposal: { ...proposal, state: 'rejected', reason: `${word.subject}: ${word.reason}` } }
}

/** Whether the time for a word on it, or for doing what was approved, is over and that is not written down yet. */
export function isExpired({ state, expiresAt }: Proposal, now: number): boolean {
  return (state === 'open' || state === 'approved') && now >= expiresAt
}

function refusalOf(
  proposal: Proposal,
  { digest, now }: Word,
): Extract<ProposalAnswer, { status: 'refused' }> | undefined {
  const { id, state, expiresAt, reason } = proposal
  if (isExpired(proposal, now) || state === 'expired')
    return {
      status: 'refused',
      code: 'expired',
      detail: `${id} could be answered until ${new Date(expiresAt).toISOString()}. Propose it anew.`,
    }
  if (state !== 'open' && state !== 'approved')
    return { status: 'refused', code: 'ended', detail: `${id} is ${state}: ${reason}` }
  if (digest !== proposal.digest)
    return {
      status: 'refused',
      code: 'other-digest',
      detail: `The digest of ${id} is ${proposal.digest}, got ${digest.slice(0, 80)}. Look at what is proposed, then answer that.`,
    }
  return undefined
}
