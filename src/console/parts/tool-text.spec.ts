import { expect, test } from '@jest/globals'
import { toolText } from './tool-text.js'

test('shares are told where each hop comes to 100 %, however they are rounded', () => {
  for (const tool of ['Uniswap_V3 100%', 'Uniswap_V3 69.99% + Curve 30%', 'Uniswap_V3 100% → Curve 60% + Sushi 40%'])
    expect(toolText(tool)).toBe(tool)
})

test('of hops that lie beside each other only the sources are told, each once', () => {
  expect(toolText('Uniswap_V3 69.99% → Uniswap_V3 30% → Uniswap_V3 30%')).toBe('Uniswap_V3')
  expect(toolText('Uniswap_V3 70% → Curve 30% → 0x RFQ 30%')).toBe('Uniswap_V3, Curve, 0x RFQ')
})

test('the name of anything else stays as it is', () => {
  for (const tool of ['direct', 'across', 'uniswapV3 + curve', 'A → B']) expect(toolText(tool)).toBe(tool)
})
