// SIGTERM while a live cycle has signed and nothing of it is mined, and what the next process makes of it.
import { spawnSync } from 'node:child_process'
import pg from 'pg'
import { check, expect, hasFailed, same } from '../checks.mjs'
import { root, until } from '../image-tools.mjs'
import { installed, listening, startDaemon } from './container.mjs'

const OPEN = 'select id from cycles where ended_at is null'
const SIGNED = `
  select intents.id, attempts.hash from intents join attempts on attempts.intent_id = intents.id
  where intents.state = 'signed'`
const OUTCOME = 'select outcome from cycles where id = $1 and ended_at is not null'
const UNFINISHED = "select id from intents where state in ('reserved', 'signed', 'mined')"
const OF_THE_INTERRUPTED = `
  select intents.state, (select array_agg(hash) from attempts where intent_id = intents.id) as hashes,
    (select count(distinct epoch)::int from intent_events where intent_id = intents.id) as epochs
  from intents where id = any($1)`
const TRADES_TWICE = `
  select leg_id from intents where kind in ('swap', 'bridge') and state = 'final_ok' and cycle_id = $1
  group by leg_id having count(*) > 1`

export const checkInterruption = async (place) => {
  const config = await listening({
    ...place.configuration(),
    // The nodes of the sandbox hold the treasury's key and sign for whoever asks: a remote signer.
    signer: { kind: 'remote', urls: Object.fromEntries(place.world.chains.map(({ key, rpcUrl }) => [key, rpcUrl])) },
  })
  for (const portfolio of Object.values(config.portfolios)) portfolio.schedule = '*/3 * * * * *'
  const settings = await installed(place, 'live', config)
  const databaseUrl = place.databases.urlOf('live')
  const database = new pg.Client({ connectionString: databaseUrl })
  await database.connect()
  const rows = async (text, ...values) => (await database.query(text, values)).rows
  const mine = (running) =>
    Promise.all(place.world.chains.map(({ key }) => place.control(`/chains/${key}/mining`, { running })))

  let daemon = startDaemon(settings, config)
  try {
    let cycle
    let signed
    await check('SIGTERM to PID 1 in the middle of a live cycle ends it with 0 within 10 s', async () => {
      ;[cycle] = await until('a cycle opens', 90, async () => {
        const open = await rows(OPEN)
        return open.length > 0 && open
      })
      await mine(false)
      signed = await until('something is signed that is in no block', 30, async () => {
        const found = await rows(SIGNED)
        return found.length > 0 && found
      })
      const { exitCode, seconds } = await daemon.terminate()
      same(exitCode, 0, 'exit code')
      same(await rows(OUTCOME, cycle.id), [], 'end of the interrupted cycle')
      return `${seconds.toFixed(1)} s, ${signed.length} signed and in no block`
    })
    if (signed === undefined) return
    await check(
      'the next start finishes that cycle: the same transactions, each nonce and each trade once',
      async () => {
        daemon.remove()
        await mine(true)
        daemon = startDaemon(settings, config)
        await daemon.ready()
        const [{ outcome }] = await until('the interrupted cycle ends', 120, async () => {
          const ended = await rows(OUTCOME, cycle.id)
          return ended.length > 0 && ended
        })
        const resumed = await rows(
          OF_THE_INTERRUPTED,
          signed.map(({ id }) => id),
        )
        for (const { state, epochs } of resumed) {
          expect(state.startsWith('final'), `expected a final state of what was signed, got ${state}`)
          expect(epochs > 1, 'what was signed was not taken over by the next process')
        }
        const hashes = resumed.flatMap((one) => one.hashes)
        expect(
          signed.every(({ hash }) => hashes.includes(hash)),
          'what was signed before is not written down any more',
        )
        same(await rows(TRADES_TWICE, cycle.id), [], 'legs that traded twice')
        return `outcome ${outcome}`
      },
    )
    await check('ledger and chains agree afterwards, by the independent checker', async () => {
      await daemon.post('/v1/pause', { reason: 'The books are compared.' })
      await until('nothing is under way', 120, async () => {
        const open = [...(await rows(OPEN)), ...(await rows(UNFINISHED))]
        expect(open.length === 0, `${open.length} cycles and intents are`)
        return true
      })
      const options = ['--world', place.worldFile, '--database', databaseUrl]
      const checker = ['node_modules/tsx/dist/cli.mjs', 'test/checker/main.ts', ...options]
      const { status, stdout, stderr } = spawnSync(process.execPath, checker, { cwd: root, encoding: 'utf8' })
      expect(status === 0, `it ended with ${status}: ${stdout}${stderr}`)
      return stdout
        .trim()
        .split('\n')
        .map((line) => line.trim().replaceAll(/\s+/g, ' '))
        .join(', ')
    })
  } finally {
    if (hasFailed()) console.log(`last lines of the daemon:\n${daemon.log().split('\n').slice(-30).join('\n')}`)
    daemon.remove()
    await database.end()
  }
}
