import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { encodeFunctionData, erc20Abi, maxUint256, stringToHex } from 'viem'
import { addressOf, OWNER } from '../../../test/support/builders.js'
import { goodQuotes } from '../../../test/support/hostile-quotes.js'
import type { Hex } from '../../domain/assets.js'
import type { Call } from '../../domain/planning/quote.js'
import { namedArguments } from './call-arguments.js'
import { CallReader } from './call-reader.js'

const reader = new CallReader([
  { chain: 'here', chainId: 1 },
  { chain: 'there', chainId: 10 },
])
const call = (data: Hex, changes: Partial<Call> = {}): Call => ({
  chain: 'here',
  to: addressOf(0xa2),
  value: 0n,
  data,
  ...changes,
})
const approve = (units: bigint) =>
  encodeFunctionData({ abi: erc20Abi, functionName: 'approve', args: [addressOf(0xd1), units] })
/** One firm quote of each shape, by its name. */
const quotes = new Map(fc.sample(goodQuotes, { numRuns: 200, seed: 3 }).map((one) => [one.name, one]))

test('A-09: an approval names its spender in full, and how much it may take', () => {
  const takes = { chain: 'here', token: addressOf(0xa2), units: maxUint256 }
  expect(reader.read(call(approve(maxUint256)))).toMatchObject({
    status: 'decoded',
    contract: 'ERC-20 token',
    function: 'approve',
    arguments: [
      { name: 'spender', type: 'address', value: expect.stringMatching(/^0x[0-9a-fA-F]{40}$/) },
      { name: 'amount', type: 'uint256', value: String(maxUint256) },
    ],
    meaning: { spender: expect.stringMatching(/d1$/i), takes, receivers: [] },
  })
  expect(reader.read(call(approve(0n)))).toMatchObject({ meaning: { takes: { ...takes, units: 0n } } })
})

test('A-09: every call that is accepted is told by name, with everybody it pays', () => {
  expect(quotes.size).toBeGreaterThan(5)
  for (const [name, { quote, request }] of quotes) {
    const decoded = reader.read(quote.order.call)
    expect([name, decoded]).toEqual([
      name,
      expect.objectContaining({ status: 'decoded', objection: undefined, meaning: expect.any(Object) }),
    ])
    if (decoded.status !== 'decoded') throw new Error('not decoded')
    const { meaning } = decoded
    expect(meaning?.takes).toMatchObject({ chain: request.sell.token.chain, units: request.sell.units })
    expect(new Set(meaning?.receivers.map(({ address }) => address.toLowerCase()))).toEqual(
      new Set([OWNER.toLowerCase()]),
    )
    expect([name, meaning?.bridge?.destination]).toEqual([name, request.kind === 'bridge' ? 'there' : undefined])
    for (const one of decoded.arguments) expect(one.value.length).toBeLessThan(200)
  }
})

test("0x: what the Settler is told stands beside the holder's arguments", () => {
  const [, zeroex] = [...quotes].find(([name]) => /0x|zeroex/i.test(name))!
  const decoded = reader.read(zeroex.quote.order.call)
  expect(decoded).toMatchObject({
    contract: '0x AllowanceHolder',
    function: 'exec',
    inner: expect.arrayContaining([
      expect.objectContaining({
        at: 'data',
        function: 'execute',
        arguments: expect.arrayContaining([expect.objectContaining({ name: 'slippage.recipient', type: 'address' })]),
      }),
      expect.objectContaining({ at: expect.stringMatching(/^data\.actions\[\d\]$/) }),
    ]),
  })
})

test('A-09: text from outside cannot turn a line around, break it, or be endless', () => {
  const { data } = quotes.get('lifi across-v3')!.quote.order.call
  // As long as before, so that the encoding stays canonical.
  const renamed = data.replaceAll(stringToHex('across').slice(2), stringToHex('a\u202e\nb').slice(2)) as Hex
  const decoded = reader.read(call(renamed))
  const names = decoded.status === 'decoded' ? decoded.arguments : []
  expect(names.find(({ name }) => name === 'bridgeData.bridge')).toMatchObject({ value: 'a\\u{202e}\\u{a}b' })
  const [long] = namedArguments([{ name: 'integrator', type: 'string' }], ['x'.repeat(5_000)])
  expect(long).toMatchObject({ isCut: true, value: `${'x'.repeat(100)}… (5000 characters)` })
})

test.each([
  ['nothing', '0x', 'no data'],
  ['half a selector', '0x1234', 'no data'],
  ['another function', '0xdeadbeef00', 'deadbeef'],
  ['an approval with more behind it', `${approve(1n)}00`, 'canonical'],
  ['a selector alone', approve(1n).slice(0, 10), 'canonical'],
])('%s is undecoded, and says so', (_, data, reason) => {
  expect(reader.read(call(data as Hex))).toMatchObject({ status: 'undecoded', reason: expect.stringContaining(reason) })
})

test('what contradicts itself is told, and nothing is said of what it means', () => {
  const { data } = quotes.get('lifi across-v3')!.quote.order.call
  const renamed = data.replaceAll(stringToHex('across').slice(2), stringToHex('celer1').slice(2)) as Hex
  expect(reader.read(call(renamed))).toMatchObject({
    status: 'decoded',
    meaning: undefined,
    objection: expect.stringMatching(/^CALLDATA_MISMATCH: /),
  })
})

test('whatever the bytes are, the answer is an answer', () => {
  const selectors = [...quotes.values()].map(({ quote }) => quote.order.call.data.slice(2, 10))
  fc.assert(
    fc.property(fc.constantFrom(...selectors), fc.uint8Array({ maxLength: 200 }), (selector, rest) => {
      const data = `0x${selector}${Buffer.from(rest).toString('hex')}` as Hex
      expect(['decoded', 'undecoded']).toContain(reader.read(call(data)).status)
    }),
    { numRuns: 50 },
  )
})
