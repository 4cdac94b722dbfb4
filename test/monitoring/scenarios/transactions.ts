import { randomUUID } from 'node:crypto'
import { encodeAbiParameters, encodeFunctionData, erc20Abi, type Hex, keccak256, numberToHex } from 'viem'
import { startEndpoint } from '../../crash-matrix/endpoint.js'
import { adminToken, type DaemonProcess } from '../../support/daemon-process.js'
import { until } from '../../support/until.js'
import type { Scenario } from '../scenario.js'
import { aim, type Stage } from '../stage.js'

export const transactions: readonly Scenario[] = [
  {
    name: 'the chains stand still with a transaction under way',
    alerts: [
      { alert: 'EvenkeelTransactionStuck' },
      { alert: 'EvenkeelNonceLag', labels: { account: 'treasury' } },
      { alert: 'EvenkeelChainHeadStale' },
      { alert: 'EvenkeelFinalityStalled' },
      { alert: 'EvenkeelBreakerTripped', labels: { breaker: 'B-06', scope: 'chain' } },
    ],
    spends: true,
    async play(stage) {
      const daemon = await stage.startTrading()
      await stage.signed(daemon)
      stage.cause()
      await stage.setMining(false)
      // What was signed in between may have been mined; the next one is not.
      await stage.signed(daemon)
    },
    cure: (stage) => stage.setMining(true),
  },
  {
    name: 'transaction after transaction is cancelled',
    alerts: [{ alert: 'EvenkeelTransactionFailures' }],
    spends: true,
    async play(stage) {
      const daemon = await stage.startTrading((file) => {
        for (const chain of Object.values(file.chains)) chain.headAgeSeconds = 3_600
      })
      stage.cause()
      const cancelled = new Map<string, number>()
      while (Math.max(0, ...cancelled.values()) < 4 && !stage.isOver()) {
        await stage.signed(daemon)
        await stage.setMining(false)
        // Those that were not mined before the blocks stopped.
        for (const { id, chain } of await stage.intents(daemon, 'signed'))
          if (await cancel(daemon, id)) cancelled.set(chain, (cancelled.get(chain) ?? 0) + 1)
        await until('the cancels to be signed', 60_000, async () => {
          const waiting = await stage.query(unreplaced)
          return waiting.length === 0 ? true : undefined
        })
        await stage.setMining(true)
        await until('the cancels to be in a block', 60_000, async () =>
          (await stage.intents(daemon, 'signed')).length === 0 ? true : undefined,
        )
      }
    },
  },
  {
    name: 'somebody who has the key takes a thousand dollars',
    alerts: [
      { alert: 'EvenkeelForeignTransaction' },
      { alert: 'EvenkeelHalted', labels: { scope: 'global' } },
      { alert: 'EvenkeelBreakerTripped', labels: { breaker: 'B-04' } },
    ],
    spends: true,
    async play(stage) {
      await stage.startTrading()
      await stage.reconciled('bay')
      stage.cause()
      const bay = stage.chain('bay')
      await bay.send('treasury', {
        to: bay.token('USDC').address,
        data: encodeFunctionData({
          abi: erc20Abi,
          functionName: 'transfer',
          args: [bay.addressOf('market-maker'), 1_000_000_000n],
        }),
      })
    },
  },
  {
    name: 'a token takes back a thousand dollars by itself',
    alerts: [
      { alert: 'EvenkeelReconciliationMismatch', labels: { chain: 'bay' } },
      { alert: 'EvenkeelHalted', labels: { scope: 'global' } },
      { alert: 'EvenkeelBreakerTripped', labels: { breaker: 'B-03' } },
    ],
    spends: true,
    async play(stage) {
      await stage.startTrading()
      await stage.reconciled('bay')
      stage.cause()
      await takeBack(stage, 1_000_000_000n)
    },
  },
  {
    name: 'the account has less coin than its reserve',
    alerts: [{ alert: 'EvenkeelGasLow', labels: { chain: 'anchor', account: 'treasury' } }],
    async play(stage) {
      stage.cause()
      await stage.start((file) => (file.chains['anchor']!.gasReserve = '25'))
    },
    async cure(stage) {
      await stage.kill()
      await stage.start()
    },
  },
  {
    name: 'the remote signer goes away',
    alerts: [{ alert: 'EvenkeelSignerErrors' }],
    spends: true,
    async play(stage) {
      // A node of the sandbox signs for the accounts that it knows.
      const signer = await startEndpoint(stage.chain('bay').rpcUrl)
      try {
        await stage.startTrading((file) => {
          file.signer = { kind: 'remote', urls: { bay: signer.url }, address: stage.world.treasury, timeoutSeconds: 5 }
        })
        stage.cause()
        signer.setUp(false)
        await until('the alert', 200_000, () => (stage.isOver() ? true : undefined))
      } finally {
        await signer.stop()
      }
    },
    async cure(stage) {
      await stage.kill()
      await stage.start()
    },
  },
  {
    name: 'an allowance is there again while nothing may be signed',
    alerts: [{ alert: 'EvenkeelUnexpectedAllowance' }],
    spends: true,
    async play(stage) {
      const daemon = await stage.startTrading()
      const approved = await until('a trade that is over with its approval', 200_000, async () => {
        const [row] = await stage.query<{ id: string; chain: string }>(usedApproval)
        return row
      })
      await stage.told(daemon, '/v1/halt', { reason: 'A scenario wants it.' })
      stage.cause()
      await restoreAllowance(stage, approved.chain, approved.id)
    },
    cure: (stage) => stage.told(stage.daemon(), '/v1/resume', { reason: 'A scenario wants it.' }),
  },
  {
    name: 'a bridge keeps what it was given',
    alerts: [{ alert: 'EvenkeelBridgeOverdue' }, { alert: 'EvenkeelBridgeLost' }],
    spends: true,
    async play(stage) {
      for (const bridge of ['swift', 'ferry']) stage.world.control.setBridge(bridge, { outcome: 'silent' })
      const daemon = await stage.start((file) => {
        aim(file, { ETH: '0.30', BTC: '0.35', LINK: '0.05', USDC: '0.20', USDT: '0.05', DAI: '0.05' })
        for (const bridge of Object.values(file.bridges)) {
          // Lost comes after late, and late is three times as long and a minute.
          bridge.expectedSeconds = 1
          bridge.lostAfterSeconds = 65
        }
      })
      await until('a crossing', 180_000, async () => {
        const { body } = await daemon.get('/v1/transfers?state=in_flight')
        return (body as { transfers: unknown[] }).transfers.length > 0 ? true : undefined
      })
      stage.cause()
    },
    // Somebody looks into every crossing, and nothing crosses any more.
    async cure(stage) {
      const daemon = stage.daemon()
      await stage.told(daemon, '/v1/pause', { reason: 'A scenario wants it.' })
      const lookedInto = new Set<string>()
      await until('every crossing to be looked into', 180_000, async () => {
        const rows = await stage.query<{ id: string; state: string }>(openCrossings)
        for (const { id } of rows.filter(({ state }) => state !== 'in_flight'))
          if (!lookedInto.has(id) && (await act(daemon, `/v1/transfers/${id}`, 'investigated'))) lookedInto.add(id)
        return rows.every(({ id }) => lookedInto.has(id)) ? true : undefined
      })
    },
  },
]

