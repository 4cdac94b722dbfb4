import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { encodeFunctionData, pad, stringToHex, toHex } from 'viem'
import type { Hex } from '../../domain/assets.js'
import { decodeLifiCall } from './lifi-calldata.js'
import { calldata } from './wire.js'
import { decodeZeroexCall, holderAbi } from './zeroex-calldata.js'
import { addressOf, OWNER } from '../../../test/support/builders.js'
import { goodQuotes } from '../../../test/support/hostile-quotes.js'

const COIN = addressOf(0xee)
const word = (value: number | bigint) => toHex(value, { size: 32 }).slice(2)

/** An execute whose actions all begin at the same place: what is read is many times what was sent. */
function bomb(actions: number, size: number): Hex {
  const slippage = pad(OWNER).slice(2) + pad(addressOf(1)).slice(2) + word(1)
  const heads = word(0xa0) + word(0)
  const offsets = word(actions * 32).repeat(actions)
  const inner: Hex = `0x1fff991f${slippage}${heads}${word(actions)}${offsets}${word(size)}${'ff'.repeat(size)}`
  return encodeFunctionData({ abi: holderAbi, args: [addressOf(2), addressOf(3), 1n, addressOf(2), inner] })
}

test('C-02: calldata that unfolds into gigabytes is refused before it is read', () => {
  const data = bomb(7_500, 240_000)
  expect(data.length).toBeLessThan(1_048_576)
  expect(calldata.safeParse(data).success).toBe(false)
})

test('C-05: the largest calldata that is read unfolds into little', () => {
  const data = bomb(500, 16_000)
  expect(calldata.safeParse(data).success).toBe(true)
  expect(decodeZeroexCall({ chain: 'here', to: addressOf(4), data, value: 0n }, COIN)).toMatchObject({
    code: 'CALLDATA_NOT_CANONICAL',
  })
})

test.each([
  ['lifi stargate', 'stargateV2', 'acrossMore'],
  ['lifi celer', 'celercircle', 'stargateBus'],
  ['lifi across-v3', 'across', 'celer1'],
])('C-05: %s may not be called under the name of another bridge, whose caps it would use', (shape, own, other) => {
  const [good] = fc.sample(
    goodQuotes.filter(({ name }) => name === shape),
    { numRuns: 1, seed: 1 },
  )
  const { data } = good!.quote.order!.call
  expect(decodeLifiCall(data)).toMatchObject({ bridge: { name: own } })
  const renamed = data.replace(stringToHex(own).slice(2), stringToHex(other).slice(2)) as Hex
  expect(renamed).not.toBe(data)
  expect(decodeLifiCall(renamed)).toMatchObject({ code: 'CALLDATA_MISMATCH' })
})
