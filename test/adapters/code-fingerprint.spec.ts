import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { encodeFunctionData, type Hex, zeroAddress } from 'viem'
import { type SandboxChain, chainTraits, startChain } from '../../sandbox/chains.js'
import { type CompiledContracts, contractNamed, loadContracts } from '../../sandbox/solidity.js'
import { codeFingerprint, genuineSettlers } from '../../src/adapters/chains/code-fingerprint.js'
import type { Address } from '../../src/domain/assets.js'

const TRANSFER: Hex = '0xa9059cbb'
const APPROVE: Hex = '0x095ea7b3'

let bay: SandboxChain
let contracts: CompiledContracts
/** Two contracts with different code. */
let one: Address
let other: Address

beforeAll(async () => {
  bay = await startChain(chainTraits.bay, 0)
  contracts = await loadContracts()
  one = await deploy('TestToken', ['One', 'ONE', 18])
  other = await deploy('TetherLikeToken', ['Other', 'OTHER', 6])
}, 60_000)
afterAll(() => bay?.stop())

const deploy = async (name: string, args: readonly unknown[]) => {
  const address = await bay.deploy(contractNamed(contracts, name), args)
  await bay.settle()
  return address
}
const tell = (contract: string, to: Address, functionName: string, args: readonly unknown[]) =>
  bay.send('deployer', {
    to,
    data: encodeFunctionData({ abi: contractNamed(contracts, contract).abi, functionName, args }),
  })
const fingerprint = (contract: Address, selector = TRANSFER) => codeFingerprint(bay.publicClient, contract, selector)

describe('the fingerprint of code (C-04)', () => {
  it('is that of the code, the same for every function of a contract without anything behind it', async () => {
    expect(await fingerprint(one)).toMatch(/^0x[0-9a-f]{64}$/)
    expect(await fingerprint(one, APPROVE)).toBe(await fingerprint(one))
    expect(await fingerprint(other)).not.toBe(await fingerprint(one))
  })

  it('is none where there is no contract', async () => {
    expect(await fingerprint('0x00000000000000000000000000000000DeaDBeef')).toBeUndefined()
    expect(await fingerprint(bay.addressOf('treasury'))).toBeUndefined()
  })

  it('F-15: changes when a proxy is upgraded, and is as before when it is taken back', async () => {
    const proxy = await deploy('UpgradeableProxy', [one])
    const before = await fingerprint(proxy)
    await tell('UpgradeableProxy', proxy, 'upgradeTo', [other])
    expect(await fingerprint(proxy)).not.toBe(before)
    await tell('UpgradeableProxy', proxy, 'upgradeTo', [one])
    expect(await fingerprint(proxy)).toBe(before)
  })

  it('F-15: changes for the function whose facet a diamond exchanges, and for no other', async () => {
    const diamond = await deploy('OpenDiamond', [])
    await tell('OpenDiamond', diamond, 'setFacet', [TRANSFER, one])
    await tell('OpenDiamond', diamond, 'setFacet', [APPROVE, one])
    const before = [await fingerprint(diamond, TRANSFER), await fingerprint(diamond, APPROVE)]
    await tell('OpenDiamond', diamond, 'setFacet', [TRANSFER, other])
    expect(await fingerprint(diamond, TRANSFER)).not.toBe(before[0])
    expect(await fingerprint(diamond, APPROVE)).toBe(before[1])
  })

  it('is of the block that is asked about', async () => {
    const proxy = await deploy('UpgradeableProxy', [one])
    await tell('UpgradeableProxy', proxy, 'upgradeTo', [one])
    const block = await bay.publicClient.getBlockNumber()
    const before = await fingerprint(proxy)
    await tell('UpgradeableProxy', proxy, 'upgradeTo', [other])
    expect(await codeFingerprint(bay.publicClient, proxy, TRANSFER, block)).toBe(before)
  })

  it('rejects when the node does not answer', async () => {
    const silent = { ...bay.publicClient, call: () => Promise.reject(new Error('fetch failed')) }
    await expect(codeFingerprint(silent, one, TRANSFER)).rejects.toThrow('fetch failed')
  })
})

describe("0x's registry (C-04)", () => {
  it('names the current Settler and the one before it', async () => {
    const registry = await deploy('SettlerRegistry', [one, other])
    expect(await genuineSettlers(bay.publicClient, registry)).toEqual([one, other])
    const fresh = await deploy('SettlerRegistry', [one, zeroAddress])
    expect(await genuineSettlers(bay.publicClient, fresh)).toEqual([one])
  })

  it('names nobody while it is paused, or where there is none', async () => {
    expect(await genuineSettlers(bay.publicClient, await deploy('SettlerRegistry', [zeroAddress, other]))).toEqual([])
    expect(await genuineSettlers(bay.publicClient, bay.addressOf('treasury'))).toEqual([])
  })
})
