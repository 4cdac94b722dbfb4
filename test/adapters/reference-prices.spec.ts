import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from '@jest/globals'
import { ReferencePrices } from '../../src/adapters/oracles/reference-prices.js'

const now = 1_800_000_000
const clock = { now: () => now * 1000, sleep: () => Promise.resolve() }
const open: Server[] = []

afterEach(async () => {
  await Promise.all(
    open.splice(0).map((server) => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(resolve))
    }),
  )
})

/** A price service that answers every request with `answer`; the paths asked for are in `asked`. */
async function serve(answer: (response: ServerResponse) => void): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    answer(response)
  })
  open.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

function pricesOf(url: string, assets: string[] = ['ETH']): ReferencePrices {
  return new ReferencePrices({ url, assets, maxAgeSeconds: 60, timeoutMs: 500, clock })
}

async function reasonAfter(answer: (response: ServerResponse) => void): Promise<string | undefined> {
  const { url } = await serve(answer)
  const [reading, ...others] = await pricesOf(url).read(['ETH'])
  expect(others).toEqual([])
  return reading?.status === 'unusable' ? reading.reason : undefined
}

const say = (prices: unknown) => (response: ServerResponse) => void response.end(JSON.stringify({ prices }))

test('asks once for all assets and reads decimal text exactly', async () => {
  const { url, asked } = await serve(
    say({
      ETH: { usd: '3000.123456789012345678', timestamp: now - 60 },
      USDC: { usd: '1', timestamp: now + 60 },
      DAI: { usd: '1.5', timestamp: now },
    }),
  )
  expect(await pricesOf(`${url}/`, ['ETH', 'USDC', 'BTC']).read(['USDC', 'DAI', 'ETH'])).toEqual([
    { asset: 'ETH', source: 'reference', status: 'usable', price: 3_000_123_456_789_012_345_678n, timestamp: now - 60 },
    { asset: 'USDC', source: 'reference', status: 'usable', price: 10n ** 18n, timestamp: now + 60 },
  ])
  expect(asked).toEqual(['/v1/prices?assets=ETH%2CUSDC'])
})

test('asks nothing when none of its assets is wanted', async () => {
  const { url, asked } = await serve(say({}))
  expect(await pricesOf(url).read(['BTC'])).toEqual([])
  expect(asked).toEqual([])
})

test('goes by the name it was given', async () => {
  const { url } = await serve(say({ ETH: { usd: '1', timestamp: now } }))
  const prices = new ReferencePrices({ name: 'second', url, assets: ['ETH'], maxAgeSeconds: 60, timeoutMs: 500, clock })
  expect(await prices.read(['ETH'])).toMatchObject([{ source: 'second', status: 'usable' }])
})

test('F-72: a price in a wide confidence interval is not used, one in a narrow interval is', async () => {
  const wide = { ETH: { usd: '3000', timestamp: now, confidence: '15.000000000000000001' } }
  expect(await reasonAfter(say(wide))).toMatch(/^Price of ETH is 3000 ± 15\.0+1 by reference, 50 bps on either side/)
  expect(await reasonAfter(say({ ETH: { usd: '3000', timestamp: now, confidence: '15' } }))).toBeUndefined()
  for (const confidence of ['-1', '1e1', ''])
    expect(await reasonAfter(say({ ETH: { usd: '3000', timestamp: now, confidence } }))).toMatch(
      /gives ETH the confidence/,
    )
})

test('a wrong entry makes its own asset unusable and no other', async () => {
  const { url } = await serve(say({ ETH: { usd: 3000, timestamp: now }, BTC: { usd: '90000', timestamp: now } }))
  expect(await pricesOf(url, ['ETH', 'BTC', 'LINK']).read(['ETH', 'BTC', 'LINK'])).toMatchObject([
    { asset: 'ETH', status: 'unusable' },
    { asset: 'BTC', status: 'usable' },
    { asset: 'LINK', status: 'unusable', reason: 'Price service reference leaves LINK out. Check that it knows it.' },
  ])
})

test.each([
  ['a number', { usd: 3000.5, timestamp: now }],
  ['an exponent', { usd: '3e3', timestamp: now }],
  ['more than 18 decimals', { usd: '1.0000000000000000001', timestamp: now }],
  ['zero', { usd: '0', timestamp: now }],
  ['a negative price', { usd: '-1', timestamp: now }],
  ['endless digits', { usd: '9'.repeat(61), timestamp: now }],
  ['no time', { usd: '3000' }],
  ['a time in fractions', { usd: '3000', timestamp: now + 0.5 }],
  ['an unknown field', { usd: '3000', timestamp: now, currency: 'EUR' }],
  ['null', null],
])('refuses %s as a price', async (_, entry) => {
  expect(await reasonAfter(say({ ETH: entry }))).toMatch(
    /^Price service reference answers .* for ETH; expected a positive decimal text "usd" and a "timestamp" in seconds\.$/,
  )
})

test('refuses a price that is too old', async () => {
  expect(await reasonAfter(say({ ETH: { usd: '1', timestamp: now - 4012 } }))).toBe(
    'Price of ETH is 4,012 s old, reference allows 60 s. Check the service or raise maxAgeSeconds.',
  )
})

test('refuses a price of the future, as milliseconds would be', async () => {
  expect(await reasonAfter(say({ ETH: { usd: '1', timestamp: now * 1000 } }))).toMatch(
    / in the future, 60 s are allowed/,
  )
})

test.each([
  [
    'an error status',
    (response: ServerResponse) => void response.writeHead(503).end('{"prices":{}}'),
    'status 503 came, expected 200.',
  ],
  [
    'a redirect',
    (response: ServerResponse) => void response.writeHead(302, { location: '/elsewhere' }).end(),
    'status 302 came, expected 200.',
  ],
  ['text', (response: ServerResponse) => void response.end('<html>'), 'the answer is not JSON.'],
  [
    'another shape',
    (response: ServerResponse) => void response.end('{"prices":{},"extra":1}'),
    'expected {"prices": {…}} and nothing else',
  ],
  [
    'more than 64 kB',
    (response: ServerResponse) => void response.end(`{"prices":{}}${' '.repeat(70_000)}`),
    'the answer is larger than 65536 bytes.',
  ],
  ['silence', () => undefined, 'no complete answer within 500 ms.'],
  [
    'half an answer',
    (response: ServerResponse) => void response.writeHead(200).write('{"prices":'),
    'no complete answer within 500 ms.',
  ],
  ['a broken connection', (response: ServerResponse) => void response.destroy(), 'the request failed ('],
])('a service that answers with %s gives no prices', async (_, answer, part) => {
  const reason = await reasonAfter(answer)
  expect(reason).toContain(`Price service reference gave no prices: ${part}`)
  expect(reason).toContain('Check the service or its url.')
})

test('a service that is not there gives no prices, and its address stays out of the reason', async () => {
  const prices = pricesOf('http://user:hunter2@127.0.0.1:1/my-secret-key')
  const [reading] = await prices.read(['ETH'])
  expect(reading?.status).toBe('unusable')
  expect(JSON.stringify(reading)).not.toMatch(/hunter2|my-secret-key/)
})
