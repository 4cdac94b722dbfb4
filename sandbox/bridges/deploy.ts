import { encodeFunctionData } from 'viem'
import { lifiAbi } from '../aggregators/lifi-abi.js'
import type { SandboxChain } from '../chains.js'
import { startPrices } from '../prices.js'
import { contractNamed, loadContracts } from '../solidity.js'
import { fund } from '../tokens.js'
import { baseUnitsWorth } from '../uniswap-math.js'
import type { WorldBridge } from '../world.js'
import { bridgeTerms } from './terms.js'

/**
 * Deploys an escrow per bridge and chain, fills it and makes it known to the chain's LI.FI diamond, which must exist.
 * Adds `bridge-<key>` to the chain's contracts.
 */
export async function deployBridges(chains: SandboxChain[]): Promise<WorldBridge[]> {
  const bridges = await Promise.all(chains.map(deployOn))
  return bridges.flat()
}

async function deployOn(chain: SandboxChain): Promise<WorldBridge[]> {
  const contract = contractNamed(await loadContracts(), 'BridgeEscrow')
  const bridges: WorldBridge[] = []
  for (const { key, liquidityUsd } of bridgeTerms) {
    const address = await chain.deploy(contract, [chain.addressOf('relayer')])
    chain.contracts[`bridge-${key}`] = address
    bridges.push({ key, chain: chain.key, address })
    await chain.submit('deployer', {
      to: chain.contract('lifi-diamond'),
      data: encodeFunctionData({ abi: lifiAbi, functionName: 'registerBridge', args: [key, address] }),
    })
    for (const [symbol, { asset, decimals }] of Object.entries(chain.tokens)) {
      const usd = startPrices[asset as keyof typeof startPrices]
      await fund(chain, symbol, address, baseUnitsWorth(liquidityUsd, { usd, decimals }))
    }
  }
  return bridges
}
