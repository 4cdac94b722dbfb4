import { open, readFile } from 'node:fs/promises'
import { Wallet } from '@ethereumjs/wallet'
import { bytesToHex, getAddress } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { type Address, type Hex, sameAddress } from '../../domain/assets.js'
import { LocalKey } from './local-key.js'

/** A keystore cannot be used or written. One message for a person, without anything secret. */
export class KeystoreError extends Error {
  override readonly name = 'KeystoreError'
}

/** Rounds of scrypt for a new keystore: about a second of work and 256 MiB for every guess of the password. */
const SCRYPT_N = 262_144

/**
 * Signs with the key of a Web3 Secret Storage file, version 3 (scrypt or PBKDF2). The key is decrypted once, at start,
 * and lies in this process' memory from then on.
 */
export class KeystoreSigner extends LocalKey {
  static async open(paths: { file: string; passwordFile: string }): Promise<KeystoreSigner> {
    const password = await readPassword(paths.passwordFile)
    const keystore = await readKeystore(paths.file)
    const account = privateKeyToAccount(await decrypt(paths, keystore.text, password))
    if (keystore.address !== undefined && !sameAddress(keystore.address, account.address))
      throw new KeystoreError(
        `Expected the key of ${keystore.address}, which ${paths.file} names, but it holds that of ${account.address}. Use the file as it was written.`,
      )
    return new KeystoreSigner(account)
  }
}

/** Writes a new random key, readable by its owner only, and never over a file that is there. Its address. */
export async function createKeystore(
  { file, passwordFile }: { file: string; passwordFile: string },
  scryptN = SCRYPT_N,
): Promise<Address> {
  const password = await readPassword(passwordFile)
  // The file is taken before a key exists, so that no key is made that lies nowhere.
  const target = await open(file, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    throw new KeystoreError(
      error.code === 'EEXIST'
        ? `${file} exists, and a keystore is never overwritten. Name another file.`
        : `${file} cannot be written (${codeOf(error)}).`,
    )
  })
  try {
    const wallet = Wallet.generate()
    await target.writeFile(`${await wallet.toV3String(password, { kdf: 'scrypt', n: scryptN })}\n`)
    await target.sync()
    return getAddress(wallet.getAddressString())
  } finally {
    await target.close()
  }
}

/** The address that a keystore names. It is what the file says, not proven by its key. */
export async function keystoreAddress(file: string): Promise<Address> {
  const { address } = await readKeystore(file)
  if (address === undefined) throw new KeystoreError(`${file} names no address. The log of a start with it does.`)
  return address
}

async function readPassword(file: string): Promise<string> {
  const text = await readText(file, 'the password')
  const password = text.replace(/\r?\n$/, '')
  if (password === '') throw new KeystoreError(`${file} is empty; expected the password of the keystore on one line.`)
  return password
}

/** The text in one letter case, as some wallets write in another, and the address it names. */
async function readKeystore(file: string): Promise<{ text: string; address: Address | undefined }> {
  const text = (await readText(file, 'the keystore')).toLowerCase()
  const keystore = parse(text)
  if (keystore?.version !== 3 || typeof keystore.crypto !== 'object')
    throw new KeystoreError(`${file} is no keystore; expected JSON of Web3 Secret Storage, version 3.`)
  const { address } = keystore
  if (address === undefined) return { text, address: undefined }
  if (typeof address !== 'string' || !/^(0x)?[0-9a-f]{40}$/.test(address))
    throw new KeystoreError(`${file} names no proper address; expected 40 hex digits.`)
  return { text, address: getAddress(`0x${address.replace(/^0x/, '')}`) }
}

function parse(text: string): { version?: unknown; crypto?: unknown; address?: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

async function decrypt(
  { file, passwordFile }: { file: string; passwordFile: string },
  text: string,
  password: string,
): Promise<Hex> {
  try {
    return bytesToHex((await Wallet.fromV3(text, password)).getPrivateKey())
  } catch (error) {
    if (/wrong passphrase/.test((error as Error).message))
      throw new KeystoreError(`The password in ${passwordFile} does not open ${file}. Check that they belong together.`)
    throw new KeystoreError(`${file} cannot be opened: ${(error as Error).message}.`)
  }
}

async function readText(file: string, what: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new KeystoreError(`${file} cannot be read (${codeOf(error)}); expected ${what}.`)
  })
}

function codeOf({ code }: NodeJS.ErrnoException): string {
  return code ?? 'unknown error'
}
