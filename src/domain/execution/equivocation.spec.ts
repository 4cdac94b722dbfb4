import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { addressOf, hashOf, OWNER } from '../../../test/support/builders.js'
import { type JournalEntry, judgeClaim, judgeEpoch, type NonceClaim } from './equivocation.js'

const claim = (changes: Partial<NonceClaim> = {}): NonceClaim => ({
  chainId: 1,
  account: OWNER,
  nonce: 7,
  payload: 'step',
  digest: hashOf(1),
  maxFeePerGas: 100n,
  maxPriorityFeePerGas: 10n,
  epoch: 3,
  intentId: 'leg-1.swap.1',
  to: addressOf(0xf1),
  value: 0n,
  data: '0x12',
  ...changes,
})
const nothing = { payload: 'cancel', digest: hashOf(9), to: OWNER, value: 0n, data: '0x' } as const
const judge = (entries: readonly JournalEntry[], asked: NonceClaim, highest = entries.length > 0 ? 7 : undefined) =>
  judgeClaim({ epoch: 3, highest, entries }, asked)
const refused = (detail: RegExp) => ({ kind: 'refused', detail: expect.stringMatching(detail) as unknown })

describe('judgeClaim', () => {
  test('R-10: the first payload of a nonce is free, on an account that never signed at any nonce', () => {
    expect(judge([], claim())).toBeUndefined()
    expect(judge([], claim(), 6)).toBeUndefined()
  })

  test('K-07, K-08: the same may be asked for again', () => {
    expect(judge([claim()], claim())).toBeUndefined()
    expect(judge([claim()], claim({ intentId: 'leg-1.swap.1', epoch: 4 }))).toBeUndefined()
  })

  test('K-18, R-05: fees of the same payload stay or grow, each of them', () => {
    expect(judge([claim()], claim({ maxFeePerGas: 115n, maxPriorityFeePerGas: 12n }))).toBeUndefined()
    expect(judge([claim()], claim({ maxFeePerGas: 115n }))).toBeUndefined()
    expect(judge([claim()], claim({ maxFeePerGas: 99n }))).toEqual(refused(/100 and 10 wei were signed; 99 and 10 are/))
    expect(judge([claim()], claim({ maxFeePerGas: 200n, maxPriorityFeePerGas: 9n }))).toEqual(refused(/are less/))
    const replaced = [claim(), claim({ maxFeePerGas: 120n, maxPriorityFeePerGas: 12n })]
    expect(judge(replaced, claim({ maxFeePerGas: 110n, maxPriorityFeePerGas: 11n }))).toEqual(refused(/are less/))
  })

  test('R-10: a second payload for a nonce is refused, whatever it pays', () => {
    const other = claim({ digest: hashOf(2), maxFeePerGas: 1_000n, maxPriorityFeePerGas: 1_000n })
    expect(judge([claim()], other)).toEqual(refused(/the step 0x0+1 was signed; 0x0+2 is another one/))
  })

  test('R-05: a cancel is a transfer of nothing to ourselves; its fees are its own', () => {
    const fees = { maxFeePerGas: 1n, maxPriorityFeePerGas: 1n }
    expect(judge([claim()], claim({ ...nothing, ...fees }))).toBeUndefined()
    expect(judge([claim(), claim({ ...nothing, ...fees })], claim())).toBeUndefined()
    for (const change of [{ to: addressOf(0xf1) }, { value: 1n }, { data: '0x00' }] as const)
      expect(judge([claim()], claim({ ...nothing, ...change }))).toEqual(refused(/A cancel is a transfer of nothing/))
    const lowered = claim({ ...nothing, maxFeePerGas: 99n })
    expect(judge([claim(nothing)], lowered)).toEqual(refused(/are less/))
  })

  test('R-10: an older nonce is open only to what replaces or cancels something signed for it', () => {
    expect(judge([], claim(), 8)).toEqual(refused(/have reached nonce 8 and passed nonce 7/))
    expect(judge([], claim(nothing), 8)).toEqual(refused(/passed nonce 7/))
    expect(judge([claim()], claim(), 8)).toBeUndefined()
    expect(judge([claim()], claim(nothing), 8)).toBeUndefined()
  })

  test('4.11: an epoch lower than one seen is fenced, and nothing else is looked at', () => {
    const fenced = { kind: 'fenced', detail: expect.stringMatching(/serves epoch 3, asked for epoch 2/) as unknown }
    expect(judge([claim()], claim({ epoch: 2, digest: hashOf(2) }))).toEqual(fenced)
    expect(judgeEpoch(3, 2)).toEqual(fenced)
    expect(judgeEpoch(3, 3)).toBeUndefined()
  })
})

