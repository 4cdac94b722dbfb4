import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { PostgresLease } from '../../src/adapters/store/postgres-lease.js'
import { PostgresStore } from '../../src/adapters/store/postgres-store.js'
import { Operations } from '../../src/application/operations.js'
import { EndProposals } from '../../src/application/end-proposals.js'
import type { SignRequest } from '../../src/ports/signer.js'
import { createTestDatabase } from './database.js'
import { CYCLE_ID, journey, openCycle } from './fake-legs.js'
import { aPortfolio, FakeWorld } from './fake-world.js'
import { Life } from './life.js'

export interface PauseTrial {
  /** When the pause was asked for, in milliseconds after the cycle began. */
  readonly delayMs: number
  readonly signedBefore: number
  /** Steps first signed after the pause was accepted: at most the one that had read the states already. */
  readonly signedLater: number
  /** From the acceptance of the pause to the last of them; 0 without any. */
  readonly lateMs: number
}

/**
 * Pauses a cycle that is being driven, each time at another moment, from another process on the same real Postgres; chains
 * and venues are fakes that answer at once. What a pause allows (finishing, cancelling, revoking) is not counted.
 */
export async function trialsOfPause({ trials, seed }: { trials: number; seed: number }): Promise<PauseTrial[]> {
  const { database, drop } = await createTestDatabase()
  const random = sequence(seed)
  const results: PauseTrial[] = []
  try {
    const lease = new PostgresLease({
      database,
      build: '0.0.0',
      schemaVersion: '9999',
      ttlMs: 3_600_000,
      selfFenceMs: 3_000_000,
    })
    await lease.acquire()
    // The first one shows how long a cycle takes here.
    let lengthMs = 1_000
    for (let trial = 0; trial < trials; trial++) {
      const began = performance.now()
      results.push(await oneTrial(() => new PostgresStore({ database, lease }), random() * lengthMs))
      if (trial === 0) lengthMs = Math.max(100, performance.now() - began)
      await sql`truncate cycles, plans, legs, intents, attempts, intent_events, broadcasts, transfers, postings, spends, accounts, scope_states, breakers cascade`.execute(
        database,
      )
    }
  } finally {
    await drop()
  }
  return results
}

async function oneTrial(records: FakeWorld['records'], delayMs: number): Promise<PauseTrial> {
  const world = FakeWorld.drifted()
  world.records = records
  await openCycle(world, journey(world))
  const signatures: { request: SignRequest; at: number }[] = []
  const sign = world.signer.sign.bind(world.signer)
  world.signer.sign = async (request) => {
    const answer = await sign(request)
    signatures.push({ request, at: performance.now() })
    return answer
  }
  const operator = world.start()
  const operations = new Operations({
    store: operator.store,
    clock: world.clock,
    observer: operator.observer,
    failpoints: new Life().failpoints(),
    endProposals: new EndProposals({
      store: operator.store,
      proposals: world.proposals,
      clock: world.clock,
      observer: operator.observer,
    }),
  })
  const driving = world.start().drive(aPortfolio(), CYCLE_ID)
  await sleep(delayMs)
  await operations.pause('all', 'paused_new', 'Trial.')
  const accepted = performance.now()
  await driving
  const known = new Set(signatures.filter(({ at }) => at <= accepted).map(({ request }) => request.intentId))
  const later = signatures.filter(
    ({ at, request: { payload, intentId } }) =>
      at > accepted && payload === 'step' && !intentId.includes('.revoke.') && !known.has(intentId),
  )
  return {
    delayMs,
    signedBefore: known.size,
    signedLater: later.length,
    lateMs: later.reduce((most, { at }) => Math.max(most, at - accepted), 0),
  }
}

/** Numbers from 0 to 1 that a seed decides. */
function sequence(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
