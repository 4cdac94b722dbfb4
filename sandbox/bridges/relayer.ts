import { setTimeout as sleep } from 'node:timers/promises'
import { encodeFunctionData, erc20Abi, keccak256, toHex, type Address, type Hex } from 'viem'
import type { SandboxChain } from '../chains.js'
import type { BridgeBehaviour, BridgeControl, BridgeOutcome } from '../faults.js'
import type { World } from '../world.js'
import { escrowAbi } from './escrow-abi.js'
import { watchEscrows } from './escrow-watch.js'
import { substituteFor } from './substitute.js'
import { bridgeTerms, delayFactor, partialDeliveryBps, refundFeeBps, shortDeliveryBps, termsOf } from './terms.js'
import type { Transfer } from './transfer.js'

export interface Relayer {
  control: BridgeControl
  /** Every transfer whose deposit is final, oldest first within its origin. */
  transfers(): Transfer[]
  /** Promised by a bridge in a token of a chain and not paid out yet, in base units. */
  promised(bridge: string, chain: string, token: Address): bigint
  /** Why the last look at the chains or the last payout failed; undefined while all is well. */
  problem(): string | undefined
  stop(): Promise<void>
}

const pollMs = 250
/** More than any payout needs, so that no estimate is asked for. */
const payoutGas = 300_000n

/**
 * Watches the escrows and pays transfers out, as `control` says. Guarantees that a transfer is paid out once, delivered
 * or refunded, in two parts where it is told to: everything it knows is read from the chains, the escrows refuse a second payout, and both are asked
 * right before one is sent. So it may be stopped and started again at any moment.
 */
