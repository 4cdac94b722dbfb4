import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { parseTransaction, recoverTransactionAddress } from 'viem'
import { JournaledSigner } from '../../src/adapters/signers/journaled-signer.js'
import type { KeyHolder } from '../../src/adapters/signers/key-holder.js'
import { type Address, type Hex, sameAddress } from '../../src/domain/assets.js'
import { Failpoints } from '../../src/ports/failpoints.js'
import { SignerError, type SignRequest } from '../../src/ports/signer.js'
import { addressOf } from './builders.js'
import { RecordingObserver } from './fake-ports.js'
import { MemoryJournal } from './memory-journal.js'

/** A sandbox chain: the only kind on which every key holder signs. */
export const CHAIN_ID = 9_710_001

export function aRequest(account: Address, changes: Partial<SignRequest> = {}): SignRequest {
  const transaction = {
    chainId: CHAIN_ID,
    nonce: 4,
    to: addressOf(0xf1),
    data: '0x095ea7b3' as Hex,
    value: 0n,
    gasLimit: 210_000n,
    maxFeePerGas: 30_000_000_000n,
    maxPriorityFeePerGas: 0n,
  }
  return { intentId: 'leg-1.swap.1', epoch: 1, account, payload: 'step', transaction, ...changes }
}

/** A signer on a journal of its own that is open for the account. */
export function signerOn(keys: KeyHolder, changes: Partial<ConstructorParameters<typeof JournaledSigner>[0]> = {}) {
  const [journal, observer] = [new MemoryJournal(), new RecordingObserver()]
  const deps = { keys, journal, observer, chainIds: [CHAIN_ID], failpoints: new Failpoints() }
  const signer = new JournaledSigner({ ...deps, onFenced: () => undefined, ...changes })
  for (const account of keys.accounts()) signer.admit(CHAIN_ID, account)
  return { signer, journal, observer }
}

/** How a promise failed, by the kind of the signer's error. */
export async function refusalOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'none',
    (error: unknown) => {
      if (error instanceof SignerError) return error.kind
      throw error
    },
  )
}

/** What every holder of keys does behind the journal. */
export function describeSigner(
  name: string,
  open: () => Promise<{ keys: KeyHolder; close: () => Promise<void> }>,
): void {
  describe(`Signer: ${name}`, () => {
    let keys: KeyHolder
    let close: () => Promise<void>
    let account: Address
    beforeAll(async () => {
      ;({ keys, close } = await open())
      account = keys.accounts()[0]!
    }, 60_000)
    afterAll(() => close())

    test('R-11: signs exactly what was asked for, for whom it was asked', async () => {
      const { signer, journal, observer } = signerOn(keys)
      const asked = aRequest(account)
      const { raw } = await signer.sign(asked)
      expect(
        sameAddress(await recoverTransactionAddress({ serializedTransaction: raw as `0x02${string}` }), account),
      ).toBe(true)
      const { gasLimit, maxPriorityFeePerGas: _none, value: _nothing, ...fields } = asked.transaction
      expect(parseTransaction(raw)).toMatchObject({ type: 'eip1559', ...fields, gas: gasLimit })
      expect(journal.entries).toMatchObject([{ nonce: 4, payload: 'step', intentId: 'leg-1.swap.1', epoch: 1 }])
      expect(observer.of('signer-answered')).toMatchObject([{ outcome: 'signed' }])
    })

    test('R-05, R-10: replaces with higher fees and cancels, and signs no second payload', async () => {
      const { signer } = signerOn(keys)
      const asked = aRequest(account)
      await signer.sign(asked)
      const fees = { maxFeePerGas: 40_000_000_000n, maxPriorityFeePerGas: 2_000_000_000n }
      const dearer = await signer.sign({ ...asked, transaction: { ...asked.transaction, ...fees } })
      expect(parseTransaction(dearer.raw)).toMatchObject({ nonce: 4, data: asked.transaction.data, ...fees })
      const nothing = { ...asked.transaction, ...fees, to: account, data: '0x' as Hex, gasLimit: 21_000n }
      const cancel = await signer.sign({ ...asked, payload: 'cancel', transaction: nothing })
      expect(parseTransaction(cancel.raw)).toMatchObject({ nonce: 4, to: account.toLowerCase(), gas: 21_000n })
      const other = { ...asked.transaction, data: '0x095ea7b4' as Hex }
      expect(await refusalOf(signer.sign({ ...asked, transaction: other }))).toBe('refused')
    })

    test('S-03: nothing but the fields of an EIP-1559 transaction gets to the key', async () => {
      const { signer } = signerOn(keys)
      const asked = aRequest(account)
      const authorization = { address: addressOf(0xbad), chainId: 0, nonce: 0, r: '0x1', s: '0x1', yParity: 0 }
      const smuggled = { type: 'eip7702', authorizationList: [authorization], accessList: [{ address: addressOf(1) }] }
      const { raw } = await signer.sign({ ...asked, transaction: { ...asked.transaction, ...smuggled } })
      const parsed = parseTransaction(raw)
      expect(parsed.type).toBe('eip1559')
      expect(parsed).not.toHaveProperty('authorizationList')
      expect(parsed).not.toHaveProperty('accessList')
    })
  })
}
