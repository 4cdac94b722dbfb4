import {
  decodeFunctionResult,
  encodeFunctionData,
  erc20Abi,
  keccak256,
  multicall3Abi,
  numberToHex,
  parseAbi,
  parseAbiItem,
  parseEventLogs,
  type PublicClient,
  type RpcBlock,
  type RpcLog,
  formatLog,
} from 'viem'
import { type Address, type Hex, isNative, NATIVE, sameAddress, type Token } from '../../domain/assets.js'
import type { Call } from '../../domain/planning/quote.js'
import type { Rehearsal, Watch } from '../../domain/policy/rehearsal.js'
import { ACCOUNT_PROBE_CODE } from './account-probe-code.js'

/** What one endpoint says about calls made one after another from an account, on the state of one block. */
export interface Played {
  /** Calls that succeeded; the one after them, if there is one, failed for `reason`. */
  readonly made: number
  readonly reason: string
  /** Watched balances before the first call and after each that succeeded. */
  readonly balances: readonly (readonly bigint[])[]
  readonly gasUsed: readonly bigint[]
  readonly allowancesBefore: readonly bigint[]
  /** Empty when a call failed. */
  readonly allowances: readonly bigint[]
  readonly approvals: Rehearsal['approvals']
}

/** What is played where: the state is that of `blockHash`, and `multicall` has the functions of Multicall3. */
export interface Play {
  readonly account: Address
  readonly calls: readonly Call[]
  readonly watch: Watch
  readonly blockHash: Hex
  readonly multicall: Address
}

/** How a block after the one played on would look to a contract that asks, so that it cannot tell by zeros. */
export interface Setting {
  readonly feeRecipient: Address
  readonly prevRandao: Hex
  readonly baseFeePerGas: Hex
  readonly time: Hex
}

const probeAbi = parseAbi([
  'struct Call { address target; uint256 value; bytes data; }',
  'struct Allowance { address token; address spender; }',
  'struct Outcome { uint256 made; uint256[][] balances; uint256[] gasUsed; uint256[] allowancesBefore; uint256[] allowancesAfter; }',
  'function play(Call[] calls, address[] tokens, Allowance[] allowances) returns (Outcome outcome)',
])
const coinAbi = parseAbi(['function getEthBalance(address) view returns (uint256)'])
const approvalAbi = [
  parseAbiItem('event Approval(address indexed owner, address indexed spender, uint256 value)'),
  parseAbiItem('event ApprovalForAll(address indexed owner, address indexed operator, bool approved)'),
] as const
/** Of a token that is one of a kind: the same name and fields, of which the third is indexed, too. */
const itemApprovalAbi = [
  parseAbiItem('event Approval(address indexed owner, address indexed approved, uint256 indexed tokenId)'),
] as const

/** Requests that viem has no method for, or none that takes a block hash. */
function ask(client: PublicClient, method: string, params: readonly unknown[]): Promise<unknown> {
  return client.request({ method, params } as never)
}

/** The account's code in the block, and how the block after it may look. */
export async function lookAround(
  client: PublicClient,
  account: Address,
  blockHash: Hex,
): Promise<{ readonly code: Hex; readonly setting: Setting }> {
  const [code, block] = (await Promise.all([
    ask(client, 'eth_getCode', [account, { blockHash }]),
    ask(client, 'eth_getBlockByHash', [blockHash, false]),
  ])) as [Hex, RpcBlock | null]
  if (!block) throw new Error(`It does not know block ${blockHash}.`)
  return {
    code,
    setting: {
      feeRecipient: block.miner,
      prevRandao: keccak256(blockHash),
      baseFeePerGas: block.baseFeePerGas ?? '0x0',
      time: numberToHex(BigInt(block.timestamp) + 1n),
    },
  }
}

interface SimulatedCall {
  readonly status: Hex
  readonly returnData: Hex
  readonly gasUsed: Hex
  /** Before refunds; not every node tells. */
  readonly maxUsedGas?: Hex
  readonly logs?: readonly RpcLog[]
  readonly error?: { readonly message?: string }
}

/** With `eth_simulateV1`: every call is a transaction of its own, and between them one call looks at everything. */
export async function playSimulated(client: PublicClient, play: Play, setting: Setting): Promise<Played> {
  const { account, calls, watch, blockHash, multicall } = play
  const look = { from: account, to: multicall, data: encodeLook(play) }
  const requests = calls.flatMap(({ to, data, value }) => [
    { from: account, to, data, value: numberToHex(value) },
    look,
  ])
  const [block] = (await ask(client, 'eth_simulateV1', [
    { blockStateCalls: [{ blockOverrides: setting, calls: [look, ...requests] }], validation: false },
    { blockHash },
  ])) as { calls: readonly SimulatedCall[] }[]
  const results = block?.calls ?? []
  if (results.length !== requests.length + 1) throw new Error('eth_simulateV1 did not answer for every call.')
  const made = calls.map((_, index) => results[2 * index + 1]!)
  const failed = made.findIndex(({ status }) => status !== '0x1')
  const count = failed < 0 ? calls.length : failed
  const looks = results.filter((_, index) => index % 2 === 0 && index <= 2 * count).map((one) => decodeLook(one, play))
  const sizes = watch.tokens.length
  return {
    made: count,
    reason: made[count]?.error?.message ?? 'execution reverted',
    balances: looks.map((values) => values.slice(0, sizes)),
    gasUsed: made.slice(0, count).map(({ gasUsed, maxUsedGas }) => BigInt(maxUsedGas ?? gasUsed)),
    allowancesBefore: looks[0]!.slice(sizes),
    allowances: count < calls.length ? [] : looks.at(-1)!.slice(sizes),
    approvals: made.slice(0, count).flatMap(({ logs = [] }) => approvalsIn(logs, account)),
  }
}