export async function startRelayer({
  world,
  chains,
  seed,
}: {
  world: Pick<World, 'bridges'>
  chains: SandboxChain[]
  /** Shifts the bridges' own delay for each transfer a little. */
  seed: number
}): Promise<Relayer> {
  const watches = chains.map((chain) => ({
    chain,
    watch: watchEscrows(
      chain,
      world.bridges.filter((bridge) => bridge.chain === chain.key),
    ),
  }))
  const behaviours = new Map<string, BridgeBehaviour>(bridgeTerms.map(({ key }) => [key, { outcome: 'deliver' }]))
  const behaviourOf = (bridge: string): BridgeBehaviour => {
    const behaviour = behaviours.get(bridge)
    if (!behaviour) throw new Error(`No bridge ${bridge}; there are ${[...behaviours.keys()].join(', ')}.`)
    return behaviour
  }
  /** Unix milliseconds at which a transfer was first seen to be final. */
  const finalSince = new Map<string, number>()
  const underWay = new Map<string, Promise<void>>()
  const stopped = new AbortController()
  let problem: string | undefined

  const transferKey = ({ origin, bridge, deposit }: Omit<Transfer, 'settlement'>) =>
    `${origin} ${bridge} ${deposit.transferId}`
  const destinationOf = (transfer: Omit<Transfer, 'settlement'>) =>
    watches.find(({ chain }) => BigInt(chain.chainId) === transfer.deposit.destinationChainId)

  const transfers = (): Transfer[] =>
    watches.flatMap(({ watch }) =>
      watch.deposits().map((transfer) => {
        const { bridge, deposit } = transfer
        const settlement =
          watch.settlement(bridge, deposit.transferId) ??
          destinationOf(transfer)?.watch.settlement(bridge, deposit.transferId)
        return settlement ? { ...transfer, settlement } : transfer
      }),
    )

  const isSettledOn = (chain: SandboxChain, bridge: string, transferId: Hex) =>
    chain.publicClient.readContract({
      address: chain.contract(`bridge-${bridge}`),
      abi: escrowAbi,
      functionName: 'settled',
      args: [transferId],
    })

  const holds = (chain: SandboxChain, bridge: string, token: Address) =>
    chain.publicClient.readContract({
      address: token,
      abi: erc20Abi,
      functionName: 'balanceOf',
      args: [chain.contract(`bridge-${bridge}`)],
    })

  async function payOut(transfer: Transfer): Promise<void> {
    const { bridge, deposit } = transfer
    const { transferId } = deposit
    const origin = watches.find(({ chain }) => chain.key === transfer.origin)?.chain
    const destination = destinationOf(transfer)?.chain
    if (!origin) throw new Error(`Transfer ${transferId} comes from unknown chain ${transfer.origin}.`)
    if (await isSettledOn(origin, bridge, transferId)) return
    if (destination && (await isSettledOn(destination, bridge, transferId))) return

    const pay = (chain: SandboxChain, functionName: Payout, token: Address, receiver: Address, amount: bigint) =>
      chain.send('relayer', {
        to: chain.contract(`bridge-${bridge}`),
        data: encodeFunctionData({ abi: escrowAbi, functionName, args: [transferId, token, receiver, amount] }),
        gas: payoutGas,
      })
    const refund = (part = deposit.amount) =>
      pay(origin, 'refund', deposit.token, deposit.refundTo, lessBps(part, refundFeeBps))
    const { outcome } = behaviourOf(bridge)
    if (outcome === 'silent') return
    if (outcome === 'refund' || !destination) return void (await refund())
    if (outcome === 'refund-other-token') {
      const { token, amount } = await substituteFor(origin, deposit.token, lessBps(deposit.amount, refundFeeBps))
      return void (await pay(origin, 'refundElsewhere', token, deposit.refundTo, amount))
    }

    const promise = { token: deposit.destinationToken, amount: deposit.outputAmount }
    const payout = await payoutOf(outcome, destination, promise)
    if ((await holds(destination, bridge, payout.token)) < payout.amount) {
      if (Date.now() / 1000 > deposit.fillDeadline) await refund()
      return
    }
    const way = outcome === 'refund-on-destination' ? 'refundElsewhere' : 'deliver'
    await pay(destination, way, payout.token, deposit.receiver, payout.amount)
    if (outcome === 'partial') await refund(lessBps(deposit.amount, partialDeliveryBps))
  }

  function isDue(transfer: Transfer, now: number): boolean {
    const { outcome, delaySeconds } = behaviourOf(transfer.bridge)
    const key = transferKey(transfer)
    const since = finalSince.get(key) ?? now
    finalSince.set(key, since)
    if (outcome === 'silent' || underWay.has(key)) return false
    const factor = outcome === 'delayed' ? delayFactor : 1
    const own = factor * termsOf(transfer.bridge).delaySeconds * jitter(seed, transfer.deposit.transferId)
    return now >= since + (delaySeconds ?? own) * 1000
  }

  async function pass(): Promise<void> {
    await Promise.all(watches.map(({ watch }) => watch.refresh()))
    problem = undefined
    const now = Date.now()
    for (const transfer of transfers()) {
      if (transfer.settlement || !isDue(transfer, now)) continue
      const key = transferKey(transfer)
      const payment = payOut(transfer)
        .catch((error: unknown) => {
          problem = `Transfer ${transfer.deposit.transferId}: ${messageOf(error)}`
        })
        .finally(() => underWay.delete(key))
      underWay.set(key, payment)
    }
  }

  const loop = (async () => {
    while (!stopped.signal.aborted) {
      await pass().catch((error: unknown) => {
        problem = messageOf(error)
      })
      await sleep(pollMs, undefined, { signal: stopped.signal }).catch(() => undefined)
    }
  })()

  return {
    control: {
      keys: () => [...behaviours.keys()],
      set(bridge, behaviour) {
        behaviourOf(bridge)
        behaviours.set(bridge, behaviour)
      },
      current: behaviourOf,
    },
    transfers,
    promised: (bridge, chain, token) =>
      transfers()
        .filter((transfer) => !transfer.settlement && transfer.bridge === bridge)
        .filter((transfer) => destinationOf(transfer)?.chain.key === chain)
        .filter(({ deposit }) => deposit.destinationToken.toLowerCase() === token.toLowerCase())
        .reduce((sum, { deposit }) => sum + deposit.outputAmount, 0n),
    problem: () => problem,
    async stop() {
      stopped.abort()
      await loop
    },
  }
}

type Payout = 'deliver' | 'refund' | 'refundElsewhere'

/** What a bridge pays on the destination for what it promised. */
async function payoutOf(
  outcome: BridgeOutcome,
  destination: SandboxChain,
  { token, amount }: { token: Address; amount: bigint },
): Promise<{ token: Address; amount: bigint }> {
  switch (outcome) {
    case 'other-token':
      return substituteFor(destination, token, amount)
    case 'short':
      return { token, amount: (amount * shortDeliveryBps) / 10_000n }
    case 'partial':
      return { token, amount: (amount * partialDeliveryBps) / 10_000n }
    case 'refund-on-destination':
      return { token, amount: lessBps(amount, refundFeeBps) }
    case 'deliver':
    case 'delayed':
    case 'silent':
    case 'refund':
    case 'refund-other-token':
      return { token, amount }
  }
}

function lessBps(amount: bigint, bps: bigint): bigint {
  return amount - (amount * bps) / 10_000n
}

/** Between 0.9 and 1.1, the same for the same transfer and seed. */
function jitter(seed: number, transferId: Hex): number {
  const draw = Number(BigInt(keccak256(toHex(`${seed} ${transferId}`))) % 1000n)
  return 0.9 + draw / 5000
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
