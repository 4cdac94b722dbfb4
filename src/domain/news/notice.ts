import type { News } from './news.js'

/** What people may be notified of. */
export const NOTICE_KINDS = [
  'decision',
  'fill',
  'breaker',
  'transfer',
  'approval',
  'state',
  'books',
  'targets',
  'failure',
  'daemon',
] as const
export type NoticeKind = (typeof NOTICE_KINDS)[number]

/** Of these there is a state that ends again, so that they can be alerts. */
export const ALERT_KINDS = ['breaker', 'transfer', 'approval', 'state'] as const satisfies readonly NoticeKind[]
export type AlertKind = (typeof ALERT_KINDS)[number]

/** States of a transfer that people are notified of: it is overdue, or it has ended. */
const NOTABLE_TRANSFERS: ReadonlySet<string> = new Set([
  'late',
  'lost_suspected',
  'full',
  'short',
  'other_token',
  'refunded',
])

/** What kind of notice a piece of news is; undefined for one that is only for those who follow everything. */
export function noticeKindOf(news: News): NoticeKind | undefined {
  switch (news.type) {
    case 'decided':
      return news.data.act ? 'decision' : undefined
    case 'plan-proposed':
    case 'no-plan':
      return 'decision'
    case 'leg-ended':
      return 'fill'
    case 'breaker-tripped':
    case 'breaker-cleared':
      return 'breaker'
    case 'transfer-changed':
      return NOTABLE_TRANSFERS.has(news.data.state) ? 'transfer' : undefined
    case 'approval-wanted':
    case 'approval-answered':
      return 'approval'
    case 'scope-changed':
      return 'state'
    case 'reconciled':
    case 'loss-booked':
    case 'nonce-adopted':
    case 'inflow-classified':
      return 'books'
    case 'targets-set':
    case 'targets-refused':
      return 'targets'
    case 'failed':
      return news.data.isRetried ? undefined : 'failure'
    case 'cycle-ended':
    case 'cycle-skipped':
      return news.data.outcome === 'error' ? 'failure' : undefined
    case 'events-dropped':
      return 'failure'
    case 'daemon-started':
    case 'daemon-stopping':
      return 'daemon'
    case 'intent-changed':
    case 'price-unknown':
    case 'price-known':
    case 'chain-unknown':
    case 'chain-known':
    case 'endpoint-judged':
      return undefined
  }
}

/** Names what is notified of once, however often a process that starts hears of it; undefined for what happens anew. */
export function noticeKeyOf(news: News): string | undefined {
  return news.type === 'transfer-changed' ? `${news.type} ${news.data.transferId} ${news.data.state}` : undefined
}
