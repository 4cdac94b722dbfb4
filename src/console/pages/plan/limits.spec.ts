import { expect, test } from '@jest/globals'
import { limitFault, LIMITS, limitsIn, limitsOf } from './limits.js'

const limit = (name: string) => LIMITS.find((one) => one.name === name)!

test('limitsIn reads what is configured of a portfolio, as text', () => {
  const config = { portfolios: { treasury: { maxLegUsd: '5000', maxLegs: 40, slicing: {} } } }
  expect(limitsIn({ config }, 'treasury')).toEqual({ maxLegUsd: '5000', maxLegs: '40' })
  expect([limitsIn({ config }, 'reserve'), limitsIn({ config: {} }, 'treasury')]).toEqual([{}, {}])
})

test('limitFault wants numbers as the API does', () => {
  const faults = ['', ' 5000 ', '0.25', '-1', '1e3', '1,000'].map((text) => limitFault(limit('maxLegUsd'), text))
  expect(faults.map((fault) => fault === undefined)).toEqual([true, true, true, false, false, false])
  expect(['40', '4.5', 'x'].map((text) => limitFault(limit('maxLegs'), text) === undefined)).toEqual([
    true,
    false,
    false,
  ])
})

test('limitsOf sends what was typed, whole numbers as numbers', () => {
  expect(limitsOf({ maxLegUsd: ' 5000 ', maxLegs: '12', maxGasUsd: '' })).toEqual({ maxLegUsd: '5000', maxLegs: 12 })
  expect(limitsOf({ maxLegUsd: ' ' })).toBeUndefined()
})
