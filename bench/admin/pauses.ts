import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { widestGap } from '../../sandbox/arbitrage.js'
import type { Stage } from '../in-world.js'
import { adminToken } from '../measured-daemon.js'
import { until } from '../until.js'
import { IdleConnections } from './idle-connections.js'
import { LoginFlood, someAddress } from './login-flood.js'

const MOST_PAUSE_MS = 1_000
/** From the answer to a pause to the last new signature. */
const MOST_LATE_MS = 1_000
const HELD_MS = 3_000
/** One caller may resume ten times a minute. */
const LEAST_ROUND_MS = 7_000
/** Rounds in which something is signed while they are paused. */
const ENOUGH_AT_WORK = 3
const MOST_ROUNDS = 6

interface Round {
  /** How long each pause took to be accepted, in milliseconds; Infinity for one that was not. */
  readonly pauses: readonly number[]
  /** Whether something was signed between the resume before and the pause. */
  readonly wasAtWork: boolean
  /** From the answer to the first pause to each step that was first signed after it, while it held. */
  readonly lateMs: readonly number[]
}

/**
 * Whether pauses of an operator are accepted in time and hold, while logins fail and connections that say nothing take every
 * place: after each the steps are read that were signed for the first time while it held. What a pause allows (finishing,
 * cancelling, revoking) is not counted.
 */
export async function measurePauses(
  stage: Stage,
  { logins, say }: { readonly logins: number; readonly say: (line: string) => void },
): Promise<boolean> {
  const flood = new LoginFlood(`http://127.0.0.1:${stage.place.adminPort}`)
  const idle = new IdleConnections(stage.place.adminPort)
  const startedAt = performance.now()
  const rounds: Round[] = []
  const atWork = () => rounds.filter(({ wasAtWork }) => wasAtWork).length
  while (rounds.length < MOST_ROUNDS && (flood.sent < logins || atWork() < ENOUGH_AT_WORK)) {
    const [round] = await Promise.all([oneRound(stage, rounds.length), sleep(LEAST_ROUND_MS)])
    rounds.push(round)
  }
  await flood.end()
  idle.end()
  const seconds = (performance.now() - startedAt) / 1_000
  const pauses = rounds.flatMap((round) => round.pauses).toSorted((one, other) => one - other)
  const [middle, longest] = [pauses[Math.floor(pauses.length / 2)]!, pauses.at(-1)!]
  const late = rounds.flatMap(({ lateMs }) => lateMs)
  const latest = Math.max(0, ...late)
  const told = (counts: ReadonlyMap<number, number>) =>
    [...counts].map(([status, count]) => `${status} (${count})`).join(', ')
  say(`${flood.sent} failed logins from fresh addresses in ${seconds.toFixed(0)} s`)
  say(
    `  ${idle.count} connections that said nothing, opened again when they were closed: ${idle.opened} in all; ${flood.lost} logins met a connection that was closed for them`,
  )
  say(`  reads answered ${told(flood.statuses.read)}; pauses answered ${told(flood.statuses.pause)}`)
  say(
    `  ${pauses.length} pauses of the operator meanwhile, in ms: median ${middle.toFixed(0)}, longest ${longest.toFixed(0)} (at most ${MOST_PAUSE_MS})`,
  )
  say(
    `  ${rounds.length} times paused, ${atWork()} of them while something was signed; new signatures after the answer: ${late.length}, the last after ${latest.toFixed(0)} ms (at most ${MOST_LATE_MS})`,
  )
  return flood.isHeld && longest <= MOST_PAUSE_MS && latest <= MOST_LATE_MS && atWork() > 0
}

/** Gives the daemon something to do, pauses while it does, looks at what it signs meanwhile, and resumes. */
async function oneRound(stage: Stage, index: number): Promise<Round> {
  const { world } = stage
  const begunAt = new Date()
  await world.control.setPrices({ ETH: world.prices.usd('ETH') * (index % 2 === 0 ? 0.88 : 1.14) })
  const followed = async () => (await widestGap(world.chains, world.pools, world.prices)) <= 0 || undefined
  await until('the pools to follow', followed, { limitMs: 30_000 }).catch(() => undefined)
  const signing = async () => (await firstSigned(stage, begunAt)).length > 0 || undefined
  const wasAtWork = await until('something to be signed', signing, { everyMs: 20, limitMs: 15_000 }).catch(() => false)
  const first = await pause(stage)
  const answeredAt = new Date()
  await sleep(HELD_MS / 2)
  const second = await pause(stage)
  await sleep(HELD_MS / 2)
  const later = await firstSigned(stage, answeredAt)
  await resume(stage)
  return {
    pauses: [first, second],
    wasAtWork: wasAtWork === true,
    lateMs: later.map((at) => at.getTime() - answeredAt.getTime()),
  }
}

/** When steps were signed for the first time, since a moment. */
async function firstSigned({ database }: Stage, since: Date): Promise<Date[]> {
  const rows = await database
    .selectFrom('attempts')
    .innerJoin('intents', 'intents.id', 'attempts.intent_id')
    .select('attempts.signed_at')
    .where('attempts.ordinal', '=', 1)
    .where('attempts.payload', '=', 'step')
    .where('intents.kind', '!=', 'revoke')
    .where('attempts.signed_at', '>', since)
    .execute()
  return rows.map(({ signed_at }) => signed_at)
}

function tell({ place }: Stage, verb: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`http://127.0.0.1:${place.adminPort}/v1/${verb}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${adminToken}`,
      'content-type': 'application/json',
      'x-forwarded-for': someAddress(),
      // As curl does: each call over a connection of its own.
      connection: 'close',
      ...headers,
    },
    body: JSON.stringify({ scope: 'all', reason: 'A measurement.' }),
  })
}

async function pause(stage: Stage): Promise<number> {
  const askedAt = performance.now()
  const answer = await tell(stage, 'pause').catch(() => undefined)
  return answer?.status === 200 ? performance.now() - askedAt : Infinity
}

async function resume(stage: Stage): Promise<void> {
  const answer = await tell(stage, 'resume', { 'idempotency-key': randomUUID() })
  if (!answer.ok) throw new Error(`The daemon refused to resume: ${await answer.text()}`)
}
