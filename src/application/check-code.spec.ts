import { describe, expect, test } from '@jest/globals'
import { addressOf, hashOf } from '../../test/support/builders.js'
import { FakeChain } from '../../test/support/fake-chain.js'
import { FakeClock } from '../../test/support/fake-clock.js'
import { RecordingObserver } from '../../test/support/fake-ports.js'
import { MemoryRows, MemoryStore } from '../../test/support/memory-store.js'
import type { CallClaim } from '../domain/policy/firewall.js'
import type { AllowedContracts } from '../domain/policy/limits.js'
import { CheckCode } from './check-code.js'
import { TripBreaker } from './trip-breaker.js'

const [router, settler, registry] = [addressOf(0x11), addressOf(0x12), addressOf(0x13)]
const call = { chain: 'alpha', to: router, data: '0x12345678' as const, value: 0n }
const claim: CallClaim = {
  selector: '0x12345678',
  name: 'trade',
  sells: { token: addressOf(1), units: 1n },
  buys: { token: addressOf(2), minimumUnits: 1n },
  receivers: [],
  bridge: undefined,
  deadlines: [],
  nested: [],
  delegates: [{ to: settler, selector: '0x1fff991f' }],
}
const PASSED_MS = 5_000

function aProcess() {
  const clock = new FakeClock()
  const chain = new FakeChain({ alpha: 901 }, () => clock.now())
  const observer = new RecordingObserver()
  const rows = new MemoryRows()
  const start = () => {
    const store = new MemoryStore(rows)
    return new CheckCode({ chain, store, tripBreaker: new TripBreaker({ store, clock, observer }), clock })
  }
  const store = new MemoryStore(rows)
  const ask = (checkCode: CheckCode, allowed: Partial<AllowedContracts> = {}) => {
    clock.pass(PASSED_MS)
    return checkCode.run({ venue: 'swaps', call, claim, allowed: { targets: [], spenders: [], ...allowed } })
  }
  return { chain, store, start, ask }
}

describe('CheckCode (C-04)', () => {
  test('believes code as it was first seen, in every later process', async () => {
    const { start, ask } = aProcess()
    expect([await ask(start()), await ask(start())]).toEqual([undefined, undefined])
  })

  test.each([
    ['the router', router],
    ['the contract the sold token is lent to', settler],
  ])(
    'F-15: changed code of %s is CODE_HASH_CHANGED and stops the venue, in a later process too',
    async (_what, contract) => {
      const { chain, store, start, ask } = aProcess()
      await ask(start())
      chain.codes.set(contract, hashOf(0xbad))
      const checkCode = start()
      expect((await ask(checkCode))?.code).toBe('CODE_HASH_CHANGED')
      expect((await ask(checkCode))?.code).toBe('CODE_HASH_CHANGED')
      expect(await store.breakers({ isOpen: true, limit: 9 })).toMatchObject([
        { code: 'B-11', scope: 'venue:swaps', level: 'paused_new' },
      ])
      expect(await store.operatingStates()).toMatchObject([
        { scope: 'venue:swaps', level: 'paused_new', by: 'breaker' },
      ])
    },
  )

  test('a configured fingerprint counts instead of what was first seen, whatever the letter case of the contract', async () => {
    const { chain, start, ask } = aProcess()
    const upper = `0x${router.slice(2).toUpperCase()}`
    chain.codes.set(router, hashOf(1))
    expect((await ask(start(), { codeHashes: { [upper]: [hashOf(2)] } }))?.code).toBe('CODE_HASH_CHANGED')
    expect(await ask(start(), { codeHashes: { [upper]: [hashOf(2), hashOf(1)] } })).toBeUndefined()
    chain.codes.set(router, hashOf(2))
    expect(await ask(start(), { codeHashes: { [upper]: [hashOf(2), hashOf(1)] } })).toBeUndefined()
  })

  test('a Settler that the registry does not know is TARGET_NOT_ALLOWED, and so is each while it is paused', async () => {
    const { chain, start, ask } = aProcess()
    const allowed = { settlerRegistry: registry }
    expect((await ask(start(), allowed))?.detail).toContain('its registry knows none at the moment')
    chain.genuine.set('alpha', [router])
    expect((await ask(start(), allowed))?.code).toBe('TARGET_NOT_ALLOWED')
    chain.genuine.set('alpha', [router, settler])
    expect(await ask(start(), allowed)).toBeUndefined()
  })

  test('a chain that does not answer is no verdict', async () => {
    const { chain, start, ask } = aProcess()
    const checkCode = start()
    await ask(checkCode)
    chain.silent.add('alpha')
    await expect(ask(checkCode)).rejects.toThrow(/alpha/)
  })
})
