import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import {
  encodeFunctionData,
  keccak256,
  parseAbi,
  parseEther,
  parseUnits,
  toHex,
  zeroAddress,
  type Abi,
  type Address,
  type Hex,
  type TransactionReceipt,
} from 'viem'
import { lifiAbi } from '../../sandbox/aggregators/lifi-abi.js'
import { escrowAbi } from '../../sandbox/bridges/escrow-abi.js'
import { accountOf } from '../../sandbox/accounts.js'
import { chainTraits, type SandboxChain, startChain } from '../../sandbox/chains.js'
import { contractNamed, loadContracts } from '../../sandbox/solidity.js'
import { createTestDatabase, type TestDatabase } from '../support/database.js'
import type { CheckedWorld } from './account-call.js'
import { tokenAbi } from './chain-abi.js'
import { checkBooks } from './check-books.js'

jest.setTimeout(60_000)

const account = accountOf('treasury')
const owner = account.address.toLowerCase()
const amount = parseUnits('1000', 6)
const refunded = parseUnits('995', 6)
const wrapped = parseEther('2')
const opening = { coin: parseEther('100'), usdc: parseUnits('5000', 6) }
const fees = { maxFeePerGas: 50_000_000_000n, maxPriorityFeePerGas: 1_000_000_000n }

let chain: SandboxChain
let world: CheckedWorld
let base: TestDatabase
let usdc: Address
let weth: Address
let diamond: Address
let receipts: TransactionReceipt[]
const clones: string[] = []

/** One transaction of the story, with the intent it belongs to. */
interface Step {
  readonly leg: string
  readonly kind: 'approve' | 'swap' | 'bridge'
  readonly call: { readonly to: Address; readonly data: Hex; readonly value: bigint }
  readonly isCancelled?: boolean
}

let steps: Step[]
let raws: { step: Hex; cancel: Hex | undefined }[]

beforeAll(async () => {
  chain = await startChain(chainTraits.anchor, 0)
  const contracts = await loadContracts()
  const require = createRequire(import.meta.url)
  weth = await chain.deploy(require('canonical-weth/build/contracts/WETH9.json') as { abi: Abi; bytecode: Hex })
  usdc = await chain.deploy(contractNamed(contracts, 'TestToken'), ['USD Coin', 'USDC', 6])
  diamond = await chain.deploy(contractNamed(contracts, 'LifiDiamond'), [weth, []])
  const escrow = await chain.deploy(contractNamed(contracts, 'BridgeEscrow'), [chain.addressOf('relayer')])
  const mint = parseAbi(['function mint(address to, uint256 value)'])
  await chain.send('deployer', {
    to: usdc,
    data: encodeFunctionData({ abi: mint, args: [account.address, opening.usdc] }),
  })
  await chain.send('deployer', {
    to: diamond,
    data: encodeFunctionData({ abi: lifiAbi, functionName: 'registerBridge', args: ['swift', escrow] }),
  })
  await chain.setNativeBalance(account.address, opening.coin)

  const { key, chainId, rpcUrl, nativeSymbol, blockTimeSeconds } = chain
  world = {
    chains: [{ key, chainId, rpcUrl, rpcUrls: [rpcUrl], nativeSymbol, blockTimeSeconds, multicall: zeroAddress }],
    tokens: [
      { chain: key, asset: 'USDC', symbol: 'USDC', address: usdc, decimals: 6 },
      { chain: key, asset: 'ETH', symbol: 'WETH', address: weth, decimals: 18 },
    ],
    bridges: [{ key: 'swift', chain: key, address: escrow }],
    routers: [{ chain: key, kind: 'lifi-diamond', address: diamond }],
  }
  const approve = encodeFunctionData({ abi: tokenAbi, functionName: 'approve', args: [diamond, amount] })
  steps = [
    { leg: 'c1.p.1', kind: 'approve', call: { to: usdc, data: approve, value: 0n } },
    { leg: 'c1.p.1', kind: 'bridge', call: { to: diamond, data: crossing(), value: 0n } },
    { leg: 'c1.p.2', kind: 'swap', call: { to: diamond, data: wrapping('first'), value: wrapped } },
    { leg: 'c1.p.3', kind: 'swap', call: { to: diamond, data: wrapping('second'), value: wrapped }, isCancelled: true },
  ]
  raws = await Promise.all(
    steps.map(async ({ call, isCancelled }, nonce) => ({
      step: await signed(nonce, call),
      cancel: isCancelled ? await signed(nonce, { to: account.address, data: '0x', value: 0n }) : undefined,
    })),
  )
  receipts = []
  for (const { step, cancel } of raws) receipts.push(await sent(cancel ?? step))
  const args = [transferId, usdc, account.address, refunded] as const
  await chain.send('relayer', {
    to: escrow,
    data: encodeFunctionData({ abi: escrowAbi, functionName: 'refund', args }),
  })
  await chain.blocks.mine(8)

  base = await createTestDatabase()
  await query(base.url, await story())
  await base.database.destroy()
})

