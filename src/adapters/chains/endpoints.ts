import { numberToHex } from 'viem'
import type { ChainKey, Hex } from '../../domain/assets.js'
import { agree } from '../../domain/evidence/quorum.js'
import type { Event } from '../../domain/events.js'
import { ChainError } from '../../ports/chain.js'
import { type ChainOptions, Clients, type Endpoint } from './clients.js'
import { reasonOf, type TransportAnswer } from './endpoint-transport.js'
import { askAll } from './gather.js'

export interface EndpointsOptions {
  /** For one whole answer; 8 s when absent. */
  readonly timeoutMs?: number
  /** How long an endpoint that was caught is not listened to; 10 min when absent (C-22). */
  readonly quarantineMs?: number
  readonly notify?: (event: Event) => void
  /** Milliseconds since 1970. */
  readonly now?: () => number
}

interface Health {
  /** The right chain, by its id and its first block, since the connection was last lost. */
  isVerified: boolean
  /** Milliseconds since 1970; 0 when it was never caught. */
  quarantinedUntil: number
  /** Why it is not to be used, by what was told last. */
  complaint: string | undefined
  /** It did not answer; until then, in milliseconds since 1970, it is left alone while others suffice. */
  restsUntil: number
  /** Requests in a row that brought nothing usable. */
  silences: number
}

/** An endpoint that did not answer is left alone for so long while others suffice. */
const REST_MS = 5_000
/** So many requests in a row without anything usable are told. */
const TOLD_SILENCES = 3
/** Others are not waited for longer once enough have shown their chain. */
const GRACE_MS = 1_000

/**
 * Which endpoints of a chain are to be listened to. Before an endpoint is used, and again after its connection was lost,
 * it shows its chain id and its first block (C-22, F-32); the first block that a quorum shows is the chain's. One that was
 * caught lying is in quarantine.
 */
export class Endpoints {
  private readonly clients: Clients
  private readonly health = new Map<Endpoint, Health>()
  private readonly genesis = new Map<ChainKey, Hex>()
  private readonly verifying = new Map<ChainKey, Promise<void>>()
  private readonly turns = new Map<ChainKey, number>()
  private readonly quarantineMs: number
  private readonly notify: (event: Event) => void
  private readonly now: () => number

  constructor(
    chains: readonly ChainOptions[],
    { timeoutMs, quarantineMs = 600_000, notify = () => undefined, now = Date.now }: EndpointsOptions = {},
  ) {
    this.quarantineMs = quarantineMs
    this.notify = notify
    this.now = now
    this.clients = new Clients(chains, {
      ...(timeoutMs !== undefined && { timeoutMs }),
      onAnswer: (chain, name, answer) => this.answered(chain, name, answer),
    })
  }

  chain(chain: ChainKey): ChainOptions {
    return this.clients.chain(chain)
  }

  chains(): readonly ChainKey[] {
    return this.clients.keys()
  }

  all(chain: ChainKey): readonly Endpoint[] {
    return this.clients.of(chain)
  }

  /**
   * Endpoints that showed the right chain and are not in quarantine, each of them first in turn, so that everyone is
   * heard. Rejects with ChainError when none is left.
   */
  async ready(chain: ChainKey): Promise<readonly Endpoint[]> {
    const enough = this.healthy(chain).length >= this.chain(chain).quorum
    if (!enough) await this.verify(chain, this.unverified(chain))
    // Those that can be done without are not waited for.
    else if (this.due(chain).length > 0) void this.verify(chain, this.due(chain))
    const endpoints = this.healthy(chain)
    if (endpoints.length === 0)
      throw new ChainError(
        chain,
        `Chain ${chain}: ${this.complaints(chain)}; check chains.${chain}.rpc and the network.`,
      )
    const turn = (this.turns.get(chain) ?? 0) + 1
    this.turns.set(chain, turn)
    const from = turn % endpoints.length
    return [...endpoints.slice(from), ...endpoints.slice(0, from)]
  }

  /** Every endpoint that was not caught lying; all of them when every one was, for bytes that are signed have to get out. */
  forBroadcast(chain: ChainKey): readonly Endpoint[] {
    const free = this.free(chain)
    return free.length > 0 ? free : this.all(chain)
  }

  /** Not to be listened to until the quarantine is over: what it said cannot be true. */
  quarantine(endpoint: Endpoint, reason: string): void {
    const health = this.of(endpoint)
    if (health.quarantinedUntil > this.now()) return
    health.quarantinedUntil = this.now() + this.quarantineMs
    health.isVerified = false
    this.tell(endpoint, reason)
  }

  /** Tells once that an endpoint is of no use as it is; `undefined` that it is again. Nothing is held against it. */
  complain(endpoint: Endpoint, reason: string | undefined): void {
    if (this.isQuarantined(endpoint)) return
    const isTold = (this.of(endpoint).complaint === undefined) === (reason === undefined)
    if (!isTold) this.tell(endpoint, reason)
  }

  private tell(endpoint: Endpoint, reason: string | undefined): void {
    this.of(endpoint).complaint = reason
    const { chain, name } = endpoint
    this.notify({
      type: 'endpoint-judged',
      chain,
      endpoint: name,
      isHealthy: reason === undefined,
      reason: reason ?? 'it serves the right chain and agrees',
    })
  }

  quarantined(chain: ChainKey): readonly { readonly endpoint: string; readonly reason: string }[] {
    return this.all(chain).flatMap((endpoint) => {
      const { quarantinedUntil, complaint } = this.of(endpoint)
      return quarantinedUntil > this.now() ? [{ endpoint: endpoint.name, reason: complaint ?? '' }] : []
    })
  }

