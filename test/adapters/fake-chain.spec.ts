import { NATIVE } from '../../src/domain/assets.js'
import { aToken, NOW, OWNER, WETH } from '../support/builders.js'
import { FakeChain } from '../support/fake-chain.js'
import { encodeAction } from '../support/fake-contracts.js'
import { describeSimulation } from '../support/simulation-contract.js'

const coin = aToken({ asset: 'ETH', symbol: 'ETH', address: NATIVE, decimals: 18 })
const tether = aToken()

describeSimulation('in memory', () => {
  const chain = new FakeChain({ alpha: 901 }, () => NOW)
  chain.give(coin, OWNER, 1_000n)
  chain.allow(WETH, OWNER, WETH.address, 1_000n)
  chain.resetFirst.add(tether.address)
  return Promise.resolve({
    chain,
    account: OWNER,
    coin,
    wrapped: WETH,
    tether,
    wrap: (units) => ({
      chain: 'alpha',
      to: WETH.address,
      value: units,
      data: encodeAction({
        do: 'trade',
        sell: NATIVE,
        units,
        buy: WETH.address,
        out: units,
        spender: undefined,
        destination: 'alpha',
      }),
    }),
    unwrap: (units) => ({
      chain: 'alpha',
      to: WETH.address,
      value: 0n,
      data: encodeAction({
        do: 'trade',
        sell: WETH.address,
        units,
        buy: NATIVE,
        out: units,
        spender: WETH.address,
        destination: 'alpha',
      }),
    }),
    balance: (token) => Promise.resolve(chain.balance(token, OWNER)),
    close: () => Promise.resolve(),
  })
})