afterAll(async () => {
  const server = serverOf(base)
  for (const name of clones) await query(server, [`drop database ${name} with (force)`])
  await base.drop()
  await chain.stop()
}, 30_000)

const transferId = keccak256(toHex('transfer'))

function crossing(): Hex {
  const bridge = {
    transactionId: transferId,
    bridge: 'swift',
    integrator: 'evenkeel',
    referrer: zeroAddress,
    sendingAssetId: usdc,
    receiver: account.address,
    minAmount: amount,
    destinationChainId: 77n,
    hasSourceSwaps: false,
    hasDestinationCall: false,
  }
  const across = {
    receiverAddress: account.address,
    refundAddress: account.address,
    receivingAssetId: usdc,
    outputAmount: refunded,
    outputAmountPercent: 0n,
    exclusiveRelayer: zeroAddress,
    quoteTimestamp: 0,
    fillDeadline: 4_000_000_000,
    exclusivityDeadline: 0,
    message: '0x' as const,
  }
  return encodeFunctionData({
    abi: lifiAbi,
    functionName: 'startBridgeTokensViaAcrossV3',
    args: [bridge, across],
  })
}

/** The smallest trade there is: coin for wrapped coin. */
function wrapping(quote: string): Hex {
  const deposit = encodeFunctionData({ abi: parseAbi(['function deposit() payable']) })
  const swap = {
    callTo: weth,
    approveTo: weth,
    sendingAssetId: zeroAddress,
    receivingAssetId: weth,
    fromAmount: wrapped,
    callData: deposit,
    requiresDeposit: true,
  }
  return encodeFunctionData({
    abi: lifiAbi,
    functionName: 'swapTokensSingleV3NativeToERC20',
    args: [keccak256(toHex(quote)), 'evenkeel', '', account.address, wrapped, swap],
  })
}

function signed(nonce: number, { to, data, value }: Step['call']): Promise<Hex> {
  return account.signTransaction({
    type: 'eip1559',
    chainId: chainTraits.anchor.chainId,
    nonce,
    to,
    data,
    value,
    gas: 500_000n,
    ...fees,
  })
}

async function sent(serializedTransaction: Hex): Promise<TransactionReceipt> {
  const hash = await chain.publicClient.sendRawTransaction({ serializedTransaction })
  return chain.publicClient.waitForTransactionReceipt({ hash, pollingInterval: 10, timeout: 20_000 })
}

const idOf = ({ leg, kind }: Step) => `${leg}.${kind}.0`
const text = (value: unknown) =>
  `'${JSON.stringify(value, (_key, one: unknown) => (typeof one === 'bigint' ? `${one}n` : one))}'`

