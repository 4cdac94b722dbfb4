import { describe, expect, test } from '@jest/globals'
import { postingCause } from './posting-cause.js'

describe('what a posting was booked for', () => {
  test('transactions and transfers lead to their pages', () => {
    expect(postingCause('0f3a-77.0.swap.1')).toEqual({ stepId: '0f3a-77.0.swap.1', what: '' })
    expect(postingCause('0f3a-77.0.swap.1@4:gas')).toEqual({ stepId: '0f3a-77.0.swap.1', what: 'gas' })
    expect(postingCause('0f3a-77.0.swap.1@4:gas:undone')).toEqual({ stepId: '0f3a-77.0.swap.1', what: 'gas, undone' })
    expect(postingCause('0f3a-77.1:settled')).toEqual({ stepId: '0f3a-77.1', what: 'settled' })
    expect(postingCause('0f3a-77.1:arrived:0xab12:3')).toEqual({ stepId: '0f3a-77.1', what: 'arrived' })
  })

  test('other causes lead nowhere', () => {
    for (const cause of ['opening', 'classified.mainnet.3', 'loss.12', '']) expect(postingCause(cause)).toBeUndefined()
  })
})
