/**
 * The daemon with a death in it: node crash-daemon.mjs POINT HIT <command line of the daemon>. The process kills itself
 * with SIGKILL when it reaches the crash point for the HIT-th time, as a power cut would.
 */
import 'reflect-metadata'
import { runCommand } from '../../dist/commands.js'
import { Failpoints } from '../../dist/ports/failpoints.js'

const [point, hit, ...args] = process.argv.slice(2)

class Death extends Failpoints {
  #hits = 0

  async reach(reached) {
    if (reached !== point || ++this.#hits < Number(hit)) return
    process.kill(process.pid, 'SIGKILL')
    await new Promise(() => undefined)
  }
}

process.exitCode = await runCommand(args, {
  version: '0.0.0-crash',
  failpoints: new Death(),
  environment: process.env,
})