/** Everything as a daemon writes it down that did all of this without a mistake. */
async function story(): Promise<string[]> {
  const usd = 10n ** 21n
  const legs = [...new Set(steps.map(({ leg }) => leg))]
  const run = (leg: string, state: string) =>
    text({
      state,
      leg: {
        id: leg,
        kind: steps.find((step) => step.leg === leg && step.kind !== 'approve')!.kind,
        venue: 'lifi',
        sell: { token: { chain: chain.key, address: usdc }, units: amount },
        expectedOut: { token: { chain: chain.key, address: weth }, units: wrapped },
      },
    })
  const statements = [
    `update lease set epoch = 2; update signer_epoch set epoch = 2`,
    `insert into cycles (id, portfolio, mode, started_at, ended_at, outcome, valuation, drift, decision, market, plan_reasons)
     values ('c1', 'treasury', 'live', now(), now(), 'traded', '{"nav":"1n"}', '{}', '{"code":"band-breached"}', '{}', '[]')`,
    ...legs.map((leg, index) => {
      const state = leg === 'c1.p.2' ? 'done' : 'failed'
      return `insert into legs (id, cycle_id, index, run) values ('${leg}', 'c1', ${index}, ${run(leg, state)})`
    }),
    `insert into accounts values ('${chain.key}', '${owner}', ${steps.length})`,
    ...steps.flatMap((step, nonce) => {
      const id = idOf(step)
      const receipt = receipts[nonce]!
      const gasPaid = receipt.gasUsed * receipt.effectiveGasPrice
      const state = step.isCancelled ? 'final_cancelled' : 'final_ok'
      const inclusion = {
        hash: receipt.transactionHash,
        block: { number: receipt.blockNumber, hash: receipt.blockHash, timestamp: 0 },
        isSuccess: true,
        gasPaid,
        movements: movementsOf(step),
      }
      const attempts = Object.entries(raws[nonce]!).filter(([, raw]) => raw !== undefined) as [string, Hex][]
      return [
        `insert into intents (id, cycle_id, leg_id, kind, ordinal, chain, account, nonce, call, gas_limit, reserved_at, state, epoch, inclusion)
         values ('${id}', 'c1', '${step.leg}', '${step.kind}', 0, '${chain.key}', '${account.address}', ${nonce},
           ${text({ chain: chain.key, ...step.call })}, 500000, now(), '${state}', 2, ${text(inclusion)})`,
        `insert into intent_events (intent_id, state, epoch, evidence) values ('${id}', '${state}', 2, 'block')`,
        ...attempts.flatMap(([payload, raw], index) => [
          `insert into signer_journal (chain_id, account, nonce, payload, digest, max_fee_per_gas, max_priority_fee_per_gas, epoch, intent_id)
           values (${chain.chainId}, '${owner}', ${nonce}, '${payload}', '${keccak256(toHex(`${payload} ${nonce}`))}',
             ${fees.maxFeePerGas}, ${fees.maxPriorityFeePerGas}, ${nonce < 2 ? 1 : 2}, '${id}')`,
          `insert into attempts (intent_id, ordinal, hash, raw, gas_limit, max_fee_per_gas, max_priority_fee_per_gas, signed_at, payload)
           values ('${id}', ${index + 1}, '${keccak256(raw)}', '${raw}', 500000, ${fees.maxFeePerGas},
             ${fees.maxPriorityFeePerGas}, now(), '${payload}')`,
        ]),
        `insert into spends (intent_id, portfolio, cycle_id, chain, account, asset, venue, turnover, gas, gas_wei, at)
         values ('${id}', 'treasury', 'c1', '${chain.key}', '${owner}', 'USDC', 'lifi', ${step.kind === 'approve' ? 0n : usd}, ${usd}, 1, now())`,
        ...entry(`${id}:gas`, zeroAddress, 'wallet', 'gas', gasPaid),
        ...movementsOf(step).flatMap(({ token, units }) =>
          entry(id, token, step.kind === 'bridge' ? 'in_flight:swift' : 'trade', 'wallet', units),
        ),
      ]
    }),
    ...entry('opening', zeroAddress, 'opening', 'wallet', opening.coin),
    ...entry('opening', usdc, 'opening', 'wallet', opening.usdc),
    ...entry('c1.p.1:settled', usdc, 'in_flight:swift', 'bridge:swift', amount),
    ...entry('c1.p.1:arrived', usdc, 'bridge:swift', 'wallet', refunded),
  ]
  const refund = (
    await chain.publicClient.getContractEvents({ abi: escrowAbi, fromBlock: 0n, eventName: 'Refunded' })
  )[0]!
  const token = { chain: chain.key, address: usdc }
  const transfer = {
    id: 'c1.p.1',
    cycleId: 'c1',
    account: account.address,
    bridge: 'swift',
    origin: chain.key,
    originHash: receipts[1]!.transactionHash,
    destination: 'bay',
    sent: { token, units: amount },
    minimum: { token: { chain: 'bay', address: weth }, units: refunded },
    state: 'refunded',
    arrivals: [{ chain: chain.key, hash: refund.transactionHash, amount: { token, units: refunded }, finalAt: 1 }],
  }
  return [...statements, `insert into transfers (id, cycle_id, transfer) values ('c1.p.1', 'c1', ${text(transfer)})`]
}

