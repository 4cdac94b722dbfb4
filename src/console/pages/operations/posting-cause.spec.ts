import { describe, expect, test } from '@jest/globals'
import { movedToFinal, postingCause } from './posting-cause.js'

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

describe('what was taken out of the provisional book', () => {
  const posting = (cause: string, units: string, book: 'provisional' | 'final', bookedAt = '2026-01-31T10:00:00Z') => ({
    bookedAt,
    cause,
    chain: 'mainnet',
    token: '0xaa',
    account: 'wallet',
    units,
    book,
  })

  test('is moved where the final book has the same from then on, its gas too', () => {
    const taken = posting('0f3a-77.0.swap.1@4:undone', '-5', 'provisional', '2026-01-31T10:00:00.002Z')
    const gas = posting('0f3a-77.0.swap.1@4:gas:undone', '2', 'provisional')
    const postings = [
      posting('0f3a-77.0.swap.1', '5', 'final'),
      posting('0f3a-77.0.swap.1:gas', '-2', 'final'),
      gas,
      taken,
      posting('0f3a-77.0.swap.1@4', '5', 'provisional', '2026-01-31T09:59:00Z'),
    ]
    expect([...movedToFinal(postings)]).toEqual([gas, taken])
  })

  test('is undone where a block left the chain, whatever became final later or otherwise', () => {
    const undone = posting('0f3a-77.0.swap.1@4:undone', '-5', 'provisional', '2026-01-31T09:59:00Z')
    const other = posting('0f3a-77.0.swap.1@5:undone', '-6', 'provisional')
    expect(movedToFinal([posting('0f3a-77.0.swap.1', '5', 'final'), other, undone]).size).toBe(0)
  })
})
