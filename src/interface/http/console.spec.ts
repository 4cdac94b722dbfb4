import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import request from 'supertest'
import { type GateApp, startGateApp } from '../../../test/support/gate-app.js'
import { serveConsole } from './console.js'

const login = {
  issuer: 'https://identity.example/realms/fund',
  clientId: 'console',
  audience: 'evenkeel',
  scopes: ['pause'],
}

let folder: string
let gate: GateApp
const server = () => gate.app.getHttpServer()

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evenkeel-console-'))
  const built = join(folder, 'console')
  await mkdir(join(built, 'assets'), { recursive: true })
  await writeFile(
    join(built, 'index.html'),
    '<meta property="csp-nonce" nonce="NONCE-OF-THIS-ANSWER"><script type="module" nonce="NONCE-OF-THIS-ANSWER"></script>',
  )
  await writeFile(join(built, 'assets', 'index-abc.js'), 'let one')
  await writeFile(join(built, 'icon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>')
  await writeFile(join(folder, 'secret.txt'), 'nobody may read this')
  gate = await startGateApp({ prepare: (app) => serveConsole(app, { folder: built, login }) })
})
afterAll(async () => {
  await gate.close()
  await rm(folder, { recursive: true })
})

describe('the console', () => {
  test('is open, and every answer has a nonce of its own in page and policy', async () => {
    const pages = await Promise.all([0, 1].map(() => request(server()).get('/console/').expect(200)))
    const nonces = pages.map(({ text, headers }) => {
      const [, nonce = ''] = /nonce="([^"]+)"/.exec(text) ?? []
      expect(Buffer.from(nonce, 'base64')).toHaveLength(16)
      expect(text).not.toContain('NONCE-OF-THIS-ANSWER')
      expect(headers['content-type']).toBe('text/html; charset=utf-8')
      expect(headers['cache-control']).toBe('no-cache')
      expect(String(headers['content-security-policy']).split(';').toSorted()).toEqual([
        "base-uri 'none'",
        "connect-src 'self' https://identity.example",
        "default-src 'none'",
        "font-src 'self'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "img-src 'self'",
        "script-src 'self'",
        `style-src 'self' 'nonce-${nonce}'`,
      ])
      return nonce
    })
    expect(new Set(nonces).size).toBe(2)
  })

  test('is found without its slash, and by its file', async () => {
    const moved = await request(server()).get('/console').expect(308)
    expect(moved.headers['location']).toBe('/console/')
    const { text } = await request(server()).get('/console/index.html').expect(200)
    expect(text).not.toContain('NONCE-OF-THIS-ANSWER')
    await request(server()).head('/console/').expect(200)
  })

  test('assets are kept for ever, everything else is asked for anew', async () => {
    const asset = await request(server()).get('/console/assets/index-abc.js').expect(200)
    expect(asset.headers['cache-control']).toBe('public, max-age=31536000, immutable')
    expect(asset.headers['content-type']).toMatch('text/javascript')
    const icon = await request(server()).get('/console/icon.svg').expect(200)
    expect(icon.headers['cache-control']).toBe('no-cache')
  })

  test('says with whom people log in, and nothing more', async () => {
    const { body } = await request(server()).get('/console/settings.json').expect(200)
    expect(body).toEqual({ login })
  })

  test.each([
    '/console/../secret.txt',
    '/console/%2e%2e/secret.txt',
    '/console/..%2fsecret.txt',
    '/console/assets/..%5c..%5c..%5csecret.txt',
    '/console/assets/../../../secret.txt',
    '/console//etc/passwd',
    '/console/nothing.js',
    '/console/assets',
  ])('%s is not there', async (path) => {
    const answer = await request(server()).get(path).expect(404)
    expect(answer.body).toMatchObject({ code: 'not-found' })
  })

  test('takes nothing but reads', async () => {
    for (const path of ['/console', '/console/', '/console/settings.json', '/console/assets/index-abc.js']) {
      const answer = await request(server()).post(path).expect(405)
      expect(answer.headers['allow']).toBe('GET, HEAD')
      expect(answer.body).toMatchObject({ code: 'method-not-allowed' })
    }
  })

  test('a build without it says how to make one', async () => {
    const bare = await startGateApp({
      prepare: (app) => serveConsole(app, { folder: join(folder, 'none'), login: undefined }),
    })
    const { body } = await request(bare.app.getHttpServer()).get('/console/').expect(404)
    expect(body).toMatchObject({ code: 'not-found', detail: expect.stringContaining('npm run build:console') })
    const settings = await request(bare.app.getHttpServer()).get('/console/settings.json').expect(200)
    expect(settings.body).toEqual({ login: null })
    await bare.close()
  })
})
