import { z } from 'zod'

/** Names of the providers in front of each chain, in the order of their ports. */
export const providerNames = ['amber', 'birch', 'cedar'] as const
export type ProviderName = (typeof providerNames)[number]

/**
 * What a provider says that is not so. `balances`: twice the coin and token balances. `receipt`: another outcome.
 * `nonce`: one transaction less. `chain-id`: another chain. `finalized-above`: a finalised block above the latest one.
 * `finalized-back`: one ten blocks lower. `hash`: another hash for every block.
 */
export const rpcLies = [
  'balances',
  'receipt',
  'nonce',
  'chain-id',
  'finalized-above',
  'finalized-back',
  'hash',
] as const
export type RpcLie = (typeof rpcLies)[number]

const limits = {
  /** Only these methods; all when absent. */
  methods: z.array(z.string()).min(1).optional(),
  /** Only the next so many requests that match; all when absent. */
  requests: z.int().min(1).optional(),
}

/** How a provider misbehaves. Several at once play together. */
export const rpcFault = z.discriminatedUnion('kind', [
  /** Passes the request on `ms` milliseconds late. */
  z.strictObject({ kind: z.literal('delay'), ms: z.int().min(0).max(600_000), ...limits }),
  /** Closes the connection and passes nothing on. */
  z.strictObject({ kind: z.literal('drop-request'), ...limits }),
  /** Passes the request on and closes the connection in place of the answer. */
  z.strictObject({ kind: z.literal('drop-answer'), ...limits }),
  /** Passes the request on and answers with HTTP 500, or with a JSON-RPC error of this message. */
  z.strictObject({ kind: z.literal('error-after'), message: z.string().optional(), ...limits }),
  /** Passes the request on twice; the second answer counts. */
  z.strictObject({ kind: z.literal('duplicate'), ...limits }),
  /** Knows nothing of the last so many blocks, in all it says. */
  z.strictObject({ kind: z.literal('stale'), blocks: z.int().min(1).max(100), ...limits }),
  z.strictObject({ kind: z.literal('lie'), what: z.enum(rpcLies), ...limits }),
  /** Answers under another request's id. */
  z.strictObject({ kind: z.literal('wrong-id'), ...limits }),
  /** Answers 429. */
  z.strictObject({ kind: z.literal('rate-limit'), ...limits }),
  /** Answers 200 with HTML. */
  z.strictObject({ kind: z.literal('garbage'), ...limits }),
  /** Keeps the connection open and never answers. */
  z.strictObject({ kind: z.literal('freeze'), ...limits }),
  /** Has no receipts yet. */
  z.strictObject({ kind: z.literal('no-receipts'), ...limits }),
])
export type RpcFault = z.infer<typeof rpcFault>

/** The faults of one provider, and how often each still plays. */
export interface RpcFaultSwitch {
  /** In place of all earlier ones; none makes the provider honest. */
  set(faults: readonly RpcFault[]): void
  current(): readonly RpcFault[]
  /** Faults of one request to this method, which use one of their requests up. */
  take(method: string): readonly RpcFault[]
}

export function createRpcFaultSwitch(): RpcFaultSwitch {
  let active: { fault: RpcFault; left: number }[] = []
  const drop = () => {
    active = active.filter(({ left }) => left > 0)
  }
  return {
    set(faults) {
      active = faults.map((fault) => ({ fault, left: fault.requests ?? Infinity }))
    },
    current: () => active.map(({ fault }) => fault),
    take(method) {
      const matching = active.filter(({ fault }) => fault.methods?.includes(method) ?? true)
      for (const one of matching) one.left--
      drop()
      return matching.map(({ fault }) => fault)
    },
  }
}