  /** What is known of an endpoint now. */
  standing(endpoint: Endpoint): {
    readonly isHealthy: boolean
    readonly complaint: string | undefined
    /** Milliseconds since 1970. */
    readonly quarantinedUntil: number | undefined
  } {
    const { isVerified, complaint, quarantinedUntil } = this.of(endpoint)
    const isCaught = this.isQuarantined(endpoint)
    return {
      isHealthy: isVerified && !isCaught && complaint === undefined,
      complaint,
      quarantinedUntil: isCaught ? quarantinedUntil : undefined,
    }
  }

  /** Milliseconds since 1970. */
  time(): number {
    return this.now()
  }

  isQuarantined(endpoint: Endpoint): boolean {
    return this.of(endpoint).quarantinedUntil > this.now()
  }

  /** For each endpoint that serves another chain than configured, what was expected and what came. Silence is no finding. */
  async misplaced(): Promise<readonly string[]> {
    await Promise.all(this.chains().map((chain) => this.verify(chain, this.unverified(chain))))
    return this.chains().flatMap((chain) =>
      this.quarantined(chain).map(({ endpoint, reason }) => `chains.${chain}.rpc: ${endpoint}: ${reason}`),
    )
  }

  private verify(chain: ChainKey, endpoints: readonly Endpoint[]): Promise<void> {
    const running = this.verifying.get(chain)
    if (running) return running
    const verifying = this.verifyAll(chain, endpoints).finally(() => this.verifying.delete(chain))
    this.verifying.set(chain, verifying)
    return verifying
  }

  private async verifyAll(chain: ChainKey, endpoints: readonly Endpoint[]): Promise<void> {
    const { chainId, quorum } = this.chain(chain)
    const known = this.genesis.get(chain)
    const enough = known ? quorum - this.healthy(chain).length : quorum
    const answers = await askAll(endpoints, { enough: Math.max(1, enough), graceMs: GRACE_MS }, identify)
    const right: Shown[] = []
    for (const answer of answers) {
      const { endpoint } = answer
      if (!answer.isAnswer) this.complain(endpoint, `does not answer (${reasonOf(answer.error)})`)
      else if (answer.value.chainId === chainId) right.push({ endpoint, genesis: answer.value.genesis })
      else
        this.quarantine(
          endpoint,
          `expected chain id ${chainId}, the endpoint serves ${answer.value.chainId}; correct chains.${chain}.rpc or chainId.`,
        )
    }
    const genesis = known ?? this.agreedGenesis(chain, right)
    if (genesis === undefined) return
    this.genesis.set(chain, genesis)
    for (const { endpoint, genesis: found } of right)
      if (found === genesis) {
        this.of(endpoint).isVerified = true
        this.complain(endpoint, undefined)
      } else
        this.quarantine(
          endpoint,
          `expected first block ${genesis}, the endpoint has ${found}; correct chains.${chain}.rpc.`,
        )
  }

  private agreedGenesis(chain: ChainKey, shown: readonly Shown[]): Hex | undefined {
    const verdict = agree(
      shown.map(({ endpoint, genesis }) => ({ endpoint: endpoint.name, key: genesis })),
      this.chain(chain).quorum,
    )
    return verdict.isAgreed ? (verdict.key as Hex) : undefined
  }

  private free(chain: ChainKey): readonly Endpoint[] {
    return this.all(chain).filter((endpoint) => !this.isQuarantined(endpoint))
  }

  private healthy(chain: ChainKey): readonly Endpoint[] {
    return this.free(chain).filter((endpoint) => this.of(endpoint).isVerified)
  }

  private unverified(chain: ChainKey): readonly Endpoint[] {
    return this.free(chain).filter((endpoint) => !this.of(endpoint).isVerified)
  }

  private due(chain: ChainKey): readonly Endpoint[] {
    return this.unverified(chain).filter((endpoint) => this.of(endpoint).restsUntil <= this.now())
  }

  private complaints(chain: ChainKey): string {
    const told = this.all(chain).flatMap((endpoint) => {
      const { complaint } = this.of(endpoint)
      return complaint === undefined ? [] : [`${endpoint.name} ${complaint.replace(/\.$/, '')}`]
    })
    return told.join(', ') || 'no endpoint has shown that it serves the right chain'
  }

  private answered(chain: ChainKey, name: string, { method, outcome, seconds, isSilent }: TransportAnswer): void {
    this.notify({ type: 'rpc-answered', chain, endpoint: name, method, outcome, seconds })
    const endpoint = this.all(chain).find((one) => one.name === name)
    if (!endpoint) return
    const health = this.of(endpoint)
    health.silences = isSilent ? health.silences + 1 : 0
    if (!isSilent) return
    health.isVerified = false
    health.restsUntil = this.now() + REST_MS
    if (health.silences >= TOLD_SILENCES) this.complain(endpoint, `does not answer ${method} (${outcome})`)
  }

  private of(endpoint: Endpoint): Health {
    const known = this.health.get(endpoint)
    if (known) return known
    const fresh: Health = { isVerified: false, quarantinedUntil: 0, complaint: undefined, restsUntil: 0, silences: 0 }
    this.health.set(endpoint, fresh)
    return fresh
  }
}

interface Shown {
  readonly endpoint: Endpoint
  readonly genesis: Hex
}

async function identify({ client }: Endpoint): Promise<{ chainId: number; genesis: Hex }> {
  const [chainId, first] = await Promise.all([
    client.getChainId(),
    client.request({ method: 'eth_getBlockByNumber', params: [numberToHex(0), false] }),
  ])
  if (!first?.hash) throw new Error('it does not show its first block')
  return { chainId, genesis: first.hash }
}
