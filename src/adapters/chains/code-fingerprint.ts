import {
  BaseError,
  concat,
  encodeFunctionData,
  ExecutionRevertedError,
  getAddress,
  isAddressEqual,
  keccak256,
  parseAbi,
  type PublicClient,
  RawContractError,
  zeroAddress,
} from 'viem'
import type { Address, Hex } from '../../domain/assets.js'

/** Where EIP-1967 keeps the implementation of a proxy, and the beacon that names it. */
const IMPLEMENTATION_SLOT: Hex = '0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc'
const BEACON_SLOT: Hex = '0xa3f0ad74e5423aebfd80d3ef4346578335a9a72aeaee59ff6cb3582b35133d50'
/** The whole code of an EIP-1167 clone, around the address of what it runs. */
const CLONE = /^0x363d3d373d3d3d363d73([0-9a-f]{40})5af43d82803e903d91602b57fd5bf3$/

const indirections = parseAbi([
  'function implementation() view returns (address)',
  'function facetAddress(bytes4 selector) view returns (address)',
  'function ownerOf(uint256 feature) view returns (address)',
  'function prev(uint128 feature) view returns (address)',
])

type Reader = Pick<PublicClient, 'getCode' | 'getStorageAt' | 'call'>

/**
 * keccak256 over everything that decides what a call to this selector of this contract runs: the runtime code, and with
 * address and code what it is passed on to as an EIP-1967 proxy, beacon proxy, EIP-1167 clone or EIP-2535 diamond.
 * Undefined where there is no code. Rejects when the node does not answer.
 *
 * Does not see a proxy that keeps its implementation anywhere else; its own code is all that is pinned of that one.
 */
export async function codeFingerprint(
  client: Reader,
  contract: Address,
  selector: Hex,
  blockNumber?: bigint,
): Promise<Hex | undefined> {
  const at = blockNumber === undefined ? {} : { blockNumber }
  const code = await client.getCode({ address: contract, ...at })
  if (!code || code === '0x') return undefined
  const [implementation, beacon, facet] = await Promise.all([
    slotAddress(client, contract, IMPLEMENTATION_SLOT, at),
    slotAddress(client, contract, BEACON_SLOT, at),
    answered(
      client,
      contract,
      encodeFunctionData({ abi: indirections, functionName: 'facetAddress', args: [selector] }),
      at,
    ),
  ])
  const behindBeacon =
    beacon &&
    (await answered(client, beacon, encodeFunctionData({ abi: indirections, functionName: 'implementation' }), at))
  const clone = CLONE.exec(code)
  const behind = [implementation, beacon, behindBeacon, facet, clone ? getAddress(`0x${clone[1]}`) : undefined]
  const parts = await Promise.all(behind.map((address) => partOf(client, address, at)))
  return keccak256(concat([keccak256(code), ...parts]))
}

/**
 * Contracts that 0x's registry names for trades of the taker's own: the current one, and the one before it during dwell.
 * Empty when the registry has paused them. Rejects when the node does not answer.
 */
export async function genuineSettlers(client: Reader, registry: Address, blockNumber?: bigint): Promise<Address[]> {
  const at = blockNumber === undefined ? {} : { blockNumber }
  const current = encodeFunctionData({ abi: indirections, functionName: 'ownerOf', args: [TAKER_SUBMITTED] })
  const former = encodeFunctionData({ abi: indirections, functionName: 'prev', args: [TAKER_SUBMITTED] })
  const owner = await answered(client, registry, current, at)
  if (!owner) return []
  const previous = await answered(client, registry, former, at)
  return previous ? [owner, previous] : [owner]
}

/** The registry's number of Settlers whose caller is the taker. */
const TAKER_SUBMITTED = 2n

interface At {
  readonly blockNumber?: bigint
}

/** Address and hash of the code there; two empty places where there is nothing. */
async function partOf(client: Reader, address: Address | undefined, at: At): Promise<Hex> {
  if (!address) return '0x00'
  const code = (await client.getCode({ address, ...at })) ?? '0x'
  return concat(['0x01', address, keccak256(code)])
}

async function slotAddress(client: Reader, address: Address, slot: Hex, at: At): Promise<Address | undefined> {
  return addressIn(await client.getStorageAt({ address, slot, ...at }))
}

/** The address that a call answers with; undefined when it reverts or answers anything else. */
async function answered(client: Reader, to: Address, data: Hex, at: At): Promise<Address | undefined> {
  try {
    return addressIn((await client.call({ to, data, ...at })).data)
  } catch (error) {
    if (isRevert(error)) return undefined
    throw error
  }
}

function addressIn(word: Hex | undefined): Address | undefined {
  if (!word || !/^0x0{24}[0-9a-f]{40}$/i.test(word)) return undefined
  const address = getAddress(`0x${word.slice(26)}`)
  return isAddressEqual(address, zeroAddress) ? undefined : address
}

/** The contract said no, which is an answer. Everything else is none. */
function isRevert(error: unknown): boolean {
  return (
    error instanceof BaseError &&
    error.walk((one) => one instanceof ExecutionRevertedError || one instanceof RawContractError) !== null
  )
}
