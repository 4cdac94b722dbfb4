import { execFileSync } from 'node:child_process'
import { generateKeyPairSync, sign } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { FileTargets } from '../../src/adapters/targets/file-targets.js'
import { HttpTargets, type HttpTargetsOptions } from '../../src/adapters/targets/http-targets.js'
import { MOST_DOCUMENT_BYTES } from '../../src/adapters/targets/read-document.js'
import { ReplayServer } from '../support/replay-server.js'

const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
const SET_AT = '2026-11-20T12:00:00Z'
const written = { portfolio: 'core', setAt: SET_AT, weights: { USD: '0.70', ETH: '0.3' } }
const read = {
  status: 'read',
  document: { portfolio: 'core', setAt: Date.parse(SET_AT), weights: written.weights, isSigned: false },
}
/** What is to be signed, written out by hand. */
const SIGNED = '{"portfolio":"core","setAt":"2026-11-20T12:00:00Z","weights":{"ETH":"0.3","USD":"0.70"}}'
const signature = sign(null, Buffer.from(SIGNED), privateKey).toString('base64')

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evenkeel-targets-'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('a file', () => {
  const place = () => join(folder, 'targets.json')
  const afterWriting = async (contents: unknown, key?: string) => {
    const bytes = typeof contents === 'string' || Buffer.isBuffer(contents) ? contents : JSON.stringify(contents)
    await writeFile(place(), bytes)
    return new FileTargets({ path: place(), publicKey: key }).read()
  }

  test('is read with its weights as they are written', async () => {
    expect(await afterWriting(written)).toEqual(read)
    expect(await afterWriting(`\ufeff${JSON.stringify(written, undefined, 2)}\n`)).toEqual(read)
    expect(await afterWriting({ ...written, signature: 'of nobody' })).toEqual(read)
    expect(await afterWriting({ ...written, setAt: '2026-11-20T12:00:00.125Z' })).toMatchObject({
      document: { setAt: Date.parse(SET_AT) + 125 },
    })
  })

  test.each([
    ['text', 'ETH 30 %'],
    ['half a document', JSON.stringify(written).slice(0, 40)],
    ['nothing', ''],
    ['other bytes', Buffer.from([0xff, 0xfe, 0x7b])],
    ['a name in other bytes', Buffer.from(JSON.stringify({ ...written, portfolio: '\u00ff' }), 'latin1')],
    ['null', 'null'],
    ['a list', '[]'],
    ['a number', '1e999'],
    ['a weight that is a number', { ...written, weights: { ETH: 0.3 } }],
    ['weights as a list', { ...written, weights: ['0.3'] }],
    ['a local time', { ...written, setAt: '2026-11-20T12:00:00+01:00' }],
    ['a day', { ...written, setAt: '2026-11-20' }],
    ['a day that is none', { ...written, setAt: '2026-02-30T12:00:00Z' }],
    ['a time in seconds', { ...written, setAt: 1_763_640_000 }],
    ['no portfolio', { ...written, portfolio: '' }],
    ['something else', { ...written, comment: 'hello' }],
    ['no weights', { portfolio: 'core', setAt: SET_AT }],
    ['endless digits', { ...written, weights: { ETH: '0'.repeat(61) } }],
    ['too much', { ...written, portfolio: 'x'.repeat(MOST_DOCUMENT_BYTES) }],
    ['far too much', Buffer.alloc(5_000_000, ' ')],
  ])('with %s is refused', async (_, contents) => {
    expect(await afterWriting(contents)).toEqual({
      status: 'refused',
      code: 'source-malformed',
      detail: expect.stringMatching(/^The document with the weights cannot be read: .{1,450} Correct it\.$/s),
    })
  })

  test('that is not there, or no file, is refused without waiting', async () => {
    const detailOf = async (path: string) => {
      const reading = await new FileTargets({ path, publicKey: undefined }).read()
      return reading.status === 'refused' ? [reading.code, reading.detail.slice(0, 60)] : reading
    }
    const refused = (reason: string) => ['source-unavailable', `The file with the weights cannot be read (${reason}). Check targetSetting`.slice(0, 60)] // prettier-ignore
    expect(await detailOf(join(folder, 'absent.json'))).toEqual(refused('ENOENT'))
    expect(await detailOf(folder)).toEqual(refused('it is no file'))
    const pipe = join(folder, 'pipe')
    execFileSync('mkfifo', [pipe])
    expect(await detailOf(pipe)).toEqual(refused('it is no file'))
  })

  describe('with a key', () => {
    test('is read when it is signed, however it is laid out', async () => {
      const signed = { status: 'read', document: { ...read.document, isSigned: true } }
      expect(await afterWriting({ ...written, signature }, pem)).toEqual(signed)
      const { portfolio, setAt, weights } = written
      expect(await afterWriting(JSON.stringify({ signature, weights, setAt, portfolio }, undefined, 4), pem)).toEqual(signed) // prettier-ignore
    })

    const other = generateKeyPairSync('ed25519')
    test.each([
      ['no signature', written, 'no signature'],
      ['a signature of other weights', { ...written, weights: { USD: '0.7', ETH: '0.3' }, signature }, 'a signature that does not fit'], // prettier-ignore
      ['a signature of another time', { ...written, setAt: '2026-11-20T12:00:01Z', signature }, 'a signature that does not fit'], // prettier-ignore
      [
        'a signature of another portfolio',
        { ...written, portfolio: 'cor', signature },
        'a signature that does not fit',
      ],
      ['the signature of another key', { ...written, signature: sign(null, Buffer.from(SIGNED), other.privateKey).toString('base64') }, 'a signature that does not fit'], // prettier-ignore
      ['a short signature', { ...written, signature: signature.slice(0, 40) }, 'a signature of 30 bytes'],
      ['a signature that is none', { ...written, signature: '' }, 'a signature of 0 bytes'],
      ['a weight slipped in', JSON.stringify({ ...written, signature }).replace('"weights":{', '"weights":{"__proto__":"0",'), 'a signature that does not fit'], // prettier-ignore
    ])('is refused with %s', async (_, contents, got) => {
      expect(await afterWriting(contents, pem)).toEqual({
        status: 'refused',
        code: 'source-unsigned',
        detail: `Weights should be signed with the configured key, got ${got}. Sign the document without its signature, as JSON without spaces and with sorted names.`,
      })
    })

    test('that is none, or of another kind, is not taken', () => {
      const rsa = generateKeyPairSync('rsa', { modulusLength: 1_024 }).publicKey.export({ type: 'spki', format: 'pem' })
      const expected = 'The key that weights are signed with should be an Ed25519 public key as PEM'
      for (const key of ['key', rsa.toString()]) {
        expect(() => new FileTargets({ path: place(), publicKey: key })).toThrow(expected)
        expect(() => new HttpTargets({ url: '', publicKey: key, token: undefined, timeoutMs: 1 })).toThrow(expected)
      }
    })
  })
})