function movementsOf({ kind, isCancelled }: Step): { token: Address; units: bigint }[] {
  if (isCancelled || kind === 'approve') return []
  if (kind === 'bridge') return [{ token: usdc, units: -amount }]
  return [
    { token: zeroAddress, units: -wrapped },
    { token: weth, units: wrapped },
  ]
}

const entry = (cause: string, token: Address, from: string, to: string, units: bigint, book = 'final') =>
  [
    [from, -units],
    [to, units],
  ].map(
    ([place, moved]) =>
      `insert into postings (cause, owner, chain, token, account, units, book)
       values ('${cause}', '${owner}', '${chain.key}', '${token.toLowerCase()}', '${place}', ${moved}, '${book}')`,
  )

async function query(url: string, statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    for (const statement of statements) await client.query(statement)
  } finally {
    await client.end()
  }
}

function serverOf({ url }: TestDatabase): string {
  const server = new URL(url)
  server.pathname = '/postgres'
  return server.href
}

/** The kinds of what the checker finds in the story after these statements have changed it. */
async function kindsAfter(...corruption: readonly string[]): Promise<string[]> {
  return [...new Set((await verdictAfter(...corruption)).findings.map(({ kind }) => kind))].toSorted()
}

async function verdictAfter(...corruption: readonly string[]) {
  const url = await cloned(...corruption)
  return checkBooks(world, url, account.address, { graceSeconds: 0 })
}

async function cloned(...corruption: readonly string[]): Promise<string> {
  const name = `${new URL(base.url).pathname.slice(1)}_${clones.length}`
  await query(serverOf(base), [`create database ${name} template ${new URL(base.url).pathname.slice(1)}`])
  clones.push(name)
  const url = new URL(base.url)
  url.pathname = `/${name}`
  await query(url.href, corruption)
  return url.href
}

test('a story without a mistake is found to be right, and everything in it was judged', async () => {
  const { findings, counts, open } = await verdictAfter()
  expect(findings).toEqual([])
  expect(counts).toEqual({
    transactions: 4,
    swaps: 1,
    deposits: 1,
    intents: 4,
    attempts: 5,
    signatures: 5,
    postings: 22,
    transfers: 1,
    spends: 4,
    allowances: 1,
    balances: 3,
  })
  expect(open).toEqual({ intents: 0, transfers: 0, cycles: 0 })
})

