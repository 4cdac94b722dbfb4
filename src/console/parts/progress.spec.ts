import { expect, test } from '@jest/globals'
import { progressText, skippedTexts } from './progress.js'

const of = { planned: 10, toDo: 4, done: 2, failed: 0, skipped: [] }

test('counts what was carried out against what was not skipped', () => {
  expect(progressText(of, false)).toBe('2 of 4 legs that are to be done')
  expect(progressText({ ...of, failed: 1 }, false)).toBe('3 of 4 legs that are to be done, 1 failed')
  expect(progressText({ ...of, toDo: 1, done: 1 }, false)).toBe('1 of 1 leg that is to be done')
})

test('of what has ended nothing is to be done any more', () => {
  expect(progressText({ ...of, done: 4 }, true)).toBe('the 4 legs that were done')
  expect(progressText({ ...of, toDo: 1, done: 1 }, true)).toBe('the 1 leg that was done')
  expect(progressText(of, true)).toBe('2 of the 4 legs that were to be done')
  expect(progressText({ ...of, done: 3, failed: 1 }, true)).toBe('4 of the 4 legs that were to be done, 1 failed')
})

test('tells what was skipped apart, with the reason', () => {
  const skipped = [
    { code: 'PAUSED', detail: 'Paused by dana: look.', legs: 5 },
    { code: 'DEPENDENCY', detail: 'Nothing is left to sell.', legs: 1 },
  ]
  expect(skippedTexts({ ...of, skipped })).toEqual([
    '5 legs were skipped: Paused by dana: look.',
    '1 leg was skipped: Nothing is left to sell.',
  ])
})
