import { describe, expect, test } from '@jest/globals'
import { numberToHex, parseTransaction, serializeTransaction } from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import { addressOf, OWNER } from '../../../test/support/builders.js'
import { aRequest, CHAIN_ID, describeSigner, refusalOf, signerOn } from '../../../test/support/signer-contract.js'
import type { Address, Hex } from '../../domain/assets.js'
import { InvariantError } from '../../domain/errors.js'
import type { UnsignedTransaction } from '../../ports/chain.js'
import { type CrashPoint, Failpoints } from '../../ports/failpoints.js'
import { SignerError, type SignRequest } from '../../ports/signer.js'
import { KeyHolder, NoKeys } from './key-holder.js'
import { DevelopmentSigner } from './development-signer.js'

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const development = (index: number) => new DevelopmentSigner(index, (chainId) => chainId === CHAIN_ID)
const ours = development(0)

describeSigner('DevelopmentSigner', () => Promise.resolve({ keys: ours, close: () => Promise.resolve() }))

/** Claims to hold the owner's key, and answers with what a test makes of the right bytes. */
class Liar extends KeyHolder {
  asked = 0
  constructor(private readonly answer: (raw: Hex, transaction: UnsignedTransaction) => Hex | Promise<Hex>) {
    super()
  }

  override accounts(): readonly Address[] {
    return [OWNER]
  }

  override async signTransaction(account: Address, transaction: UnsignedTransaction): Promise<Hex> {
    this.asked += 1
    return this.answer(await ours.signTransaction(account, transaction), transaction)
  }
}

const change = (request: SignRequest, changes: Partial<UnsignedTransaction>): SignRequest => ({
  ...request,
  transaction: { ...request.transaction, ...changes },
})

