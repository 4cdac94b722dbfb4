import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import {
  createKeystore,
  keystoreAddress,
  KeystoreError,
  KeystoreSigner,
} from '../../src/adapters/signers/keystore-signer.js'
import { aRequest, describeSigner, signerOn } from '../support/signer-contract.js'

/** Test vectors of the Web3 Secret Storage definition, version 3: one key, one password. */
const VECTORS = {
  pbkdf2: {
    crypto: {
      cipher: 'aes-128-ctr',
      cipherparams: { iv: '6087dab2f9fdbbfaddc31a909735c1e6' },
      ciphertext: '5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46',
      kdf: 'pbkdf2',
      kdfparams: {
        c: 262_144,
        dklen: 32,
        prf: 'hmac-sha256',
        salt: 'ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd',
      },
      mac: '517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2',
    },
    id: '3198bc9c-6672-5ab3-d995-4942343ae5b6',
    version: 3,
  },
  scrypt: {
    crypto: {
      cipher: 'aes-128-ctr',
      cipherparams: { iv: '83dbcc02d8ccb40e466191a123791e0e' },
      ciphertext: 'd172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c',
      kdf: 'scrypt',
      kdfparams: {
        dklen: 32,
        n: 262_144,
        p: 8,
        r: 1,
        salt: 'ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19',
      },
      mac: '2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097',
    },
    id: '3198bc9c-6672-5ab3-d995-4942343ae5b6',
    version: 3,
  },
}
const VECTOR_PASSWORD = 'testpassword'
const VECTOR_ADDRESS = '0x008AeEda4D805471dF9b2A5B0f38A0C3bCBA786b'
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
  test.each(['pbkdf2', 'scrypt'] as const)('the vector with %s opens to the key it was made of', async (kdf) => {
    const file = await write(`${kdf}.json`, VECTORS[kdf])
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
      [async () => keystoreAddress(await write('nameless.json', VECTORS.pbkdf2)), /names no address/],
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