/**
 * With one `eth_call` and code that the node puts on the account for it: for nodes without `eth_simulateV1`. The calls
 * share one transaction, so that gas comes out a little low, and events are not shown.
 */
export async function playProbed(client: PublicClient, play: Play, setting: Setting): Promise<Played> {
  const { account, calls, watch, blockHash } = play
  const data = encodeFunctionData({
    abi: probeAbi,
    functionName: 'play',
    args: [
      calls.map(({ to, value, data: input }) => ({ target: to, value, data: input })),
      watch.tokens.map(addressOf),
      watch.allowances.map(({ token, spender }) => ({ token: token.address, spender })),
    ],
  })
  const answer = (await ask(client, 'eth_call', [
    { from: account, to: account, data },
    { blockHash },
    { [account]: { code: ACCOUNT_PROBE_CODE } },
    setting,
  ])) as Hex
  const outcome = decodeFunctionResult({ abi: probeAbi, functionName: 'play', data: answer })
  const made = Number(outcome.made)
  return {
    made,
    reason: 'execution reverted',
    balances: outcome.balances.slice(0, made + 1),
    gasUsed: outcome.gasUsed.slice(0, made).map((gas, index) => gas + transactionGas(calls[index]!.data)),
    allowancesBefore: outcome.allowancesBefore,
    allowances: outcome.allowancesAfter,
    approvals: undefined,
  }
}

/** What a transaction costs before its first instruction: 21,000, and 4 or 16 for each byte that is zero or not. */
function transactionGas(data: Hex): bigint {
  const bytes = data.slice(2).match(/../g) ?? []
  return bytes.reduce((sum, byte) => sum + (byte === '00' ? 4n : 16n), 21_000n)
}

function encodeLook({ account, watch, multicall }: Play): Hex {
  const balances = watch.tokens.map((token) =>
    isNative(token)
      ? {
          target: multicall,
          callData: encodeFunctionData({ abi: coinAbi, functionName: 'getEthBalance', args: [account] }),
        }
      : {
          target: token.address,
          callData: encodeFunctionData({ abi: erc20Abi, functionName: 'balanceOf', args: [account] }),
        },
  )
  const allowances = watch.allowances.map(({ token, spender }) => ({
    target: token.address,
    callData: encodeFunctionData({ abi: erc20Abi, functionName: 'allowance', args: [account, spender] }),
  }))
  const questions = [...balances, ...allowances].map((one) => ({ ...one, allowFailure: true }))
  return encodeFunctionData({ abi: multicall3Abi, functionName: 'aggregate3', args: [questions] })
}

/** Balances, then allowances. */
function decodeLook(look: SimulatedCall, { watch }: Play): readonly bigint[] {
  if (look.status !== '0x1') throw new Error('The balances could not be read around the calls.')
  const answers = decodeFunctionResult({ abi: multicall3Abi, functionName: 'aggregate3', data: look.returnData })
  return answers.map(({ success, returnData }, index) => {
    if (success && returnData.length >= 66) return BigInt(returnData.slice(0, 66))
    const token = watch.tokens[index] ?? watch.allowances[index - watch.tokens.length]?.token
    throw new Error(`${token?.symbol ?? 'A token'} does not tell its balance or allowance.`)
  })
}

type Approved = NonNullable<Rehearsal['approvals']>[number]

function approvalsIn(logs: readonly RpcLog[], account: Address): Approved[] {
  const formatted = logs.map((log) => formatLog(log))
  const amounts = parseEventLogs({ abi: approvalAbi, logs: formatted }).flatMap((log): Approved[] => {
    if (!sameAddress(log.args.owner, account)) return []
    const token = log.address
    if (log.eventName === 'Approval') return [{ token, spender: log.args.spender, units: log.args.value }]
    return log.args.approved ? [{ token, spender: log.args.operator, units: 'all' }] : []
  })
  const items = parseEventLogs({ abi: itemApprovalAbi, logs: formatted }).flatMap((log): Approved[] =>
    sameAddress(log.args.owner, account) && log.args.approved !== NATIVE
      ? [{ token: log.address, spender: log.args.approved, units: 'all' }]
      : [],
  )
  return [...amounts, ...items]
}

function addressOf({ address }: Token): Address {
  return address
}