describe('JournaledSigner', () => {
  test('F-54: bytes of another key are a broken invariant, and leave the signer as little as others', async () => {
    const other = mnemonicToAccount('test test test test test test test test test test test junk', { addressIndex: 1 })
    const { signer, observer } = signerOn(
      new Liar((_raw, { gasLimit: gas, ...fields }) => other.signTransaction({ ...fields, gas, type: 'eip1559' })),
    )
    const answer = signer.sign(aRequest(OWNER))
    await expect(answer).rejects.toThrow(InvariantError)
    await expect(answer).rejects.toThrow(`are signed by ${other.address}`)
    expect(observer.of('signer-answered')).toMatchObject([{ outcome: 'error' }])
  })

  test.each<[string, Partial<UnsignedTransaction>]>([
    ['chain id', { chainId: CHAIN_ID + 1 }],
    ['nonce', { nonce: 5 }],
    ['receiver', { to: addressOf(0xbad) }],
    ['calldata', { data: '0x095ea7b4' }],
    ['value', { value: 1n }],
    ['gas limit', { gasLimit: 210_001n }],
    ['fee', { maxFeePerGas: 30_000_000_001n }],
    ['tip', { maxPriorityFeePerGas: 1n }],
  ])('R-11: a signature over another %s is a broken invariant', async (_field, changes) => {
    const all = new DevelopmentSigner(0, () => true)
    const { signer } = signerOn(new Liar((_raw, asked) => all.signTransaction(OWNER, { ...asked, ...changes })))
    await expect(signer.sign(aRequest(OWNER))).rejects.toThrow(/are not the transaction asked for/)
  })

  test('R-11: a high s, an access list, bytes after the end and no transaction at all are broken invariants', async () => {
    const rewrite = (raw: Hex, changes: object, flip = false) => {
      const { r, s, yParity, ...fields } = parseTransaction(raw)
      const signature = flip
        ? { r: r!, s: numberToHex(ORDER - BigInt(s!), { size: 32 }), yParity: 1 - yParity! }
        : { r: r!, s: s!, yParity: yParity! }
      return serializeTransaction({ ...fields, ...changes } as never, signature)
    }
    const answers: [(raw: Hex) => Hex, RegExp][] = [
      [(raw) => rewrite(raw, {}, true), /high s/],
      [(raw) => rewrite(raw, { accessList: [{ address: OWNER, storageKeys: [] }] }), /not the transaction asked for/],
      [(raw) => `${raw}00`, /not the transaction asked for/],
      [() => '0x', /not the transaction asked for/],
    ]
    for (const [answer, reason] of answers)
      await expect(signerOn(new Liar(answer)).signer.sign(aRequest(OWNER))).rejects.toThrow(reason)
  })

  test('S-03: chains that are not configured and what is no transaction are refused before the journal', async () => {
    const keys = new Liar((raw) => raw)
    const { signer, journal, observer } = signerOn(keys)
    signer.admit(1, OWNER)
    const asked = aRequest(OWNER)
    for (const wrong of [
      change(asked, { chainId: 1 }),
      change(asked, { to: '0x12' }),
      change(asked, { data: 'calldata' as Hex }),
      change(asked, { maxPriorityFeePerGas: 31_000_000_000n }),
      change(asked, { value: -1n }),
    ])
      expect(await refusalOf(signer.sign(wrong))).toBe('refused')
    expect([journal.entries, keys.asked]).toEqual([[], 0])
    expect(new Set(observer.of('signer-answered').map(({ outcome }) => outcome))).toEqual(new Set(['refused']))
  })

  test('an account without a key is a broken invariant', async () => {
    await expect(signerOn(development(1)).signer.sign(aRequest(OWNER))).rejects.toThrow(/holds 0x70997970.*asked for/)
    await expect(signerOn(new NoKeys()).signer.sign(aRequest(OWNER))).rejects.toThrow(/holds no account/)
  })

  test('the development key signs on sandbox chains only', async () => {
    const { signer } = signerOn(ours, { chainIds: [CHAIN_ID, 1] })
    signer.admit(1, OWNER)
    const answer = signer.sign(change(aRequest(OWNER), { chainId: 1 }))
    await expect(answer).rejects.toThrow(/sandbox chains only/)
    expect(await refusalOf(answer)).toBe('refused')
  })

  test('R-15: an account is shut on a chain until the witnesses agreed on it', async () => {
    const { signer, journal } = signerOn(new DevelopmentSigner(0, () => true), { chainIds: [CHAIN_ID, CHAIN_ID + 1] })
    const elsewhere = change(aRequest(OWNER), { chainId: CHAIN_ID + 1 })
    expect(await refusalOf(signer.sign(elsewhere))).toBe('unavailable')
    expect(journal.entries).toEqual([])
    signer.admit(CHAIN_ID + 1, OWNER.toLowerCase() as Address)
    expect(await refusalOf(signer.sign(elsewhere))).toBe('none')
  })

  test('D-35: without its journal nothing is signed, and the key is not asked', async () => {
    const keys = new Liar((raw) => raw)
    const { signer, journal, observer } = signerOn(keys)
    journal.isDead = true
    const questions = [
      signer.sign(aRequest(OWNER)),
      signer.fence(2),
      signer.lastJournaled(CHAIN_ID, OWNER),
      signer.isJournaled(CHAIN_ID, OWNER, 4),
    ]
    expect(await Promise.all(questions.map(refusalOf))).toEqual(questions.map(() => 'unavailable'))
    expect(keys.asked).toBe(0)
    expect(observer.of('signer-answered').map(({ outcome }) => outcome)).toEqual(questions.map(() => 'error'))
  })

  test('F-53: a key that cannot be reached leaves a nonce that the same may be asked for again', async () => {
    let isDown = true
    const { signer, journal } = signerOn(
      new Liar((raw) => {
        if (isDown) throw new SignerError('unavailable', 'Throttled.')
        return raw
      }),
    )
    expect(await refusalOf(signer.sign(aRequest(OWNER)))).toBe('unavailable')
    expect(await signer.isJournaled(CHAIN_ID, OWNER, 4)).toBe(true)
    isDown = false
    expect(await refusalOf(signer.sign(change(aRequest(OWNER), { data: '0x12' })))).toBe('refused')
    expect(await refusalOf(signer.sign(aRequest(OWNER)))).toBe('none')
    expect(new Set(journal.entries.map(({ digest }) => digest)).size).toBe(1)
  })

  test('B-14: an earlier epoch is fenced, tells the process to end, and is told as such', async () => {
    const ends: unknown[] = []
    const { signer, journal, observer } = signerOn(ours, { onFenced: (error) => void ends.push(error) })
    await signer.fence(2)
    expect(await refusalOf(signer.sign(aRequest(OWNER)))).toBe('fenced')
    expect(ends).toEqual([expect.objectContaining({ kind: 'fenced' })])
    expect(await refusalOf(signer.fence(1))).toBe('fenced')
    expect(await refusalOf(signer.sign(aRequest(OWNER, { epoch: 2 })))).toBe('none')
    expect(journal.entries).toHaveLength(1)
    expect(observer.of('signer-answered').map(({ outcome }) => outcome)).toEqual(['fenced', 'fenced', 'signed'])
    expect(observer.of('signer-answered').every(({ seconds }) => seconds >= 0)).toBe(true)
  })

  test('K-06 comes before the journal and K-07 before the key; after both the same is signed again', async () => {
    const keys = new Liar((raw) => raw)
    class Deadly extends Failpoints {
      readonly passed: CrashPoint[] = []
      constructor(private readonly at: CrashPoint | undefined) {
        super()
      }
      override reach(point: CrashPoint): Promise<void> {
        this.passed.push(point)
        return point === this.at ? Promise.reject(new Error(`Killed at ${point}.`)) : Promise.resolve()
      }
    }
    const { journal } = signerOn(keys)
    const life = (at?: CrashPoint) =>
      signerOn(keys, { journal, failpoints: new Deadly(at) }).signer.sign(aRequest(OWNER))
    await expect(life('K-06')).rejects.toThrow('Killed at K-06.')
    expect([journal.entries.length, keys.asked]).toEqual([0, 0])
    await expect(life('K-07')).rejects.toThrow('Killed at K-07.')
    expect([journal.entries.length, keys.asked]).toEqual([1, 0])
    const failpoints = new Deadly(undefined)
    const { raw } = await signerOn(keys, { journal, failpoints }).signer.sign(aRequest(OWNER))
    expect(parseTransaction(raw).nonce).toBe(4)
    expect(failpoints.passed).toEqual(['K-06', 'K-07'])
    expect(new Set(journal.entries.map(({ digest }) => digest)).size).toBe(1)
  })
})
