import { randomInt } from 'node:crypto'

const AT_ONCE = 50
const BODY = JSON.stringify({ scope: 'all', reason: 'Nobody is to read this.' })

export const someAddress = () => `198.${18 + randomInt(2)}.${randomInt(256)}.${randomInt(256)}`

/**
 * Failed logins from addresses that are each new, with tokens of the form of a key: one half reads, the other half pauses,
 * for which a credential is looked at before failed logins are counted.
 */
export class LoginFlood {
  readonly statuses = { read: new Map<number, number>(), pause: new Map<number, number>() }
  sent = 0
  /** Without an answer: the daemon closed a connection that was to be used again, to give its place to another one. */
  lost = 0
  private isOver = false
  private readonly work: Promise<unknown>

  constructor(private readonly url: string) {
    this.work = Promise.all(Array.from({ length: AT_ONCE }, () => this.knock()))
  }

  async end(): Promise<void> {
    this.isOver = true
    await this.work
  }

  /** Whether nobody got in. */
  get isHeld(): boolean {
    const all = [...this.statuses.read.keys(), ...this.statuses.pause.keys()]
    return all.length > 0 && all.every((status) => status === 401 || status === 429)
  }

  private async knock(): Promise<void> {
    while (!this.isOver) {
      const isPause = (this.sent += 1) % 2 === 0
      const headers = {
        authorization: `Bearer ek_${'a'.repeat(12)}_${'b'.repeat(43)}`,
        'x-forwarded-for': someAddress(),
      }
      const answer = await (
        isPause
          ? fetch(`${this.url}/v1/pause`, {
              method: 'POST',
              headers: { ...headers, 'content-type': 'application/json' },
              body: BODY,
            })
          : fetch(`${this.url}/v1/state`, { headers })
      ).catch(() => undefined)
      if (!answer) {
        this.lost += 1
        continue
      }
      await answer.arrayBuffer()
      const counts = this.statuses[isPause ? 'pause' : 'read']
      counts.set(answer.status, (counts.get(answer.status) ?? 0) + 1)
    }
  }
}
