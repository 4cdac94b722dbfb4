import type { Address, Hash, Hex } from 'viem'

/** A deposit into an escrow, as its event states it. */
export interface Deposit {
  transferId: Hex
  token: Address
  amount: bigint
  destinationChainId: bigint
  destinationToken: Address
  outputAmount: bigint
  receiver: Address
  refundTo: Address
  /** Unix seconds. */
  fillDeadline: number
}

export interface Settlement {
  outcome: 'delivered' | 'refunded'
  /** Where it was paid out. */
  chain: string
  token: Address
  receiver: Address
  amount: bigint
  txHash: Hash
}

/** One crossing whose deposit is final on its origin. */
export interface Transfer {
  bridge: string
  /** Chain key. */
  origin: string
  depositTxHash: Hash
  deposit: Deposit
  /** Absent while the money is on its way. */
  settlement?: Settlement
}
