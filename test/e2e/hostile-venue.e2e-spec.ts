import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { erc20Abi } from 'viem'
import { leftAllowances } from '../../sandbox/demo/audit.js'
import type { Fault } from '../../sandbox/faults.js'
import { type DaemonProcess, startDaemon } from '../support/daemon-process.js'
import { createTestDatabase, type TestDatabase } from '../support/database.js'
import { cyclesOf, lastWords, playScenario } from '../support/rally.js'
import { type SandboxWorld, startSandboxWorld } from '../support/sandbox-world.js'
import { until } from '../support/until.js'

jest.setTimeout(90_000)

let world: SandboxWorld
let database: TestDatabase
let daemon: DaemonProcess

beforeAll(async () => {
  database = await createTestDatabase()
  world = await startSandboxWorld('rally')
  await playScenario(world)
}, 90_000)

afterAll(async () => {
  await daemon?.kill()
  await world?.stop()
  await database?.drop()
}, 30_000)

/** What the treasury holds of every token, by chain and symbol. */
async function holdings(): Promise<Record<string, bigint>> {
  const found: Record<string, bigint> = {}
  for (const { key, publicClient, tokens } of world.chains)
    for (const [symbol, { address }] of Object.entries(tokens))
      found[`${key} ${symbol}`] = await publicClient.readContract({
        address,
        abi: erc20Abi,
        functionName: 'balanceOf',
        args: [world.treasury],
      })
  return found
}

describe('both aggregators lie about', () => {
  const lies: [string, Extract<Fault, { kind: 'wrong' }>['what']][] = [
    ['the receiver in the calldata (F-01)', 'receiver'],
    ['the spender (F-05)', 'spender'],
    ['the contract to call (F-03)', 'target'],
    ['the amount sold (F-10)', 'amount'],
  ]

  it.each(lies)('%s: nothing is sold and no allowance stays', async (_name, what) => {
    for (const api of ['lifi', 'zeroex'] as const) world.control.setFault(api, { kind: 'wrong', what })
    const before = await holdings()
    const seen = daemon ? (await cyclesOf(daemon)).length : 0
    daemon ??= await startDaemon({
      config: await world.config((file) => (file.portfolios['treasury']!.rebalancing.cooldownSeconds = 0), {
        schedule: '*/3 * * * * *',
      }),
      databaseUrl: database.url,
    })
    await until(
      'a cycle with legs that ends rejected',
      60_000,
      async () => {
        const fresh = (await cyclesOf(daemon)).slice(0, -seen || undefined)
        return fresh.some(({ outcome, legs }) => outcome === 'rejected' && legs > 0) ? true : undefined
      },
      () => lastWords(daemon),
    )
    expect(await holdings()).toEqual(before)
    expect(await leftAllowances(world.chains, world.treasury)).toEqual([])
  })
})
