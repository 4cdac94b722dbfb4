import { setTimeout as sleep } from 'node:timers/promises'
import { numberToHex, type Hex, type PublicClient } from 'viem'

/**
 * Makes the blocks of one chain. The node mines only on command here, because its own interval mining lets the base fee
 * of empty blocks decay; every block made here has the chain's base fee, and so has the one a client is told to expect.
 */
export interface BlockProduction {
  /** Ends mining at once per transaction and begins the chain's rhythm. */
  start(): Promise<void>
  isStarted(): boolean
  isRunning(): boolean
  /** Stops or resumes the rhythm; `mine` works meanwhile. A block under way is still finished: await `idle`. */
  setRunning(running: boolean): void
  /** Resolves when no block is under way. */
  idle(): Promise<void>
  mine(blocks: number): Promise<void>
  /** The chain's base fee from the next block on, in wei per gas. */
  setBaseFee(wei: bigint): Promise<void>
  stop(): Promise<void>
}

/** Mined at the start, so that fee histories hold only the chain's base fee and `finalized` lies behind the setup. */
const firstBlocks = 24

interface Node {
  request: PublicClient['request']
}

export function createBlockProduction(
  node: Node,
  { blockTimeSeconds, baseFeePerGas: firstBaseFee }: { blockTimeSeconds: number; baseFeePerGas: bigint },
): BlockProduction {
  let baseFeePerGas = firstBaseFee
  const stopped = new AbortController()
  let started = false
  let running = true
  let rhythm: Promise<void> = Promise.resolve()
  let turn: Promise<unknown> = Promise.resolve()

  const call = (method: string, params: unknown[]) =>
    node.request<{ Method: string; Parameters: unknown[]; ReturnType: unknown }>({ method, params })
  const holdBaseFee = () => call('anvil_setNextBlockBaseFeePerGas', [numberToHex(baseFeePerGas) satisfies Hex])

  const mine = (blocks: number): Promise<void> => {
    const made = turn.then(async () => {
      for (let made = 0; made < blocks; made++) {
        await call('evm_mine', [])
        await holdBaseFee()
      }
    })
    turn = made.catch(() => undefined)
    return made
  }

  /** Keeps to a fixed grid of times and drops beats it missed, so that a busy machine does not cause a burst of blocks. */
  const keepRhythm = async () => {
    const intervalMs = blockTimeSeconds * 1000
    let next = Date.now() + intervalMs
    while (!stopped.signal.aborted) {
      await sleep(Math.max(0, next - Date.now()), undefined, { signal: stopped.signal }).catch(() => undefined)
      if (stopped.signal.aborted) return
      if (running) await mine(1).catch(() => undefined)
      next += intervalMs * Math.max(1, Math.ceil((Date.now() - next) / intervalMs))
    }
  }

  return {
    async start() {
      await call('evm_setAutomine', [false])
      await holdBaseFee()
      started = true
      await mine(firstBlocks)
      rhythm = keepRhythm()
    },
    isStarted: () => started,
    isRunning: () => running && started,
    setRunning(value) {
      running = value
    },
    async idle() {
      await turn
    },
    mine,
    async setBaseFee(wei) {
      baseFeePerGas = wei
      await turn
      await holdBaseFee()
    },
    async stop() {
      stopped.abort()
      await rhythm
      await turn
    },
  }
}
