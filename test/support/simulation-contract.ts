import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Address, Token } from '../../src/domain/assets.js'
import type { Call } from '../../src/domain/planning/quote.js'
import { type Chain, SimulationError } from '../../src/ports/chain.js'
import { addressOf } from './builders.js'

/** A chain where the account has a thousand units of coin and nothing else. */
export interface SimulationUnderTest {
  readonly chain: Pick<Chain, 'simulate' | 'simulateAll' | 'rehearse' | 'approval'>
  readonly account: Address
  readonly coin: Token
  /** A contract that holds coin one for one. */
  readonly wrapped: Token
  /** A token that takes an approval only from or to zero. */
  readonly tether: Token
  wrap(units: bigint): Call
  unwrap(units: bigint): Call
  balance(token: Token): Promise<bigint>
  /** Set where nothing shows the events of what was played. */
  readonly eventsAreHidden?: true
  close(): Promise<void>
}

/** What every Chain does when it is told to play calls. */
export function describeSimulation(name: string, create: () => Promise<SimulationUnderTest>): void {
  describe(`Chain, simulating: ${name}`, () => {
    let on: SimulationUnderTest
    beforeAll(async () => {
      on = await create()
    }, 60_000)
    afterAll(() => on?.close())

    const play = (calls: readonly Call[], watched: readonly Token[] = [on.coin, on.wrapped]) =>
      on.chain.simulateAll(on.account, calls, watched)
    const failureOf = (playing: Promise<unknown>) =>
      playing.then(
        () => undefined,
        (error: unknown) => error,
      )

    test('each call finds what the ones before it left, and its own changes are told, gas left out', async () => {
      expect(await play([on.wrap(5n), on.unwrap(3n), on.wrap(4n)])).toEqual([
        [-5n, 5n],
        [3n, -3n],
        [-4n, 4n],
      ])
    })

    test('one call alone is simulated the same', async () => {
      expect(await on.chain.simulate(on.account, on.wrap(7n), [on.wrapped, on.coin])).toEqual([7n, -7n])
    })

    test('nothing of it happens', async () => {
      const before = await on.balance(on.coin)
      await play([on.wrap(5n)])
      expect([await on.balance(on.coin), await on.balance(on.wrapped)]).toEqual([before, 0n])
    })

    test('nothing watched, nothing told; nothing played, nothing either', async () => {
      expect(await play([on.wrap(1n), on.wrap(1n)], [])).toEqual([[], []])
      expect(await play([])).toEqual([])
    })

    test.each<[string, () => Call[], number]>([
      ['the only one', () => [on.unwrap(1n)], 0],
      ['the second, which needs more than the first brings', () => [on.wrap(2n), on.unwrap(3n)], 1],
      ['the first of two that fail', () => [on.wrap(2n), on.unwrap(3n), on.unwrap(4n)], 1],
    ])('names the call that fails: %s', async (_name, calls, index) => {
      const error = await failureOf(play(calls()))
      expect(error).toBeInstanceOf(SimulationError)
      expect(error).toMatchObject({ index, message: expect.stringMatching(/ would fail/) })
    })

    test('an approval that was played counts for the calls after it', async () => {
      const approve = (units: bigint) => on.chain.approval(on.tether, addressOf(0xdead), units)
      expect(await failureOf(play([approve(5n), approve(7n)]))).toMatchObject({ index: 1 })
      expect(await play([approve(5n), approve(0n), approve(7n)], [on.tether])).toEqual([[0n], [0n], [0n]])
    })

    test('C-09: tells of each call what it changes and uses, and of each allowance what it was and will be', async () => {
      const spender = addressOf(0xdead)
      const watch = {
        tokens: [on.coin, on.wrapped, on.tether],
        allowances: [
          { token: on.tether, spender },
          { token: on.tether, spender: addressOf(0xbeef) },
        ],
      }
      const calls = [on.chain.approval(on.tether, spender, 5n), on.wrap(3n)]
      const played = await on.chain.rehearse(on.account, calls, watch)
      expect(played.steps.map(({ changes }) => changes)).toEqual([
        [0n, 0n, 0n],
        [-3n, 3n, 0n],
      ])
      for (const { gasUsed } of played.steps) expect(gasUsed).toBeGreaterThan(21_000n)
      expect([played.allowancesBefore, played.allowances]).toEqual([
        [0n, 0n],
        [5n, 0n],
      ])
      const approved = played.approvals?.map(
        ({ token, spender: to, units }) => [token, to].join(' ').toLowerCase() + ` ${units}`,
      )
      expect(approved).toEqual(on.eventsAreHidden ? undefined : [`${on.tether.address} ${spender} 5`.toLowerCase()])
      expect(played.block.hash).toMatch(/^0x[0-9a-f]{64}$/)
      expect(played.endpoints.length).toBeGreaterThan(0)
    })

    test('calls on several chains are not played one after another', async () => {
      await expect(play([on.wrap(1n), { ...on.wrap(1n), chain: 'elsewhere' }])).rejects.toThrow(RangeError)
    })
  })
}
