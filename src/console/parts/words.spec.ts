import { expect, test } from '@jest/globals'
import { actText, cancelTitle, isLegOver, legWords } from './words.js'

test('what an ended cycle did not begin does not wait any more', () => {
  expect(legWords('waiting', { mode: 'live', outcome: null }).label).toBe('Waiting')
  expect(legWords('waiting', { mode: 'dry-run', outcome: null }).label).toBe('Waiting')
  expect(legWords('waiting', { mode: 'dry-run', outcome: 'planned' }).label).toBe('Dry run: not carried out')
  expect(legWords('waiting', { mode: 'live', outcome: 'rejected' }).label).toBe('Not begun')
  expect(legWords('done', { mode: 'live', outcome: 'traded' }).label).toBe('Done')
})

test('a leg is over with its cycle or before it, but not while something of it is between the chains', () => {
  expect(isLegOver('crossing', null, 'in_flight')).toBe(false)
  expect(isLegOver('waiting', null, undefined)).toBe(false)
  expect(isLegOver('waiting', 'planned', undefined)).toBe(true)
  expect(isLegOver('skipped', null, undefined)).toBe(true)
  expect(isLegOver('failed', 'traded', 'late')).toBe(false)
  expect(isLegOver('failed', 'traded', 'refunded')).toBe(true)
})

test('only what has traded acted', () => {
  expect(actText(true, 'traded')).toBe('it acted')
  expect(actText(true, null)).toBe('it acts')
  expect(actText(true, 'rejected')).toBe('it was to act')
  expect(actText(false, 'within_band')).toBe('it did nothing')
})

test('a cancel order is told to have come too late once the step is final, and not before', () => {
  const late = 'ada ordered that it is not carried out, which came too late: it was in a block first'
  expect([cancelTitle('ada', 'final_ok'), cancelTitle('ada', 'final_reverted')]).toEqual([late, late])
  for (const state of ['reserved', 'signed', 'mined', 'final_cancelled', 'released'] as const)
    expect(cancelTitle('ada', state)).toBe('ada ordered that it is not carried out')
})