/** What a bridge kept. */
const openCrossings = `select id, state from transfers where state in ('in_flight', 'late', 'lost_suspected')`

/** Intents that are ordered to be cancelled, and of which no cancel is signed yet. */
const unreplaced = `
  select intents.id from cancel_orders join intents on intents.id = cancel_orders.intent_id
  where intents.state = 'signed'
    and not exists (select from attempts where attempts.intent_id = intents.id and attempts.payload = 'cancel')`

/** The approval of a leg of a cycle that has ended. */
const usedApproval = `
  select intents.id, intents.chain from intents join cycles on cycles.id = intents.cycle_id
  where intents.kind = 'approve' and intents.state = 'final_ok' and cycles.ended_at is not null limit 1`

/** Orders that an intent is not carried out. False where it has changed meanwhile. */
function cancel(daemon: DaemonProcess, id: string): Promise<boolean> {
  return act(daemon, `/v1/intents/${id}`, 'cancel')
}

/** Does something to what is looked at right before. False where it has changed meanwhile. */
async function act(daemon: DaemonProcess, what: string, deed: 'cancel' | 'investigated'): Promise<boolean> {
  const path = `${daemon.adminUrl}${what}`
  const authorization = `Bearer ${adminToken}`
  const etag = (await fetch(path, { headers: { authorization } })).headers.get('etag') ?? ''
  const { status } = await fetch(`${path}/${deed}`, {
    method: 'POST',
    headers: { authorization, 'if-match': etag, 'idempotency-key': randomUUID(), 'content-type': 'application/json' },
    body: JSON.stringify({ reason: 'A scenario wants it.' }),
  })
  return status === 202
}

const write = (chain: ReturnType<Stage['chain']>, address: Hex, slot: Hex, value: bigint) =>
  chain.publicClient.request<{ Method: string; Parameters: unknown[]; ReturnType: unknown }>({
    method: 'anvil_setStorageAt',
    params: [address, slot, numberToHex(value, { size: 32 })],
  })

/** Lowers what the treasury holds of USDC on bay, in the storage of the token, without a transaction. */
async function takeBack(stage: Stage, units: bigint): Promise<void> {
  const chain = stage.chain('bay')
  const { address } = chain.token('USDC')
  const owner = chain.addressOf('treasury')
  const held = await chain.publicClient.readContract({
    address,
    abi: erc20Abi,
    functionName: 'balanceOf',
    args: [owner],
  })
  // Balances are the fourth variable of the sandbox's tokens.
  const slot = keccak256(encodeAbiParameters([{ type: 'address' }, { type: 'uint256' }], [owner, 3n]))
  await write(chain, address, slot, held - units)
}

/** Writes the allowance that an approval gave and a trade used up into the token's storage once more. */
async function restoreAllowance(stage: Stage, chainKey: string, intentId: string): Promise<void> {
  const [row] = await stage.query<{ call: { to: Hex; data: Hex } }>('select call from intents where id = $1', [
    intentId,
  ])
  const { call } = row!
  const chain = stage.chain(chainKey)
  const spender = `0x${call.data.slice(34, 74)}` as const
  const owner = chain.addressOf('treasury')
  const slotOf = (slot: bigint) => {
    const inner = keccak256(encodeAbiParameters([{ type: 'address' }, { type: 'uint256' }], [owner, slot]))
    return keccak256(encodeAbiParameters([{ type: 'address' }, { type: 'bytes32' }], [spender, inner]))
  }
  const read = () =>
    chain.publicClient.readContract({
      address: call.to,
      abi: erc20Abi,
      functionName: 'allowance',
      args: [owner, spender],
    })
  for (let slot = 0n; slot < 12n && (await read()) === 0n; slot++) await write(chain, call.to, slotOf(slot), 1_000_000n)
  if ((await read()) === 0n) throw new Error(`The allowance of ${spender} could not be written.`)
}
