import { createRequire } from 'node:module'
import { encodeFunctionData, erc20Abi, parseAbi, type Abi, type Address, type Hex } from 'viem'
import type { ChainKey, SandboxChain } from './chains.js'
import { contractNamed, loadContracts } from './solidity.js'

export interface TokenTraits {
  name: string
  decimals: number
  /** The asset whose price the token has. */
  asset: string
}

export const tokenTraits = {
  WETH: { name: 'Wrapped Ether', decimals: 18, asset: 'ETH' },
  WBTC: { name: 'Wrapped BTC', decimals: 8, asset: 'BTC' },
  USDC: { name: 'USD Coin', decimals: 6, asset: 'USDC' },
  USDT: { name: 'Tether USD', decimals: 6, asset: 'USDT' },
  DAI: { name: 'Dai Stablecoin', decimals: 18, asset: 'DAI' },
  LINK: { name: 'ChainLink Token', decimals: 18, asset: 'LINK' },
} as const satisfies Record<string, TokenTraits>
export type TokenSymbol = keyof typeof tokenTraits

export const tokensOfChain: Record<ChainKey, readonly TokenSymbol[]> = {
  anchor: ['WETH', 'WBTC', 'USDC', 'USDT', 'DAI', 'LINK'],
  bay: ['WETH', 'WBTC', 'USDC', 'USDT', 'LINK'],
  cove: ['WETH', 'USDC', 'DAI'],
}

const require = createRequire(import.meta.url)
const mintAbi = parseAbi(['function mint(address to, uint256 value)'])
const depositAbi = parseAbi(['function deposit() payable'])

/** Ether the deployer starts with, in wei; wrapped ether for others comes out of it. */
export const deployerEther = 10n ** 27n

/** Deploys the chain's tokens: WETH9 as published, a USDT that behaves like the real one, plain ERC-20s for the rest. */
export async function deployTokens(chain: SandboxChain): Promise<void> {
  const contracts = await loadContracts()
  const weth9 = require('canonical-weth/build/contracts/WETH9.json') as { abi: Abi; bytecode: Hex }
  await chain.setNativeBalance(chain.addressOf('deployer'), deployerEther)
  for (const symbol of tokensOfChain[chain.key]) {
    const { name, decimals, asset } = tokenTraits[symbol]
    const address =
      symbol === 'WETH'
        ? await chain.deploy(weth9)
        : await chain.deploy(contractNamed(contracts, symbol === 'USDT' ? 'TetherLikeToken' : 'TestToken'), [
            name,
            symbol,
            decimals,
          ])
    chain.tokens[symbol] = { address, decimals, asset }
  }
}

/** Gives `amount` base units of a token to an account: minted, or for WETH wrapped and sent by the deployer. */
export async function fund(chain: SandboxChain, symbol: string, to: Address, amount: bigint): Promise<void> {
  const { address } = chain.token(symbol)
  if (symbol !== 'WETH') {
    await chain.submit('deployer', {
      to: address,
      data: encodeFunctionData({ abi: mintAbi, functionName: 'mint', args: [to, amount] }),
    })
    return
  }
  const deposit = encodeFunctionData({ abi: depositAbi })
  await chain.submit('deployer', { to: address, value: amount, data: deposit })
  await chain.submit('deployer', {
    to: address,
    data: encodeFunctionData({ abi: erc20Abi, functionName: 'transfer', args: [to, amount] }),
  })
}
