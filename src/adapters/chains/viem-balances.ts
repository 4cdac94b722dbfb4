import { erc20Abi, parseAbi } from 'viem'
import { type Address, type ChainKey, isNative, type Token, tokenId } from '../../domain/assets.js'
import type { ChainReading, TokenProblem } from '../../domain/portfolio/snapshot.js'
import { amountOf, type TokenAmount } from '../../domain/units/amount.js'
import { Balances, type ReadAt } from '../../ports/balances.js'
import type { BlockReader, ContractRead } from './block-reader.js'
import type { QuorumReader } from './quorum-reader.js'

const multicallAbi = parseAbi(['function getEthBalance(address) view returns (uint256)'])

/**
 * Balances by one multicall per chain at one block that a quorum agrees on. Every contract is asked for its decimals together with the
 * balance until it has answered as configured once; one that answers otherwise is a problem, never an amount.
 */
export class ViemBalances extends Balances {
  private readonly checked = new Set<string>()

  constructor(
    private readonly quorum: QuorumReader,
    private readonly reader: BlockReader,
  ) {
    super()
  }

  override async read(
    chain: ChainKey,
    account: Address,
    tokens: readonly Token[],
    at: ReadAt = 'latest',
  ): Promise<ChainReading> {
    const unchecked = tokens.filter((token) => !isNative(token) && !this.checked.has(tokenId(token)))
    const balances = tokens.map((token): ContractRead =>
      isNative(token)
        ? {
            address: this.quorum.chain(chain).multicall,
            abi: multicallAbi,
            functionName: 'getEthBalance',
            args: [account],
          }
        : { address: token.address, abi: erc20Abi, functionName: 'balanceOf', args: [account] },
    )
    const decimals = unchecked.map((token): ContractRead => ({
      address: token.address,
      abi: erc20Abi,
      functionName: 'decimals',
    }))
    try {
      const { block, baseFee, results } = await this.reader.read(chain, [...balances, ...decimals], at)
      const problems = new Map<string, TokenProblem>()
      unchecked.forEach((token, index) => {
        const answer = results[balances.length + index]
        const expected = `expected ${token.symbol} with ${token.decimals} decimals`
        if (answer?.status !== 'success')
          problems.set(tokenId(token), {
            token,
            reason: `Token ${token.address} on ${chain}: ${expected}, found no token contract; correct assets.${token.asset}.tokens.`,
          })
        else if (Number(answer.result) !== token.decimals)
          problems.set(tokenId(token), {
            token,
            reason: `Token ${token.address} on ${chain}: ${expected}, it has ${String(answer.result)}; correct assets.${token.asset}.tokens.`,
          })
        else this.checked.add(tokenId(token))
      })
      const holdings: TokenAmount[] = []
      tokens.forEach((token, index) => {
        if (problems.has(tokenId(token))) return
        const answer = results[index]
        if (answer?.status === 'success') holdings.push(amountOf(token, answer.result as bigint))
        else
          problems.set(tokenId(token), {
            token,
            reason: `Balance of ${token.symbol} on ${chain} is unknown: ${answer?.error.message ?? 'no answer'}`,
          })
      })
      return { chain, status: 'known', block, baseFee, holdings, problems: [...problems.values()] }
    } catch (error) {
      return { chain, status: 'unknown', reason: error instanceof Error ? error.message : String(error) }
    }
  }
}
