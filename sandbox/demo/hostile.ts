import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Control } from '../control.js'
import type { WrongKind } from '../faults.js'

/** One lie and how it was found out. */
export interface FoundOut {
  lie: WrongKind
  code: string
  reason: string
}

/** A line of the daemon's log that tells of a refusal. */
interface Refused {
  event: 'quote-refused' | 'offer-refused'
  time: string
  code: string
  venue?: string
  legId: string
  msg: string
}

/** Lies that only a bridge can tell; the others are told about swaps, which the other aggregator can make as well. */
const aboutBridges: Partial<Record<WrongKind, string>> = {
  destination: 'DESTINATION_MISMATCH',
  'bridge-recipient': 'RECEIVER_MISMATCH',
}
/**
 * What is said of each lie when it is found out. The first one is found in the rehearsal of the whole trade, and only
 * where the lying offer is the cheapest. A thief is not let loose: it gives itself away by stealing only.
 */
const aboutSwaps: Partial<Record<WrongKind, string>> = {
  'under-deliver': 'SIMULATION_DELTA',
  receiver: 'RECEIVER_MISMATCH',
  'min-out': 'MIN_OUT_TOO_LOW',
  spender: 'SPENDER_NOT_ALLOWED',
  target: 'TARGET_NOT_ALLOWED',
  allowance: 'TARGET_NOT_ALLOWED',
  'value-on-erc20': 'VALUE_MISMATCH',
  'trailing-bytes': 'CALLDATA_NOT_CANONICAL',
  selector: 'SELECTOR_NOT_ALLOWED',
  'better-than-real': 'QUOTE_ORACLE_DIVERGENCE',
  amount: 'CALLDATA_MISMATCH',
}

const pollMs = 100
/** A lie that nobody has met in this time lets the others go first. */
const patienceMs = 15_000
/** A leg that was refused this often gets an honest offer for a while: after a few more it would end. */
const mostRefusals = 2
const breathMs = 4_000

/** Has LI.FI tell one lie after the other, about swaps and bridges side by side, each until the daemon refused it. */
export class HostileVenue {
  private readonly found: FoundOut[] = []
  private readonly swaps = Object.keys(aboutSwaps) as WrongKind[]
  private readonly bridges = Object.keys(aboutBridges) as WrongKind[]
  private readonly strikes = new Map<string, number>()
  private toldAt = 0
  private honestUntil = 0
  private linesRead = 0
  private isOver = false

  constructor(
    private readonly control: Pick<Control, 'setFault'>,
    private readonly logFile: string,
    private readonly tell: (found: FoundOut) => void,
  ) {}

  get lies(): number {
    return this.found.length + this.swaps.length + this.bridges.length
  }

  /** What was found out, in that order. */
  get refusals(): readonly FoundOut[] {
    return this.found
  }

  get isExhausted(): boolean {
    return this.swaps.length === 0 && this.bridges.length === 0
  }

  stop(): void {
    this.isOver = true
  }

  /** Ends when every lie was refused, or when it is stopped; LI.FI is honest then. */
  async run(): Promise<void> {
    await this.fresh()
    this.lie()
    while (!this.isOver && !this.isExhausted) {
      await sleep(pollMs)
      for (const line of await this.fresh()) if (Date.parse(line.time) >= this.toldAt) this.hear(line)
      if (this.honestUntil !== 0 && Date.now() > this.honestUntil) this.lie()
      if (this.swaps.length > 1 && Date.now() - this.toldAt > patienceMs) {
        this.swaps.push(this.swaps.shift()!)
        this.lie()
      }
    }
    this.control.setFault('lifi', null)
  }

  private lie(): void {
    const [what] = this.swaps
    const [bridge] = this.bridges
    this.toldAt = Date.now()
    this.honestUntil = 0
    this.control.setFault(
      'lifi',
      what || bridge ? { kind: 'wrong', what: what ?? bridge!, on: what ? 'swap' : 'bridge', bridge } : null,
    )
  }

  private hear({ event, venue, code, legId, msg }: Refused): void {
    const isBridge = msg.includes('BridgeTokens')
    const [lies, codes] = isBridge ? [this.bridges, aboutBridges] : [this.swaps, aboutSwaps]
    const [lie] = lies
    const isOurs = event === 'offer-refused' ? code === 'SIMULATION_DELTA' : venue === 'lifi'
    if (event === 'offer-refused') this.strike(legId)
    if (!lie || !isOurs || code !== codes[lie] || this.honestUntil !== 0) return
    lies.shift()
    const found = { lie, code, reason: msg.replace(/^(Quote of \S+|Offer) refused: /, '') }
    this.found.push(found)
    this.tell(found)
    this.lie()
  }

  private strike(legId: string): void {
    const strikes = (this.strikes.get(legId) ?? 0) + 1
    this.strikes.set(legId, strikes)
    if (strikes < mostRefusals) return
    this.strikes.clear()
    this.honestUntil = Date.now() + breathMs
    this.control.setFault('lifi', null)
  }

  /** Refusals that the log tells of since it was last read. */
  private async fresh(): Promise<Refused[]> {
    const lines = (await readFile(this.logFile, 'utf8')).split('\n')
    const fresh = lines.slice(this.linesRead, -1)
    this.linesRead += fresh.length
    return fresh.flatMap((line) => {
      if (!line.includes('-refused"')) return []
      const entry = JSON.parse(line) as Refused
      return entry.event === 'quote-refused' || entry.event === 'offer-refused' ? [entry] : []
    })
  }
}
