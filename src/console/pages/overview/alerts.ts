import type { Breakers, Chains, Portfolio, Positions, Prices, Proposals, States, Transfers } from '../../api/answers.js'
import type { Tone } from '../../parts/badges.js'
import { hrefOf } from '../../place.js'
import { stepHref } from '../../parts/links.js'
import { scopeText, scopeTitle } from '../../parts/scope-text.js'

/** Something a person ought to look at, and where. */
export interface Alert {
  readonly key: string
  readonly tone: Extract<Tone, 'bad' | 'warn' | 'busy'>
  readonly title: string
  readonly detail: string
  /** Where to look closer; undefined where it is all said. */
  readonly href: string | undefined
}

export interface Known {
  readonly portfolio: Pick<Portfolio, 'id' | 'excluded' | 'unattributed' | 'targets'>
  readonly states?: States | undefined
  readonly breakers?: Pick<Breakers, 'open'> | undefined
  readonly transfers?: Pick<Transfers, 'transfers'> | undefined
  readonly prices?: Pick<Prices, 'assets'> | undefined
  readonly chains?: Pick<Chains, 'chains'> | undefined
  readonly proposals?: Pick<Proposals, 'proposals'> | undefined
  readonly positions?: Pick<Positions, 'unknown'> | undefined
}

const SEVERITY = { bad: 0, warn: 1, busy: 2 } as const

/** Everything that ought to be looked at, the gravest first. */
export function alertsOf(known: Known): Alert[] {
  const alerts = [
    ...waiting(known),
    ...stops(known),
    ...breakers(known),
    ...transfers(known),
    ...prices(known),
    ...chains(known),
    ...portfolio(known),
  ]
  return alerts.toSorted((one, other) => SEVERITY[one.tone] - SEVERITY[other.tone])
}

function waiting({ proposals }: Known): Alert[] {
  const open = (proposals?.proposals ?? []).filter(({ state }) => state === 'open')
  return [
    ...open
      .filter(({ kind }) => kind === 'plan')
      .map(({ id, needs, approvedBy, reason }) => {
        const missing = needs - approvedBy.length
        const title = `A plan waits for ${missing === 1 ? 'one approval' : `${missing} approvals`}`
        return alert(`proposal ${id}`, 'warn', title, reason, hrefOf('plan', id))
      }),
    ...open
      .filter(({ kind }) => kind === 'cancel')
      .map(({ id, proposedBy, reason, content }) =>
        alert(
          `proposal ${id}`,
          'warn',
          'A cancel waits for a second person',
          `${proposedBy}: ${reason}`,
          stepHref(null, String(content['intent'])),
        ),
      ),
    ...open.flatMap(({ id, kind, proposedBy, reason }) =>
      kind === 'plan' || kind === 'cancel'
        ? []
        : [alert(`proposal ${id}`, 'warn', SECOND_PERSON[kind], `${proposedBy}: ${reason}`, hrefOf('plan', id))],
    ),
  ]
}

const SECOND_PERSON = {
  resume: 'A resume waits for a second person',
  investigation: 'A mark on a late transfer waits for a second person',
  inflow: 'An inflow waits for a second person',
} as const

const STOPPED = { running: 'running', paused_new: 'paused', paused_hard: 'paused hard', halted: 'halted' } as const

/** What people have stopped; what breakers have stopped is told with them. */
function stops({ states, breakers: found }: Known): Alert[] {
  if (!states) return []
  const held = new Set((found?.open ?? []).map(({ scope }) => scope))
  const stopped = [
    ...(states.state === 'running' ? [] : [states]),
    ...states.scopes.filter(({ scope }) => scope !== 'all'),
  ]
  return stopped
    .filter(({ scope }) => !held.has(scope))
    .map(({ scope, state, reason }) =>
      alert(
        `stop ${scope}`,
        state === 'paused_new' ? 'warn' : 'bad',
        `${scopeTitle(scope)} is ${STOPPED[state]}`,
        reason,
        // Who, since when, and the way out stand under the operating state on the same page.
        undefined,
      ),
    )
}

function breakers({ breakers: found }: Known): Alert[] {
  return (found?.open ?? []).map(({ id, code, scope, reason }) => ({
    key: `breaker ${id}`,
    tone: 'bad',
    title: `Breaker ${code} holds ${scopeText(scope)}`,
    detail: reason,
    href: hrefOf('operations', 'breakers'),
  }))
}

function transfers({ transfers: found }: Known): Alert[] {
  return (found?.transfers ?? [])
    .filter(({ isLate, isOpen, state }) => isOpen && (isLate || state === 'lost_suspected'))
    .map(({ id, cycleId, sent, origin, destination, bridge, state }) => ({
      key: `transfer ${id}`,
      tone: state === 'lost_suspected' ? 'bad' : 'warn',
      title: `${sent.symbol} from ${origin.chain} to ${destination} is ${state === 'lost_suspected' ? 'lost, it seems' : 'late'}`,
      detail: `It was sent over ${bridge} and has not arrived.`,
      href: stepHref(cycleId, id),
    }))
}

function prices({ prices: found }: Known): Alert[] {
  const href = hrefOf('operations', 'prices')
  return (found?.assets ?? []).flatMap(({ asset, isUsed, refusal, hold, peg }) => [
    ...(isUsed
      ? []
      : [alert(`price ${asset}`, 'bad', `${asset} has no price`, refusal ?? 'Too few sources agree.', href)]),
    ...(hold ? [alert(`hold ${asset}`, 'warn', `${asset} is not traded`, hold.reason, href)] : []),
    ...(peg?.isOff
      ? [alert(`peg ${asset}`, 'warn', `${asset} is off its peg`, 'It is away from one dollar.', href)]
      : []),
  ])
}

function chains({ chains: found, positions }: Known): Alert[] {
  const silent = (found?.chains ?? []).filter(({ isAgreed }) => isAgreed === false)
  const unknown = (positions?.unknown.chains ?? []).filter(({ chain }) => !silent.some((one) => one.chain === chain))
  return [...silent, ...unknown].map(({ chain, reason }) =>
    alert(
      `chain ${chain}`,
      'bad',
      `What is on ${chain} is unknown`,
      reason ?? 'Its endpoints do not agree.',
      hrefOf('operations', 'chains'),
    ),
  )
}

function portfolio({ portfolio: { excluded = [], unattributed, targets } }: Known): Alert[] {
  const refusal = targets?.refusal
  return [
    ...excluded.map(({ asset, reason }) =>
      alert(`excluded ${asset}`, 'warn', `${asset} is left out of the figures`, reason, undefined),
    ),
    ...(unattributed.length > 0
      ? [
          alert(
            'unattributed',
            'warn',
            'Money came in unannounced',
            `${unattributed.map(({ amount, units, symbol, chain }) => `${amount ?? units} ${symbol ?? 'of an unknown token'} on ${chain}`).join(', ')}. It is in no figure and not traded.`,
            hrefOf('money'),
          ),
        ]
      : []),
    ...(refusal
      ? [alert('targets', 'warn', 'New targets were refused', `${refusal.detail} Those in force stay.`, undefined)]
      : []),
  ]
}

function alert(key: string, tone: Alert['tone'], title: string, detail: string, href: string | undefined): Alert {
  return { key, tone, title, detail, href }
}
