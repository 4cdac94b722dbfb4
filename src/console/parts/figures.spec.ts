import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { amountFigure, priceFigure, shareFigure, shortHex, usdFigure } from './figures.js'

describe('figures', () => {
  test.each([
    ['0', '0'],
    ['1234567.891234567890123456', '1,234,567.9'],
    ['12.345678901234567890', '12.3457'],
    ['-12.345678901234567890', '−12.3457'],
    ['0.000123456789', '0.0001235'],
    ['0.000000000000000001', '<0.00000001'],
    ['-0.000000000000000001', '<0.00000001'],
    ['5', '5'],
  ])('the amount %s reads %s', (text, readable) => {
    expect(amountFigure(text, 'WETH')).toEqual({ readable: `${readable} WETH`, exact: `${text} WETH` })
    expect(amountFigure(text)).toEqual({ readable, exact: text })
  })

  test.each([
    ['0', '$0.00'],
    ['26305282.113', '$26,305,282'],
    ['1234.5', '$1,234.50'],
    ['-3.994', '−$3.99'],
    ['0.0001', '<$0.01'],
  ])('%s USD reads %s', (text, readable) => {
    expect(usdFigure(text)).toEqual({ readable, exact: `${text} USD` })
  })

  test.each([
    ['1.00002736', '$1.0000'],
    ['0.99977262', '$0.9998'],
    ['9.99', '$9.9900'],
    ['10.5', '$10.50'],
    ['3012.449', '$3,012.45'],
    ['0.0000123456', '$0.00001235'],
    ['0.000000000001', '<$0.00000001'],
    ['0', '$0.00'],
  ])('the price %s reads %s', (text, readable) => {
    expect(priceFigure(text)).toEqual({ readable, exact: `${text} USD` })
  })

  test('a plus where it is asked for, and none before nothing', () => {
    expect(['1', '0', '-1'].map((text) => usdFigure(text, { isSigned: true }).readable)).toEqual([
      '+$1.00',
      '$0.00',
      '−$1.00',
    ])
    expect(['0.01', '0', '-0.01', '0.00000001'].map((text) => shareFigure(text, { isSigned: true }).readable)).toEqual([
      '+1.00 %',
      '0.00 %',
      '−1.00 %',
      '<0.01 %',
    ])
  })

  test('a share is per cent, and its exact text stays', () => {
    expect(shareFigure('0.435712345')).toEqual({ readable: '43.57 %', exact: '0.435712345 of 1' })
    expect(shareFigure('0.02', { places: 0 }).readable).toBe('2 %')
    expect(shareFigure('0.000001').readable).toBe('<0.01 %')
  })

  test('what is readable is never nothing where there is something, and always exact on demand', () => {
    const decimals = fc
      .tuple(fc.boolean(), fc.bigInt({ min: 1n, max: 10n ** 30n }), fc.integer({ min: 0, max: 18 }))
      .map(([isNegative, units, places]) => {
        const digits = units.toString().padStart(places + 1, '0')
        const text = places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`
        return isNegative ? `-${text}` : text
      })
    fc.assert(
      fc.property(decimals, (text) => {
        for (const { readable, exact } of [amountFigure(text), usdFigure(text), priceFigure(text), shareFigure(text)]) {
          expect(exact.startsWith(text)).toBe(true)
          expect(readable).toMatch(/[1-9]/)
        }
      }),
      { numRuns: 200 },
    )
  })

  test('an address is short enough to be told, and short text stays whole', () => {
    expect(shortHex('0x5FbDB2315678afecb367f032d93F642f64180aa3')).toBe('0x5FbD…0aa3')
    expect(shortHex('0xab')).toBe('0xab')
  })
})