describe('the checker finds', () => {
  const swap = `'c1.p.2.swap.0'`
  const other = keccak256(toHex('other'))
  const asIntent = (id: string, changes: string) => `
    insert into intents (id, cycle_id, leg_id, kind, ordinal, chain, account, nonce, call, gas_limit, reserved_at, state, epoch, inclusion)
    select ${id}, cycle_id, leg_id, kind, 1, chain, account, ${changes} from intents where id = ${swap}`

  test.each<[string, string[], string[]]>([
    [
      'a nonce that belongs to no intent',
      [`update intents set nonce = 90 where id = ${swap}`],
      ['unknown-nonce', 'wrong-bytes', 'unjournaled', 'wrong-state', 'ledger-differs'],
    ],
    [
      'a nonce that two intents own',
      [
        'drop index intents_one_per_nonce',
        'drop index intents_one_trade_per_leg',
        asIntent(`'c1.p.2.swap.1'`, `nonce, call, gas_limit, now(), 'signed', 2, null`),
      ],
      ['shared-nonce', 'budget-wrong'],
    ],
    ['bytes on the chain that are no attempt', [`delete from attempts where intent_id = ${swap}`], ['unknown-bytes']],
    [
      'bytes that are not those of the hash',
      [
        `update attempts set raw = (select raw from attempts where intent_id = 'c1.p.1.bridge.0') where intent_id = ${swap}`,
      ],
      ['wrong-bytes'],
    ],
    [
      'an attempt that does something else than its intent',
      [`update intents set call = call || '{"value":"5n"}' where id = ${swap}`],
      ['wrong-bytes'],
    ],
    [
      'a success that is written down as a revert',
      [`update intents set state = 'final_reverted' where id = ${swap}`],
      ['wrong-state'],
    ],
    [
      'a cancel that is written down as the step',
      [`update intents set state = 'final_ok' where id = 'c1.p.3.swap.0'`],
      ['wrong-state'],
    ],
    [
      'an intent that was given back although it was signed',
      [`update intents set state = 'released', inclusion = null where id = 'c1.p.3.swap.0'`],
      ['unknown-nonce', 'wrong-state', 'ledger-differs'],
    ],
    [
      'an intent that claims an end the chain never saw',
      [asIntent(`'c1.p.9.swap.0'`, `90, call, gas_limit, now(), 'final_reverted', 2, inclusion`)],
      ['wrong-state', 'budget-wrong'],
    ],
    [
      'an intent that is final on the chain and live in the rows',
      [`update intents set state = 'signed', inclusion = null where id = ${swap}`],
      ['stuck-intent', 'ledger-differs'],
    ],
    [
      'a receipt written down with other gas, and one with other movements',
      [
        `update intents set inclusion = inclusion || '{"gasPaid":"1n"}' where id = ${swap}`,
        `update intents set inclusion = inclusion || '{"movements":[]}' where id = 'c1.p.1.bridge.0'`,
      ],
      ['wrong-inclusion'],
    ],
    [
      'a signature that the journal does not have',
      [`delete from signer_journal where intent_id = ${swap}`],
      ['unjournaled'],
    ],
    [
      'a second payload for a nonce',
      [
        `insert into signer_journal (chain_id, account, nonce, payload, digest, max_fee_per_gas, max_priority_fee_per_gas, epoch, intent_id)
         select chain_id, account, nonce, payload, '${other}', max_fee_per_gas, max_priority_fee_per_gas, 2, intent_id
         from signer_journal where intent_id = ${swap}`,
      ],
      ['second-payload'],
    ],
    [
      'more signatures in the journal than deaths explain',
      [1, 2].map(
        (more) =>
          `insert into signer_journal (chain_id, account, nonce, payload, digest, max_fee_per_gas, max_priority_fee_per_gas, epoch, intent_id)
           select chain_id, account, nonce, payload, digest, max_fee_per_gas + ${more}, max_priority_fee_per_gas, 2, intent_id
           from signer_journal where intent_id = ${swap} order by sequence limit 1`,
      ),
      ['too-many-signatures'],
    ],
    [
      'a lease that wrote after the next one began',
      [`update signer_journal set epoch = 1 where sequence = (select max(sequence) from signer_journal)`],
      ['epoch-went-back'],
    ],
    [
      'an epoch that no lease had',
      [`update intent_events set epoch = 3 where sequence = (select max(sequence) from intent_events)`],
      ['epoch-went-back'],
    ],
    [
      'a final book that is a unit off',
      [
        `update postings set units = units + case account when 'wallet' then 1 else -1 end where cause = 'c1.p.1:arrived'`,
      ],
      ['ledger-differs'],
    ],
    [
      'a posting without its other side',
      [`delete from postings where cause = 'c1.p.1:settled' and account = 'bridge:swift'`],
      ['unbalanced'],
    ],
    [
      'a provisional entry of something that ended',
      [
        `insert into postings (cause, owner, chain, token, account, units, book)
        select cause || '@3', owner, chain, token, account, units, 'provisional' from postings where cause = ${swap}`,
      ],
      ['provisional-left'],
    ],
    ['a trade that took nothing from the budgets', [`delete from spends where intent_id = ${swap}`], ['budget-wrong']],
    [
      'a crossing without a transfer',
      [`delete from postings where cause like 'c1.p.1:%'`, `delete from transfers`],
      ['transfer-missing'],
    ],
    [
      'a transfer that was paid out and is written down as in flight',
      [
        `update transfers set transfer = transfer || '{"state":"in_flight","arrivals":[]}'`,
        `delete from postings where cause like 'c1.p.1:%'`,
      ],
      ['stuck-transfer'],
    ],
    [
      'a refund that is written down as an arrival',
      [`update transfers set transfer = transfer || '{"state":"full"}'`],
      ['transfer-wrong'],
    ],
    [
      'a refund of another amount',
      [`update transfers set transfer = jsonb_set(transfer, '{arrivals,0,amount,units}', '"996000000n"')`],
      ['transfer-wrong'],
    ],
    [
      'a transfer of more than left',
      [`update transfers set transfer = jsonb_set(transfer, '{sent,units}', '"1000000001n"')`],
      ['transfer-unbalanced'],
    ],
    [
      'money in flight that no crossing explains',
      [
        `insert into postings (cause, owner, chain, token, account, units, book)
         select 'ghost', owner, chain, token, place, case place when 'trade' then -7 else 7 end, 'final'
         from (select distinct owner, chain, token from postings where cause = 'c1.p.1:arrived') one,
           (values ('trade'), ('in_flight:swift')) places (place)`,
      ],
      ['transfer-unbalanced'],
    ],
  ])('%s', async (_what, corruption, kinds) => {
    expect(await kindsAfter(...corruption)).toEqual(kinds.toSorted())
  })

  test('a leg that traded twice and an allowance that nobody takes back, which are on the chain already', async () => {
    const call = { to: usdc, data: approvalOf(5n), value: 0n }
    const again = { to: diamond, data: wrapping('third'), value: wrapped }
    const hashes = [await sent(await signed(4, call)), await sent(await signed(5, again))]
    await chain.blocks.mine(8)
    const { findings } = await verdictAfter(
      'drop index intents_one_trade_per_leg',
      ...[4, 5].map((nonce) =>
        asIntent(`'c1.p.2.swap.${nonce}'`, `${nonce}, call, gas_limit, now(), 'signed', 2, null`),
      ),
    )
    expect(hashes.map(({ status }) => status)).toEqual(['success', 'success'])
    expect(findings).toContainEqual(
      expect.objectContaining({ kind: 'double-spend', detail: expect.stringContaining('Leg c1.p.2 traded 2 times') }),
    )
    expect(findings).toContainEqual({
      kind: 'leftover-allowance',
      chain: 'anchor',
      detail: `${diamond.toLowerCase()} may still take 5 units of ${usdc.toLowerCase()}.`,
    })
  })
})

