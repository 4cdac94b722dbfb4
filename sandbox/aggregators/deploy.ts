import type { SandboxChain } from '../chains.js'
import { contractNamed, loadContracts } from '../solidity.js'
import type { WorldRouter } from '../world.js'

/**
 * Deploys what the two aggregators' transactions call, and answers all routers of the chain, Uniswap's included. Adds
 * `lifi-diamond`, `allowance-holder` and `settler` to the chain's contracts.
 */
export async function deployRouters(chain: SandboxChain): Promise<WorldRouter[]> {
  const contracts = await loadContracts()
  const v2Router = chain.contract('uniswap-v2-router')
  const v3Router = chain.contract('uniswap-v3-router')
  const allowanceHolder = await chain.deploy(contractNamed(contracts, 'AllowanceHolder'))
  const settler = await chain.deploy(contractNamed(contracts, 'Settler'), [allowanceHolder])
  const diamond = await chain.deploy(contractNamed(contracts, 'LifiDiamond'), [
    chain.token('WETH').address,
    [v2Router, v3Router],
  ])
  chain.contracts['lifi-diamond'] = diamond
  chain.contracts['allowance-holder'] = allowanceHolder
  chain.contracts['settler'] = settler
  return [
    { chain: chain.key, kind: 'lifi-diamond', address: diamond },
    { chain: chain.key, kind: 'allowance-holder', address: allowanceHolder },
    { chain: chain.key, kind: 'settler', address: settler },
    { chain: chain.key, kind: 'uniswap-v2-router', address: v2Router },
    { chain: chain.key, kind: 'uniswap-v3-router', address: v3Router },
    { chain: chain.key, kind: 'uniswap-v3-quoter', address: chain.contract('uniswap-v3-quoter') },
  ]
}
