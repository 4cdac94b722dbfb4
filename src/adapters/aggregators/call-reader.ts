import { type AbiFunction, erc20Abi } from 'viem'
import type { Address, ChainKey, Hex } from '../../domain/assets.js'
import type { Refusal } from '../../domain/errors.js'
import type { Call } from '../../domain/planning/quote.js'
import type { CallClaim } from '../../domain/policy/firewall.js'
import { type CallMeaning, Calls, type DecodedCall, type InnerCall } from '../../ports/calls.js'
import { namedArguments, plainText } from './call-arguments.js'
import { argumentsOf, bySelector, readArguments, selectorOf } from './calldata.js'
import { acrossV3Abi, acrossV4Abi, celerCircleAbi, splitSwapAbi, stargateAbi, swapAbi } from './lifi-abi.js'
import { decodeLifiCall } from './lifi-calldata.js'
import type { VenueChain } from './token-book.js'
import { actionAbi, coinAddress, decodeZeroexCall, holderAbi, settlerAbi } from './zeroex-calldata.js'

const approve = erc20Abi.filter((one) => one.type === 'function' && one.name === 'approve')
const lifi: readonly AbiFunction[] = [
  ...swapAbi,
  ...splitSwapAbi,
  ...acrossV3Abi,
  ...acrossV4Abi,
  ...stargateAbi,
  ...celerCircleAbi,
].filter((one) => one.type === 'function')

/** Everything that the daemon builds itself or accepts from a venue. */
const KNOWN: ReadonlyMap<Hex, { readonly contract: string; readonly signature: AbiFunction }> = new Map(
  (
    [
      ['ERC-20 token', approve],
      ['0x AllowanceHolder', holderAbi],
      ['LI.FI Diamond', lifi],
    ] as const
  ).flatMap(([contract, abi]) =>
    [...bySelector<AbiFunction>(abi)].map(([selector, signature]) => [selector, { contract, signature }] as const),
  ),
)
const INNER = bySelector<AbiFunction>([...settlerAbi, ...actionAbi].filter((one) => one.type === 'function'))
const [APPROVE] = bySelector<AbiFunction>(approve).keys()
const [EXEC] = bySelector<AbiFunction>(holderAbi).keys()

/** So many calls are kept as they were read: the same ones are looked at again and again. */
const MOST_KEPT = 500

/** Reads calls by the same code that judges them before they are signed (C-05). */
export class CallReader extends Calls {
  private readonly kept = new Map<string, DecodedCall>()

  constructor(private readonly chains: readonly VenueChain[]) {
    super()
  }

  override read(call: Call): DecodedCall {
    const key = `${call.chain} ${call.to} ${call.value} ${call.data}`
    const known = this.kept.get(key)
    if (known) return known
    const decoded = this.decode(call)
    const [oldest] = this.kept.keys()
    if (this.kept.size >= MOST_KEPT && oldest !== undefined) this.kept.delete(oldest)
    this.kept.set(key, decoded)
    return decoded
  }

  private decode(call: Call): DecodedCall {
    if (!/^0x([0-9a-f]{2}){4,}$/i.test(call.data))
      return { status: 'undecoded', selector: undefined, reason: 'The call has no data of a function.' }
    const selector = selectorOf(call.data)
    const known = KNOWN.get(selector)
    if (!known)
      return { status: 'undecoded', selector, reason: `No function with the selector ${selector} is known here.` }
    const { contract, signature } = known
    const values = readArguments(signature.inputs, argumentsOf(call.data)) as readonly unknown[] | undefined
    if (!values)
      return {
        status: 'undecoded',
        selector,
        reason: `The calldata is not the canonical encoding of arguments of ${signature.name}.`,
      }
    const meaning = selector === APPROVE ? approval(call, values) : this.meaningOf(call, selector)
    return {
      status: 'decoded',
      selector,
      contract,
      function: signature.name,
      arguments: namedArguments(signature.inputs, values),
      inner: selector === EXEC ? innerOf('data', values.at(-1) as Hex) : [],
      ...('code' in meaning
        ? { meaning: undefined, objection: `${meaning.code}: ${plainText(meaning.detail)}` }
        : { meaning, objection: undefined }),
    }
  }

  private meaningOf(call: Call, selector: Hex): CallMeaning | Refusal {
    const id = this.chains.find(({ chain }) => chain === call.chain)?.chainId ?? 0
    const claim = selector === EXEC ? decodeZeroexCall(call, coinAddress(id)) : decodeLifiCall(call.data)
    return 'code' in claim ? claim : this.inWords(call.chain, claim)
  }

  private inWords(chain: ChainKey, { sells, buys, receivers, bridge, nested, delegates }: CallClaim): CallMeaning {
    const destination = bridge && this.chains.find(({ chainId }) => chainId === bridge.destinationChainId)?.chain
    const minimum = bridge ? bridge.minimumOut : buys.minimumUnits
    return {
      spender: undefined,
      takes: { chain, token: sells.token, units: sells.units },
      brings:
        buys.token === undefined || (bridge && destination === undefined)
          ? undefined
          : { chain: destination ?? chain, token: buys.token, units: minimum === 0n ? undefined : minimum },
      receivers,
      bridge: bridge && {
        name: plainText(bridge.name),
        destination,
        destinationChainId: bridge.destinationChainId,
      },
      calls: [...new Set([...nested, ...delegates].map(({ to }) => to))],
    }
  }
}

function approval({ chain, to }: Call, values: readonly unknown[]): CallMeaning {
  const [spender, units] = values as [Address, bigint]
  return {
    spender,
    takes: { chain, token: to, units },
    brings: undefined,
    receivers: [],
    bridge: undefined,
    calls: [],
  }
}

/** Calls of a Settler and the actions it is told to take; of those that are not known, the selector. */
function innerOf(at: string, data: Hex): InnerCall[] {
  const selector = selectorOf(data)
  const signature = INNER.get(selector)
  const values = signature && (readArguments(signature.inputs, argumentsOf(data)) as readonly unknown[] | undefined)
  if (!signature || !values) return [{ at, function: `${selector} (not known)`, arguments: [] }]
  const own: InnerCall = { at, function: signature.name, arguments: namedArguments(signature.inputs, values) }
  if (signature.name !== 'execute') return [own]
  const actions = values[1] as readonly Hex[]
  return [own, ...actions.flatMap((action, index) => innerOf(`${at}.actions[${index}]`, action))]
}
