import type { Address, Hex } from 'viem'
import type { SandboxChain } from '../chains.js'
import type { WorldBridge } from '../world.js'
import { escrowAbi } from './escrow-abi.js'
import type { Settlement, Transfer } from './transfer.js'

/** What has happened in the escrows of one chain, read from its events. */
export interface EscrowWatch {
  /** Looks at the chain again. */
  refresh(): Promise<void>
  /** Final deposits only. */
  deposits(): Omit<Transfer, 'settlement'>[]
  /** Payouts up to the latest block; one that a reorganisation removes is gone after the next refresh. */
  settlement(bridge: string, transferId: Hex): Settlement | undefined
}

export function watchEscrows(chain: SandboxChain, bridges: WorldBridge[]): EscrowWatch {
  const { publicClient } = chain
  const bridgeAt = new Map(bridges.map(({ key, address }) => [address.toLowerCase(), key]))
  const addresses: Address[] = bridges.map(({ address }) => address)
  const deposits: Omit<Transfer, 'settlement'>[] = []
  const finalSettlements = new Map<string, Settlement>()
  let recentSettlements = new Map<string, Settlement>()
  let finalTo = -1n

  const settlementId = (bridge: string, transferId: Hex) => `${bridge} ${transferId}`

  return {
    async refresh() {
      const finalised = await publicClient.getBlock({ blockTag: 'finalized' })
      const events = await publicClient.getContractEvents({
        abi: escrowAbi,
        address: addresses,
        fromBlock: finalTo + 1n,
        strict: true,
      })
      const recent = new Map<string, Settlement>()
      for (const { address, eventName, args, blockNumber, transactionHash } of events) {
        const isFinal = blockNumber <= finalised.number
        const bridge = bridgeAt.get(address.toLowerCase()) ?? ''
        if (eventName === 'Deposited') {
          if (isFinal) {
            deposits.push({ bridge, origin: chain.key, depositTxHash: transactionHash, deposit: args.deposit })
          }
          continue
        }
        const { token, receiver, amount } = args
        const settlements = isFinal ? finalSettlements : recent
        settlements.set(settlementId(bridge, args.transferId), {
          outcome: eventName === 'Delivered' ? 'delivered' : 'refunded',
          chain: chain.key,
          token,
          receiver,
          amount,
          txHash: transactionHash,
        })
      }
      recentSettlements = recent
      if (finalised.number > finalTo) finalTo = finalised.number
    },
    deposits: () => [...deposits],
    settlement(bridge, transferId) {
      const id = settlementId(bridge, transferId)
      return finalSettlements.get(id) ?? recentSettlements.get(id)
    },
  }
}
