import { describe, expect, test } from '@jest/globals'
import { shortId } from './short-id.js'

describe('ids for people', () => {
  test('what tells neighbours apart is kept', () => {
    expect(shortId('0f3a77c1-0000-4000-8000-000000000000')).toBe('0f3a77c1…')
    expect(shortId('treasury-20260131T025510Z.12.bridge.0')).toBe('…025510Z.12.bridge.0')
    expect(shortId('sweep.mainnet.0000000000000000000000')).toBe('sweep.mainnet.0000000000000000000000')
  })

  test('short ones stay as they are', () => {
    const ids = ['treasury-20260131T025510Z', 'treasury-20260131T025510Z.12', 'p1.0.approve.1', '']
    expect(ids.map(shortId)).toEqual(ids)
  })
})
