import type { AmountTold, News } from '../../domain/news/news.js'
import type { FeedEvent } from '../../ports/event-feed.js'

const STATES = {
  running: 'is running again',
  paused_new: 'begins nothing new',
  paused_hard: 'signs nothing but cancels and revocations',
  halted: 'is HALTED: nothing is signed',
} as const

const TRANSFERS: Readonly<Record<string, string>> = {
  late: 'is late; it is watched on',
  lost_suspected: 'is lost, as far as can be told: ask the bridge',
  full: 'has arrived',
  short: 'has arrived short',
  other_token: 'has arrived as another token',
  refunded: 'was refunded',
}

/** These say themselves what they are about. */
const NAMING_SCOPES: ReadonlySet<string> = new Set(['scope-changed', 'breaker-tripped', 'breaker-cleared'])

/** One sentence for a person, amounts rounded. The feed has every figure. */
export function sentenceOf(event: FeedEvent): string {
  // What is in the feed was written as news, by this build or one that knew fewer types.
  const news = event as unknown as News
  const of = news.portfolio === undefined || NAMING_SCOPES.has(news.type) ? '' : `${news.portfolio}: `
  return `${of}${textOf(news)}`
}

function textOf(news: News): string {
  switch (news.type) {
    case 'decided': {
      const { act, reasons } = news.data
      return `${act ? 'it is time to trade' : 'no trade'}. ${reasons.join(' ')}`
    }
    case 'plan-proposed': {
      const { legs, costUsd, cycleId } = news.data
      return `planned ${legs} ${legs === 1 ? 'leg' : 'legs'} for ${usd(costUsd)} (cycle ${cycleId}).`
    }
    case 'no-plan':
      return `should trade and has no plan. ${news.data.reasons.join(' ')}`
    case 'leg-ended':
      return legText(news.data)
    case 'breaker-tripped': {
      const { breaker, scope, state, reason } = news.data
      return `Breaker ${breaker} tripped, ${scope} ${STATES[state]}. ${reason}`
    }
    case 'breaker-cleared':
      return `Breaker ${news.data.breaker} lets go of ${news.data.scope}, by ${news.data.by}.`
    case 'scope-changed': {
      const { scope, state, reason, by, expiresAt } = news.data
      return `${scope} ${STATES[state]}${expiresAt === null ? '' : ` until ${expiresAt}`}, by ${by}: ${reason}`
    }
    case 'transfer-changed': {
      const { sent, valueUsd, bridge, origin, destination, state, originHash } = news.data
      const what = `${amount(sent)} (${usd(valueUsd)}) over ${bridge} from ${origin} to ${destination}`
      return `${what} ${TRANSFERS[state] ?? `is ${state}`}. Sent by ${originHash}.`
    }
    case 'approval-wanted': {
      const { kind, proposal, needs, proposedBy, expiresAt, reason } = news.data
      return `${/^[aeiou]/.test(kind) ? 'An' : 'A'} ${kind} waits for ${needs} to approve it until ${expiresAt}: ${proposal}, proposed by ${proposedBy}. ${reason}`
    }
    case 'approval-answered': {
      const { kind, proposal, state, approvedBy, reason } = news.data
      const by = approvedBy.length > 0 ? `, approved by ${approvedBy.join(', ')}` : ''
      return `The ${kind} ${proposal} is ${state}${by}. ${reason}`
    }
    case 'reconciled':
      return `Ledger and ${news.data.chain} differ in ${news.data.mismatches.map(({ token }) => token).join(', ')}.`
    case 'loss-booked':
      return `A loss of ${news.data.units} base units of ${news.data.token} on ${news.data.chain} is booked, by ${news.data.by}.`
    case 'nonce-adopted':
      return `Account ${news.data.account} goes on at nonce ${news.data.next} on ${news.data.chain}, by ${news.data.by}.`
    case 'inflow-classified':
      return `${news.data.units} base units of ${news.data.token} on ${news.data.chain} are a deposit: ${news.data.reason}`
    case 'targets-set':
      return `new targets ${weights(news.data.weights)}, by ${news.data.setter}. ${news.data.reasons.join(' ')}`
    case 'targets-refused':
      return `targets stay as they are: ${news.data.detail}`
    case 'cycle-ended':
      return `cycle ${news.data.cycleId} ended: ${news.data.outcome}.`
    case 'cycle-skipped':
      return `no cycle, ${news.data.outcome}: ${news.data.reason}`
    case 'daemon-started':
      return `Evenkeel ${news.data.version} started, ${news.data.mode}, configuration ${news.data.configHash}.`
    case 'daemon-stopping':
      return `Evenkeel stops on ${news.data.signal}.`
    case 'events-dropped':
      return `${news.data.count} events could not be written down. Look at the state itself.`
    case 'failed':
      return `Failed: ${news.data.what} (${news.data.error}). The log says more.`
    case 'intent-changed':
    case 'price-unknown':
    case 'price-known':
    case 'chain-unknown':
    case 'chain-known':
    case 'endpoint-judged':
      return `${news.type} ${JSON.stringify(news.data)}`
  }
}

function legText({
  kind,
  state,
  venue,
  sold,
  received,
  notionalUsd,
  costUsd,
  code,
  legId,
}: Extract<News, { type: 'leg-ended' }>['data']) {
  const cost = costUsd === null ? '' : `, cost ${usd(costUsd)}`
  if (sold && received)
    return `${kind} of ${amount(sold)} for ${amount(received)} over ${venue}${cost} of ${usd(notionalUsd)} (leg ${legId}, ${state}).`
  return `${kind} over ${venue} is ${state}${code === null ? '' : `, ${code}`}${cost} (leg ${legId}).`
}

function amount({ amount: text, symbol, chain }: AmountTold): string {
  return `${rounded(text)} ${symbol} on ${chain}`
}

function weights(all: Readonly<Record<string, string>>): string {
  return Object.entries(all)
    .map(([asset, share]) => `${asset} ${(Number(share) * 100).toFixed(2)} %`)
    .join(', ')
}

function rounded(text: string): string {
  return Number(text).toLocaleString('en-US', { maximumSignificantDigits: 6 })
}

function usd(text: string): string {
  return `${Number(text).toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })} USD`
}
