import { type Address, NATIVE, type Token } from '../../src/domain/assets.js'

/** The chains and tokens that the kept answers of the aggregators are about. */
export const MAINNET_CHAINS = [
  { chain: 'ethereum', chainId: 1 },
  { chain: 'base', chainId: 8453 },
  { chain: 'arbitrum', chainId: 42161 },
  { chain: 'optimism', chainId: 10 },
  { chain: 'taiko', chainId: 167000 },
] as const

const token = (chain: string, asset: string, symbol: string, decimals: number, address: Address): Token => ({
  chain,
  asset,
  symbol,
  decimals,
  address,
})

export const ETH_ON = {
  ethereum: token('ethereum', 'ETH', 'ETH', 18, NATIVE),
  base: token('base', 'ETH', 'ETH', 18, NATIVE),
  arbitrum: token('arbitrum', 'ETH', 'ETH', 18, NATIVE),
}
export const WETH_ON = {
  ethereum: token('ethereum', 'ETH', 'WETH', 18, '0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2'),
  base: token('base', 'ETH', 'WETH', 18, '0x4200000000000000000000000000000000000006'),
}
export const USDC_ON = {
  ethereum: token('ethereum', 'USD', 'USDC', 6, '0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48'),
  base: token('base', 'USD', 'USDC', 6, '0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913'),
}
export const USDT_ON = {
  ethereum: token('ethereum', 'USD', 'USDT', 6, '0xdAC17F958D2ee523a2206206994597C13D831ec7'),
  arbitrum: token('arbitrum', 'USD', 'USDT', 6, '0xFd086bC7CD5C481DCC9C85ebE478A1C0b69FCbb9'),
  taiko: token('taiko', 'USD', 'USDT', 6, '0x9c2dc7377717603eB92b2655c5f2E7997a4945BD'),
}
export const DAI_ON = {
  ethereum: token('ethereum', 'USD', 'DAI', 18, '0x6B175474E89094C44Da98b954EedeAC495271d0F'),
}

export const MAINNET_TOKENS: readonly Token[] = [ETH_ON, WETH_ON, USDC_ON, USDT_ON, DAI_ON].flatMap((on) =>
  Object.values<Token>(on),
)
