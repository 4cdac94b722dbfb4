import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Ending } from './daemon-process.js'

/** A process that runs command lines of the shipped program, one at a time, for suites that run many. */
export class CommandHost {
  private readonly child = fork(fileURLToPath(new URL('./hosted-commands.mjs', import.meta.url)), {
    execArgv: ['--enable-source-maps'],
    env: {},
  })
  private readonly ended = new Promise<null>((resolve) => this.child.once('exit', () => resolve(null)))

  /** Rejects when the host ends before it has answered. */
  async run(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ending> {
    const answer = once(this.child, 'message') as Promise<[Ending]>
    this.child.send({ args, environment })
    const answered = await Promise.race([answer, this.ended])
    if (answered === null) throw new Error(`The host ended while it ran ${args.join(' ')}.`)
    return answered[0]
  }

  async stop(): Promise<void> {
    if (this.child.connected) this.child.disconnect()
    await this.ended
  }
}
