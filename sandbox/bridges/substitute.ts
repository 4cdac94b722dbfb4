import { parseAbi, type Address } from 'viem'
import type { SandboxChain } from '../chains.js'

const feedAbi = parseAbi([
  'function latestRoundData() view returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)',
])

const stables = ['USDC', 'USDT', 'DAI']

/**
 * Another token of the chain worth the same as `amount` of `token` by the chain's feeds, rounded down: a stable coin for
 * a stable coin where there is another, else WETH, else USDC.
 */
export async function substituteFor(
  chain: SandboxChain,
  token: Address,
  amount: bigint,
): Promise<{ token: Address; amount: bigint }> {
  const [symbol, promised] =
    Object.entries(chain.tokens).find(([, { address }]) => address.toLowerCase() === token.toLowerCase()) ?? []
  if (!symbol || !promised) throw new Error(`Token ${token} is not one of ${chain.key}'s, so it has no substitute.`)
  const candidates = stables.includes(symbol) ? [...stables, 'WETH'] : ['WETH', 'USDC']
  const other = candidates.find((candidate) => candidate !== symbol && chain.tokens[candidate])
  if (!other) throw new Error(`${chain.key} has no other token to stand in for ${symbol}.`)
  const substitute = chain.token(other)
  const [price, substitutePrice] = await Promise.all([
    answerOf(chain, promised.asset),
    answerOf(chain, substitute.asset),
  ])
  const worth = amount * price * 10n ** BigInt(substitute.decimals)
  return { token: substitute.address, amount: worth / (substitutePrice * 10n ** BigInt(promised.decimals)) }
}

async function answerOf(chain: SandboxChain, asset: string): Promise<bigint> {
  const [, answer] = await chain.publicClient.readContract({
    address: chain.contract(`feed-${asset}`),
    abi: feedAbi,
    functionName: 'latestRoundData',
  })
  return answer
}
