import { expect, test } from '@jest/globals'
import { developmentSigner, requireSigner } from './keys.js'
import { SignerError } from './ports/signer.js'

const fails = (error: Error) => () => Promise.reject(error)

test('a build without the development signer says so in one line', async () => {
  const missing = Object.assign(new Error('no such module'), { code: 'ERR_MODULE_NOT_FOUND' })
  const answer = developmentSigner(fails(missing))
  await expect(answer).rejects.toThrow(SignerError)
  await expect(answer).rejects.toThrow(/^signer\.kind: expected none, keystore or remote, got development: [^\n]+$/)
})

test('a development signer that is there and broken is a fault of ours', async () => {
  const broken = new TypeError('undefined is not a function')
  await expect(developmentSigner(fails(broken))).rejects.toBe(broken)
})

test('a build from source has it, and the other kinds need nothing', async () => {
  await expect(requireSigner({ signer: { kind: 'development', index: 0 } })).resolves.toBeUndefined()
  await expect(requireSigner({ signer: { kind: 'none' } })).resolves.toBeUndefined()
})
