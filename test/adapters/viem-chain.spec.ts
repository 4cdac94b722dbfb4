import { expect, test } from '@jest/globals'
import { encodeFunctionData, erc20Abi, parseAbi } from 'viem'
import { chainTraits, startChain } from '../../sandbox/chains.js'
import { contractNamed, loadContracts } from '../../sandbox/solidity.js'
import { deployTokens } from '../../sandbox/tokens.js'
import { QuorumReader } from '../../src/adapters/chains/quorum-reader.js'
import { ViemChain } from '../../src/adapters/chains/viem-chain.js'
import { type Address, isNative, NATIVE, type Token } from '../../src/domain/assets.js'
import { ChainError } from '../../src/ports/chain.js'
import { OWNER } from '../support/builders.js'
import { chainOptions } from '../support/chain-options.js'
import { describeSimulation } from '../support/simulation-contract.js'

const wrapperAbi = parseAbi(['function deposit() payable', 'function withdraw(uint256)'])

describeSimulation('through viem, on a node', async () => {
  const bay = await startChain(chainTraits.bay, 0)
  const multicall = await bay.deploy(contractNamed(await loadContracts(), 'CallBatcher'))
  await deployTokens(bay)
  await bay.settle()
  const account = bay.addressOf('treasury')
  await bay.setNativeBalance(account, 1_000n)
  const token = (symbol: string, address: Address): Token => ({
    chain: 'bay',
    asset: symbol,
    symbol,
    address,
    decimals: 18,
  })
  const wrapped = token('WETH', bay.token('WETH').address)
  return {
    chain: new ViemChain(new QuorumReader([chainOptions(chainTraits.bay, [bay.rpcUrl], multicall)])),
    account,
    coin: token('ETH', NATIVE),
    wrapped,
    tether: token('USDT', bay.token('USDT').address),
    wrap: (units) => ({
      chain: 'bay',
      to: wrapped.address,
      data: encodeFunctionData({ abi: wrapperAbi, functionName: 'deposit' }),
      value: units,
    }),
    unwrap: (units) => ({
      chain: 'bay',
      to: wrapped.address,
      data: encodeFunctionData({ abi: wrapperAbi, functionName: 'withdraw', args: [units] }),
      value: 0n,
    }),
    balance: (of) =>
      isNative(of)
        ? bay.publicClient.getBalance({ address: account })
        : bay.publicClient.readContract({
            address: of.address,
            abi: erc20Abi,
            functionName: 'balanceOf',
            args: [account],
          }),
    close: () => bay.stop(),
  }
})

test('a node that is not there is no failure of the calls', async () => {
  const chain = new ViemChain(new QuorumReader([chainOptions(chainTraits.bay, ['http://127.0.0.1:9'])]))
  const call = { chain: 'bay', to: OWNER, data: '0x', value: 0n } as const
  await expect(chain.simulateAll(OWNER, [call, call], [])).rejects.toThrow(ChainError)
})
