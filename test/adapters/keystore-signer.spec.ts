import { createCipheriv, pbkdf2Sync, scryptSync } from 'node:crypto'
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { keccak256 } from 'viem'
import {
  createKeystore,
  keystoreAddress,
  KeystoreError,
  KeystoreSigner,
} from '../../src/adapters/signers/keystore-signer.js'
import { aRequest, describeSigner, signerOn } from '../support/signer-contract.js'

/** Key, password and address of the vectors in the definition of Web3 Secret Storage, version 3. */
const VECTOR_KEY = '7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d'
const VECTOR_PASSWORD = 'testpassword'
const VECTOR_ADDRESS = '0x008AeEda4D805471dF9b2A5B0f38A0C3bCBA786b'

/** The keystore of that key, made by OpenSSL as the definition says, with few rounds. */
function foreignKeystore(kdf: 'pbkdf2' | 'scrypt') {
  const [salt, iv] = [Buffer.alloc(32, 7), Buffer.alloc(16, 9)]
  const derived =
    kdf === 'scrypt'
      ? scryptSync(VECTOR_PASSWORD, salt, 32, { N: FEW_ROUNDS, r: 8, p: 1 })
      : pbkdf2Sync(VECTOR_PASSWORD, salt, FEW_ROUNDS, 32, 'sha256')
  const cipher = createCipheriv('aes-128-ctr', derived.subarray(0, 16), iv)
  const ciphertext = Buffer.concat([cipher.update(VECTOR_KEY, 'hex'), cipher.final()])
  const rounds = kdf === 'scrypt' ? { n: FEW_ROUNDS, r: 8, p: 1 } : { c: FEW_ROUNDS, prf: 'hmac-sha256' }
  return {
    crypto: {
      cipher: 'aes-128-ctr',
      cipherparams: { iv: iv.toString('hex') },
      ciphertext: ciphertext.toString('hex'),
      kdf,
      kdfparams: { ...rounds, dklen: 32, salt: salt.toString('hex') },
      mac: keccak256(Buffer.concat([derived.subarray(16, 32), ciphertext])).slice(2),
    },
    id: '3198bc9c-6672-5ab3-d995-4942343ae5b6',
    version: 3,
  }
}
/** Enough rounds for a test. */
const FEW_ROUNDS = 1_024

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evenkeel-keystore-'))
  await writeFile(path('password'), 'correct horse\n')
})
afterAll(() => rm(folder, { recursive: true }))
const path = (name: string) => join(folder, name)
const write = async (name: string, content: unknown) => {
  await writeFile(path(name), typeof content === 'string' ? content : JSON.stringify(content))
  return path(name)
}
const open = (file: string, passwordFile = path('password')) => KeystoreSigner.open({ file, passwordFile })
const create = (file: string, passwordFile = path('password')) => createKeystore({ file, passwordFile }, FEW_ROUNDS)

describeSigner('KeystoreSigner', async () => {
  const file = path('contract.json')
  await create(file)
  return { keys: await open(file), close: () => Promise.resolve() }
})

describe('a keystore', () => {
  test.each(['pbkdf2', 'scrypt'] as const)('that another program made with %s opens to its key', async (kdf) => {
    const file = await write(`${kdf}.json`, foreignKeystore(kdf))
    const keys = await open(file, await write('vector-password', VECTOR_PASSWORD))
    expect(keys.accounts()).toEqual([VECTOR_ADDRESS])
    await signerOn(keys).signer.sign(aRequest(VECTOR_ADDRESS))
  })

  test('is made with a new key each time, for its owner to read, and names its address', async () => {
    const address = await create(path('one.json'))
    expect(await create(path('other.json'))).not.toBe(address)
    expect((await stat(path('one.json'))).mode & 0o777).toBe(0o600)
    expect(await keystoreAddress(path('one.json'))).toBe(address)
    expect((await open(path('one.json'))).accounts()).toEqual([address])
    expect(JSON.parse(await readFile(path('one.json'), 'utf8'))).toMatchObject({
      version: 3,
      crypto: { kdf: 'scrypt' },
    })
  })

  test('is never overwritten', async () => {
    const file = await write('precious.json', 'precious')
    await expect(create(file)).rejects.toThrow(`${file} exists, and a keystore is never overwritten.`)
    expect(await readFile(file, 'utf8')).toBe('precious')
    await expect(create(path('nowhere/new.json'))).rejects.toThrow(/cannot be written \(ENOENT\)/)
  })

  test('opens when written in upper case, as some wallets do', async () => {
    const file = path('upper.json')
    const address = await create(file)
    const { address: named, ...rest } = JSON.parse(await readFile(file, 'utf8')) as { address: string }
    await write('upper.json', { ...rest, Address: `0x${named.toUpperCase()}` })
    expect((await open(file)).accounts()).toEqual([address])
  })

  test('that cannot be used says what was expected, in one line and without a secret', async () => {
    const good = path('good.json')
    await create(good)
    const keystore = JSON.parse(await readFile(good, 'utf8')) as { crypto: object }
    const other = await create(path('another.json'))
    const wrong = await write('wrong', 'battery staple')
    const failures: [() => Promise<unknown>, RegExp][] = [
      [() => open(path('missing.json')), /missing\.json cannot be read \(ENOENT\); expected the keystore\./],
      [() => open(good, path('missing')), /missing cannot be read \(ENOENT\); expected the password\./],
      [
        async () => open(good, await write('empty', '\n')),
        /empty is empty; expected the password of the keystore on one line/,
      ],
      [() => open(good, wrong), /The password in .*wrong does not open .*good\.json\./],
      [
        async () => open(await write('broken.json', '{"version": 3')),
        /is no keystore; expected JSON of Web3 Secret Storage/,
      ],
      [async () => open(await write('list.json', '[3]')), /is no keystore/],
      [async () => open(await write('v1.json', { version: 1, crypto: {} })), /is no keystore/],
      [async () => open(await write('half.json', { version: 3, crypto: {} })), /half\.json cannot be opened: /],
      [
        async () => open(await write('kdf.json', { ...keystore, crypto: { ...keystore.crypto, kdf: 'argon2' } })),
        /cannot be opened/,
      ],
      [async () => open(await write('odd.json', { ...keystore, address: 'nobody' })), /names no proper address/],
      [
        async () => open(await write('swapped.json', { ...keystore, address: other.slice(2) })),
        new RegExp(`Expected the key of ${other}, which .*swapped\\.json names, but it holds that of 0x`),
      ],
      [async () => keystoreAddress(await write('nameless.json', foreignKeystore('pbkdf2'))), /names no address/],
    ]
    for (const [failure, message] of failures) {
      const error = await failure().catch((one: unknown) => one)
      expect(error).toBeInstanceOf(KeystoreError)
      expect((error as Error).message).toMatch(message)
      expect((error as Error).message).not.toMatch(/\n|correct horse|battery staple/)
    }
  })

  test('that its reader may not read is told as such', async () => {
    const file = path('closed.json')
    await create(file)
    await chmod(file, 0o000)
    const isRoot = process.getuid?.() === 0
    await expect(isRoot ? open(folder) : open(file)).rejects.toThrow(/cannot be read \((EACCES|EISDIR)\)/)
  })
})
