import { describe, expect, test } from '@jest/globals'
import { chainSeen } from './audit-chain.js'

const records = (...sequences: number[]) => sequences.map((sequence) => ({ sequence, hash: `hash ${sequence}` }))

describe('the chain of audit records as far as it is seen', () => {
  test('is whole without gaps', () => {
    expect(chainSeen(records(9, 8, 7))).toEqual({ newest: { sequence: 9, hash: 'hash 9' }, oldest: 7, missing: [] })
    expect(chainSeen([])).toEqual({ newest: undefined, oldest: undefined, missing: [] })
  })

  test('F-81: names the numbers of removed records', () => {
    expect(chainSeen(records(9, 6, 5, 3)).missing).toEqual([8, 7, 4])
  })
})
