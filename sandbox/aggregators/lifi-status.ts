import { isHash, parseEventLogs, type Hash, type Hex, type TransactionReceipt } from 'viem'
import { escrowAbi } from '../bridges/escrow-abi.js'
import type { Relayer } from '../bridges/relayer.js'
import { termsOf } from '../bridges/terms.js'
import type { Settlement } from '../bridges/transfer.js'
import type { SandboxChain } from '../chains.js'
import { findToken, nativeOf, usdValue, type ListedToken, type ReferencePrices } from './listed-token.js'
import { lifiAbi } from './lifi-abi.js'
import { invalid, LifiError, lifiCodes } from './lifi-error.js'
import { findChain } from './find-chain.js'
import { wireToken, wireTool } from './lifi-step.js'

/** How long a mined transaction stays unknown to LI.FI. */
const indexingMs = 2_000

interface StatusDeps {
  chains: SandboxChain[]
  relayer: Pick<Relayer, 'transfers'>
  prices: ReferencePrices
}

export interface StatusDesk {
  /** The body of `GET /status`. */
  status(query: URLSearchParams): Promise<unknown>
}

export function createStatusDesk({ chains, relayer, prices }: StatusDeps): StatusDesk {
  /** Unix milliseconds. */
  const firstSeen = new Map<Hash, number>()

  async function findReceipt(hash: Hash, on: SandboxChain[]) {
    const looked = await Promise.all(
      on.map(async (chain) => {
        const receipt = await chain.publicClient.getTransactionReceipt({ hash }).catch((error: unknown) => {
          if (error instanceof Error && error.name === 'TransactionReceiptNotFoundError') return undefined
          throw error
        })
        return receipt && { chain, receipt }
      }),
    )
    return looked.find((found) => found !== undefined)
  }

  /** Everything that LI.FI tells about one transaction. */
  async function describe(chain: SandboxChain, receipt: TransactionReceipt, minedAt: number) {
    const token = (address: string) => {
      const listed = findToken(chain, address)
      if (!listed) throw new Error(`Token ${address} is not listed on ${chain.key}.`)
      return listed
    }
    const { hash, value } = await chain.publicClient.getTransaction({ hash: receipt.transactionHash })
    const gasAmount = receipt.gasUsed * receipt.effectiveGasPrice
    const gasToken = nativeOf(chain)
    const sent = (sold: ListedToken, amount: bigint) => ({
      txHash: hash,
      txLink: txLink(hash),
      chainId: chain.chainId,
      amount: String(amount),
      amountUSD: usdValue(prices, sold, amount).toFixed(4),
      token: wireToken(prices, sold),
      gasPrice: String(receipt.effectiveGasPrice),
      gasUsed: String(receipt.gasUsed),
      gasToken: wireToken(prices, gasToken),
      gasAmount: String(gasAmount),
      gasAmountUSD: usdValue(prices, gasToken, gasAmount).toFixed(4),
      timestamp: minedAt,
      value: String(value),
      includedSteps: [],
    })
    const common = {
      lifiExplorerLink: `about:blank#${hash}`,
      fromAddress: receipt.from,
      feeCosts: [],
    }

    const [swap] = parseEventLogs({ abi: lifiAbi, eventName: 'LiFiGenericSwapCompleted', logs: receipt.logs })
    if (swap) {
      const { transactionId, integrator, receiver, fromAssetId, toAssetId, fromAmount, toAmount } = swap.args
      const bought = token(toAssetId)
      return {
        ...common,
        transactionId,
        tool: 'lifi',
        toAddress: receiver,
        metadata: { integrator },
        sending: sent(token(fromAssetId), fromAmount),
        receiving: { ...sent(bought, toAmount), value: '0' },
        status: 'DONE',
        substatus: 'COMPLETED',
        substatusMessage: 'The transfer is complete.',
      }
    }

    const [started] = parseEventLogs({ abi: lifiAbi, eventName: 'LiFiTransferStarted', logs: receipt.logs })
    const [deposited] = parseEventLogs({ abi: escrowAbi, eventName: 'Deposited', logs: receipt.logs })
    if (!started || !deposited) throw notATransfer()
    const { transactionId, bridge, integrator, receiver } = started.args.bridgeData
    const { deposit } = deposited.args
    const sales = parseEventLogs({ abi: lifiAbi, eventName: 'AssetSwapped', logs: receipt.logs })
    const soldAmount = sales.reduce((sum, sale) => sum + sale.args.fromAmount, 0n)
    const transfer = relayer
      .transfers()
      .find((known) => known.origin === chain.key && known.deposit.transferId === transactionId)
    return {
      ...common,
      transactionId,
      tool: bridge,
      toolDetails: wireTool(bridge, termsOf(bridge).name),
      toAddress: receiver,
      metadata: { integrator },
      sending: sales[0]
        ? sent(token(sales[0].args.fromAssetId), soldAmount)
        : sent(token(deposit.token), deposit.amount),
      ...(transfer?.settlement
        ? await arrived(transfer.settlement, deposit.destinationToken)
        : {
            receiving: { chainId: Number(deposit.destinationChainId) },
            status: 'PENDING',
            substatus: transfer ? 'WAIT_DESTINATION_TRANSACTION' : 'WAIT_SOURCE_CONFIRMATIONS',
            substatusMessage: transfer
              ? 'The transfer is waiting for destination transaction.'
              : 'The transfer is waiting for confirmations on the source chain.',
          }),
    }
  }

  async function arrived(settlement: Settlement, promisedToken: Hex) {
    const chain = findChain(chains, settlement.chain)
    const token = chain && findToken(chain, settlement.token)
    if (!chain || !token) throw new Error(`Token ${settlement.token} is not listed on ${settlement.chain}.`)
    const receipt = await chain.publicClient.getTransactionReceipt({ hash: settlement.txHash })
    const { timestamp } = await chain.publicClient.getBlock({ blockHash: receipt.blockHash })
    const gasToken = nativeOf(chain)
    const gasAmount = receipt.gasUsed * receipt.effectiveGasPrice
    const [substatus, substatusMessage] =
      settlement.outcome === 'refunded'
        ? ['REFUNDED', 'The tokens were refunded to the sender address.']
        : settlement.token.toLowerCase() === promisedToken.toLowerCase()
          ? ['COMPLETED', 'The transfer is complete.']
          : ['PARTIAL', 'Tokens transfer was partially completed, another token was received.']
    return {
      receiving: {
        txHash: settlement.txHash,
        txLink: txLink(settlement.txHash),
        chainId: chain.chainId,
        amount: String(settlement.amount),
        amountUSD: usdValue(prices, token, settlement.amount).toFixed(4),
        token: wireToken(prices, token),
        gasPrice: String(receipt.effectiveGasPrice),
        gasUsed: String(receipt.gasUsed),
        gasToken: wireToken(prices, gasToken),
        gasAmount: String(gasAmount),
        gasAmountUSD: usdValue(prices, gasToken, gasAmount).toFixed(4),
        timestamp: Number(timestamp),
        value: '0',
        includedSteps: [],
      },
      status: 'DONE',
      substatus,
      substatusMessage,
    }
  }

  return {
    async status(query) {
      const hash = query.get('txHash')
      if (!hash || !isHash(hash)) throw invalid('/txHash must be a transaction hash')
      const fromChain = query.get('fromChain')
      const chain = fromChain ? findChain(chains, fromChain) : undefined
      if (fromChain && !chain) throw invalid('/fromChain must be equal to one of the allowed values')

      const found = await findReceipt(hash, chain ? [chain] : chains)
      if (!found) throw unknownHash()
      const { timestamp } = await found.chain.publicClient.getBlock({ blockHash: found.receipt.blockHash })
      const seen = firstSeen.get(hash) ?? Date.now()
      firstSeen.set(hash, seen)
      if (Date.now() < Math.min(seen, Number(timestamp) * 1000) + indexingMs) throw unknownHash()

      if (found.receipt.to?.toLowerCase() !== found.chain.contract('lifi-diamond').toLowerCase()) throw notATransfer()
      if (found.receipt.status === 'reverted') {
        return { status: 'FAILED', sending: { chainId: found.chain.chainId, txHash: hash, txLink: txLink(hash) } }
      }
      return describe(found.chain, found.receipt, Number(timestamp))
    },
  }
}

/** There is no explorer of the sandbox's chains. */
function txLink(hash: Hash): string {
  return `about:blank#${hash}`
}

function unknownHash(): LifiError {
  return new LifiError(404, lifiCodes.notFound, 'Transaction hash is not found in any chain.')
}

function notATransfer(): LifiError {
  return invalid('The transaction is not a LI.FI transfer')
}