/** What a journal that keeps the rule has signed, in order. */
class Journal {
  readonly signed: NonceClaim[] = []
  epoch = 0

  fence(epoch: number): void {
    if (!judgeEpoch(this.epoch, epoch)) this.epoch = epoch
  }

  sign(asked: NonceClaim): boolean {
    const own = this.signed.filter(({ chainId }) => chainId === asked.chainId)
    const highest = own.length > 0 ? Math.max(...own.map(({ nonce }) => nonce)) : undefined
    const entries = own.filter(({ nonce }) => nonce === asked.nonce)
    if (judgeClaim({ epoch: this.epoch, highest, entries }, asked)) return false
    this.epoch = asked.epoch
    this.signed.push(asked)
    return true
  }
}

/** The model remembers the first payload and the highest fees of each nonce, and the epoch: nothing else matters. */
interface Model {
  epoch: number
  readonly highest: Map<number, number>
  readonly nonces: Map<string, { digest: string; fees: readonly [bigint, bigint] }>
}

class Sign implements fc.Command<Model, Journal> {
  constructor(private readonly asked: NonceClaim) {}
  check = () => true
  run(model: Model, journal: Journal): void {
    const { chainId, nonce, payload, epoch, maxFeePerGas, maxPriorityFeePerGas, digest } = this.asked
    const key = (one: string) => `${chainId}:${nonce}:${one}`
    const before = model.nonces.get(key(payload))
    const isKnown = model.nonces.has(key('step')) || model.nonces.has(key('cancel'))
    const isAllowed =
      epoch >= model.epoch &&
      (isKnown || nonce >= (model.highest.get(chainId) ?? 0)) &&
      (before === undefined ||
        (before.digest === digest && maxFeePerGas >= before.fees[0] && maxPriorityFeePerGas >= before.fees[1]))
    if (journal.sign(this.asked) !== isAllowed) throw new Error(`Expected ${String(isAllowed)} of ${this.toString()}.`)
    if (!isAllowed) return
    model.epoch = epoch
    model.highest.set(chainId, Math.max(nonce, model.highest.get(chainId) ?? 0))
    model.nonces.set(key(payload), { digest, fees: [maxFeePerGas, maxPriorityFeePerGas] })
  }
  toString = () => `sign(${this.asked.payload} ${this.asked.nonce} for epoch ${this.asked.epoch})`
}

class Fence implements fc.Command<Model, Journal> {
  constructor(private readonly epoch: number) {}
  check = () => true
  run(model: Model, journal: Journal): void {
    journal.fence(this.epoch)
    model.epoch = Math.max(model.epoch, this.epoch)
    if (journal.epoch !== model.epoch) throw new Error(`Expected epoch ${model.epoch}, got ${journal.epoch}.`)
  }
  toString = () => `fence(${this.epoch})`
}

const asked = fc
  .record({
    chainId: fc.constantFrom(1, 2),
    nonce: fc.integer({ min: 0, max: 3 }),
    epoch: fc.integer({ min: 0, max: 4 }),
    isCancel: fc.boolean(),
    content: fc.integer({ min: 1, max: 2 }),
    maxFeePerGas: fc.bigInt({ min: 1n, max: 4n }),
    maxPriorityFeePerGas: fc.bigInt({ min: 0n, max: 2n }),
  })
  .map(({ isCancel, content, ...fields }) =>
    claim({ ...fields, ...(isCancel ? nothing : { digest: hashOf(content) }) }),
  )

describe('a signer that keeps the rule', () => {
  const commands = [asked.map((one) => new Sign(one)), fc.integer({ min: 0, max: 4 }).map((epoch) => new Fence(epoch))]

  test('P-11: for each nonce everything signed differs in fees only, or is the cancel; P-12: epochs never fall', () => {
    fc.assert(
      fc.property(fc.commands(commands, { maxCommands: 60 }), (steps) => {
        const journal = new Journal()
        fc.modelRun(() => ({ model: { epoch: 0, highest: new Map(), nonces: new Map() }, real: journal }), steps)
        const payloads = new Map<string, Set<string>>()
        for (const { chainId, nonce, payload, to, value, data, digest } of journal.signed) {
          if (payload === 'cancel') expect([to, value, data]).toEqual([OWNER, 0n, '0x'])
          const key = `${chainId}:${nonce}:${payload}`
          payloads.set(key, (payloads.get(key) ?? new Set()).add(digest))
        }
        expect([...payloads.values()].filter(({ size }) => size > 1)).toEqual([])
        const epochs = journal.signed.map(({ epoch }) => epoch)
        expect(epochs).toEqual(epochs.toSorted((a, b) => a - b))
      }),
      { numRuns: 300 },
    )
  })
})
