import { parseArgs } from 'node:util'
import { trialsOfPause } from '../test/support/pause-trials.js'

/** From an accepted pause to the last new signature, over many trials at random moments: npm run bench:pause. */
const { values } = parseArgs({
  options: { trials: { type: 'string', default: '200' }, seed: { type: 'string', default: '1' } },
})
const [trials, seed] = [Number(values.trials), Number(values.seed)]
const results = await trialsOfPause({ trials, seed })
const late = results.map(({ lateMs }) => lateMs).toSorted((a, b) => a - b)
const at = (share: number) => late[Math.min(late.length - 1, Math.floor(share * late.length))]!.toFixed(1)
process.stdout.write(
  `${JSON.stringify(
    {
      trials,
      seed,
      pausedAmidWork: results.filter(({ signedBefore }) => signedBefore > 0).length,
      withALaterSignature: results.filter(({ signedLater }) => signedLater > 0).length,
      mostLaterSignatures: Math.max(...results.map(({ signedLater }) => signedLater)),
      lateMs: { p50: at(0.5), p99: at(0.99), max: at(1) },
    },
    null,
    2,
  )}\n`,
)
process.exitCode = late.at(-1)! <= 1_000 ? 0 : 1