const approvalOf = (units: bigint) =>
  encodeFunctionData({ abi: tokenAbi, functionName: 'approve', args: [diamond, units] })

describe('npm run checker', () => {
  const program = fileURLToPath(new URL('./main.ts', import.meta.url))
  const run = (...args: string[]) =>
    new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      execFile(process.execPath, ['--import', 'tsx', program, ...args], (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
      )
    })

  test('prints what is broken and ends with 1; what it cannot judge is one line and 2', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'evenkeel-checker-'))
    await writeFile(join(dir, 'world.json'), JSON.stringify(world))
    const url = await cloned(`delete from spends where intent_id = 'c1.p.2.swap.0'`)
    const [judged, astray] = await Promise.all([
      run('--world', dir, '--database', url, '--grace', '0', '--json'),
      run('--world', join(dir, 'nothing.json'), '--database', url),
    ])
    await rm(dir, { recursive: true })
    expect(judged.code).toBe(1)
    const [verdict] = JSON.parse(judged.stdout) as { account: string; findings: { kind: string }[] }[]
    expect(verdict!.account).toBe(owner)
    expect(verdict!.findings.map(({ kind }) => kind)).toContain('budget-wrong')
    expect(astray).toMatchObject({ code: 2, stdout: '' })
    expect(astray.stderr).toMatch(/^Expected the world's description in .*nothing\.json: .*\n$/)
  })
})

test('the checker knows nothing of the program it judges', async () => {
  const dir = fileURLToPath(new URL('.', import.meta.url))
  const files = (await readdir(dir)).filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'))
  expect(files.length).toBeGreaterThan(10)
  const allowed = /^(\.\/[a-z-]+\.js|viem|pg|node:[a-z/]+|\.\.\/\.\.\/sandbox\/world\.js)$/
  for (const file of files) {
    const source = await readFile(join(dir, file), 'utf8')
    const imported = [...source.matchAll(/(?:from|import\()\s*'([^']+)'/g)].map(([, name]) => name!)
    expect(imported.filter((name) => !allowed.test(name))).toEqual([])
  }
})
