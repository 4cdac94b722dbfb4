import { numberToHex } from 'viem'
import type { ChainKey, Hex } from '../../domain/assets.js'
import { lowerMedian } from '../../domain/evidence/quorum.js'
import type { FeeQuote } from '../../domain/execution/fees.js'
import { askAsNeeded } from './gather.js'
import type { QuorumReader } from './quorum-reader.js'

const BLOCKS = 20
const PERCENTILE = 60

/**
 * What a transaction pays now: the base fee of the agreed head, and a tip that has been enough lately. The tip is the
 * 60th percentile in each of the last 20 blocks, the middle one of them, and of what the endpoints say the middle again,
 * the lower one of two: one endpoint alone raises nothing. Never below the configured tip, which also stands in where
 * fewer than a quorum can tell.
 */
export class FeeHistory {
  /** One answer per head: the same block has the same history. */
  private readonly answers = new Map<ChainKey, { readonly head: Hex; readonly tip: Promise<bigint | undefined> }>()

  constructor(private readonly reader: QuorumReader) {}

  async quote(chain: ChainKey): Promise<FeeQuote> {
    const { head } = await this.reader.view(chain)
    const least = this.reader.chain(chain).priorityFee
    const known = this.answers.get(chain)
    const tip = known?.head === head.hash ? known.tip : this.tip(chain, head.number)
    this.answers.set(chain, { head: head.hash, tip })
    const usual = (await tip) ?? least
    return { baseFee: head.baseFee, priorityFee: usual > least ? usual : least }
  }

  private async tip(chain: ChainKey, number: bigint): Promise<bigint | undefined> {
    const { quorum } = this.reader.chain(chain)
    const { endpoints } = await this.reader.view(chain)
    const answers = await askAsNeeded<bigint>(
      endpoints,
      this.reader.lateMs,
      (so) => quorum - so.filter(({ isAnswer }) => isAnswer).length,
      async ({ client }) => {
        const { reward = [] } = await client.request({
          method: 'eth_feeHistory',
          params: [numberToHex(BLOCKS), numberToHex(number), [PERCENTILE]],
        })
        return lowerMedian(reward.map(([one]) => BigInt(one ?? 0))) ?? 0n
      },
    )
    const tips = answers.flatMap((one) => (one.isAnswer ? [one.value] : []))
    return tips.length >= quorum ? lowerMedian(tips) : undefined
  }
}