describe('a service', () => {
  const server = new ReplayServer()
  const elsewhere = new ReplayServer()
  beforeEach(async () => {
    await Promise.all([server.start(), elsewhere.start()])
    server.requests.length = elsewhere.requests.length = 0
  })
  afterEach(() => Promise.all([server.stop(), elsewhere.stop()]))

  const ask = (changes: Partial<HttpTargetsOptions> = {}) =>
    new HttpTargets({ url: `${server.url}/weights?key=secret`, publicKey: undefined, token: undefined, timeoutMs: 2_000, ...changes }).read() // prettier-ignore

  test('is asked with GET, with a token where there is one, and read like a file', async () => {
    server.reply = { body: written }
    expect(await ask()).toEqual(read)
    expect(await ask({ token: 'hush' })).toEqual(read)
    expect(server.requests.map(({ method, path, headers }) => [method, path, headers.authorization])).toEqual([
      ['GET', '/weights', undefined],
      ['GET', '/weights', 'Bearer hush'],
    ])
    server.reply = { body: { ...written, signature } }
    expect(await ask({ publicKey: pem })).toMatchObject({ document: { isSigned: true } })
    server.reply = { body: written }
    expect(await ask({ publicKey: pem })).toMatchObject({ code: 'source-unsigned' })
  })

  const detailOf = async (changes: Partial<HttpTargetsOptions> = {}) => {
    const reading = await ask({ token: 'hush', ...changes })
    if (reading.status === 'read') throw new Error('It was read.')
    expect(reading.detail).not.toMatch(/secret|hush|127\.0\.0\.1/)
    return `${reading.code}: ${reading.detail}`
  }
  const unavailable = (got: string) =>
    `source-unavailable: The service with the weights should answer 200 with a document, got ${got}. Check it, targetSetting.source.location and its token.`

  test('that sends elsewhere is not followed, and its token stays with it', async () => {
    elsewhere.reply = { body: written }
    for (const status of [301, 302, 307, 308]) {
      server.reply = { status, headers: { location: `${elsewhere.url}/weights` }, body: '' }
      expect(await detailOf()).toBe(unavailable(`status ${status}, a redirect, which is not followed`))
    }
    expect(elsewhere.requests).toEqual([])
  })

  test.each([401, 404, 204, 500, 503])('that answers %d is refused', async (status) => {
    server.reply = { status, body: status === 204 ? '' : written }
    expect(await detailOf()).toBe(unavailable(`status ${status}`))
  })

  test('that answers no JSON, or too much of it, is refused', async () => {
    server.reply = { body: '<html>' }
    expect(await detailOf()).toMatch(/^source-malformed: .* it is no JSON in UTF-8\. Correct it\.$/)
    server.reply = { body: JSON.stringify({ ...written, comment: 'x'.repeat(10_000_000) }) }
    expect(await detailOf()).toMatch(/^source-malformed: .* it is larger than 65536 bytes\. Correct it\.$/)
  })

  test('that never ends is left as soon as it is too long', async () => {
    const endless = createServer((_request, response) => {
      const write = (): void => {
        while (response.write('x'.repeat(10_000)));
      }
      response.on('drain', write)
      write()
    })
    await new Promise<void>((resolve) => endless.listen(0, '127.0.0.1', resolve))
    const { port } = endless.address() as AddressInfo
    expect(await detailOf({ url: `http://127.0.0.1:${port}/` })).toMatch(/^source-malformed: .* is larger than/)
    endless.closeAllConnections()
    await new Promise((resolve) => endless.close(resolve))
  })

  test('that is silent, breaks off or is not there is refused in time', async () => {
    server.reply = 'silence'
    expect(await detailOf({ timeoutMs: 60 })).toBe(unavailable('no complete answer within 60 ms'))
    server.reply = 'breaks-off'
    expect(await detailOf()).toMatch(/^source-unavailable: .* got failed: \w+\. Check it/)
    const { url } = server
    await server.stop()
    const gone = new HttpTargets({ url, publicKey: undefined, token: undefined, timeoutMs: 2_000 })
    expect(await gone.read()).toMatchObject({
      code: 'source-unavailable',
      detail: expect.stringMatching(/got failed: \w+\./),
    })
    await server.start()
  })

  test('at an address that cannot be asked is refused', async () => {
    expect(await detailOf({ url: 'http://user:secret@127.0.0.1:1/' })).toMatch(/^source-unavailable: .* got failed: /)
    expect(await detailOf({ url: 'nowhere' })).toMatch(/^source-unavailable: .* got failed: /)
  })
})
