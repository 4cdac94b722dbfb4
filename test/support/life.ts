import { type CrashPoint, Failpoints } from '../../src/ports/failpoints.js'

/** The process these objects belonged to has ended in the middle of something. */
export class Died extends Error {
  override readonly name = 'Died'
}

/** When a process ends: around the n-th call it makes to the outside world, or the n-th time it reaches a crash point. */
export type Death =
  | { readonly at: 'call'; readonly index: number; readonly moment: 'before' | 'after' }
  | { readonly at: 'point'; readonly point: CrashPoint; readonly index: number }

/** Methods of ports that answer at once and change nothing outside. */
const LOCAL = new Set(['chainId', 'approval', 'accounts', 'epoch', 'isHeld', 'serves', 'allowed', 'decode'])

const EFFECT =
  /^(store\.(open(Cycle|Ledger|Transfer)|(close|save|reserve|record|release|move|note|trip|set|post|pin|clear|adopt)\w*)|signer\.sign|chain\.broadcast)$/

/** Whether a call leaves something behind. Dying around any other is dying after the last one that does. */
export function leavesTrace(call: string): boolean {
  return EFFECT.test(call)
}

/** One process: until its death its ports work, afterwards whatever it still calls does nothing. */
export class Life {
  isOver = false
  /** Calls to the outside world and crash points passed, by name, in order. */
  readonly calls: string[] = []
  readonly points: CrashPoint[] = []

  constructor(private readonly death?: Death) {}

  /** The same port, for as long as the process lives. */
  mortal<T extends object>(name: string, port: T): T {
    return new Proxy(port, {
      get: (target, property) => {
        const member: unknown = Reflect.get(target, property)
        if (typeof member !== 'function') return member
        if (LOCAL.has(String(property))) return member.bind(target) as unknown
        return (...args: unknown[]) =>
          this.call(`${name}.${String(property)}`, () => member.apply(target, args) as unknown)
      },
    })
  }

  /** The points of this process. */
  failpoints(): Failpoints {
    return new DeadlyPoints((point) => {
      const index = this.points.filter((one) => one === point).length
      this.points.push(point)
      if (this.death?.at === 'point' && this.death.point === point && this.death.index === index) this.end()
    })
  }

  private async call(name: string, act: () => unknown): Promise<unknown> {
    if (this.isOver) throw new Died(`${name} was called by a process that has ended.`)
    const index = this.calls.push(name) - 1
    const moment = this.death?.at === 'call' && this.death.index === index ? this.death.moment : undefined
    if (moment === 'before') this.end()
    const answer = await act()
    if (moment === 'after') this.end()
    return answer
  }

  private end(): never {
    this.isOver = true
    throw new Died('The process has ended.')
  }
}

class DeadlyPoints extends Failpoints {
  constructor(private readonly pass: (point: CrashPoint) => void) {
    super()
  }

  override async reach(point: CrashPoint): Promise<void> {
    await Promise.resolve()
    this.pass(point)
  }
}
