import { expect, test } from '@jest/globals'
import { aRun } from '../../../test/support/builders.js'
import { LEG_STATES, type LegFailure, type LegState } from './cycle.js'
import { progressOf } from './progress.js'

const paused: LegFailure = { code: 'PAUSED', detail: 'Paused by dana: oracle looks odd.' }
const run = (state: LegState, failure?: LegFailure) => aRun({ state, ...(failure && { failure }) })

test('a skipped leg is not to be done, and is told apart with its reason', () => {
  const other: LegFailure = { code: 'DEPENDENCY', detail: 'Nothing is left to sell.' }
  const legs = [
    run('done'),
    run('failed', { code: 'REVERTED', detail: 'It reverted.' }),
    run('skipped', paused),
    run('skipped', other),
    run('skipped', paused),
    run('sending'),
  ]
  expect(progressOf(legs)).toEqual({
    planned: 6,
    toDo: 3,
    done: 1,
    failed: 1,
    skipped: [
      { ...paused, legs: 2 },
      { ...other, legs: 1 },
    ],
  })
})

test.each(LEG_STATES)('a leg that is %s is to be done unless it is skipped', (state) => {
  const { planned, toDo, skipped } = progressOf([run(state)])
  expect([planned, toDo, skipped.length]).toEqual(state === 'skipped' ? [1, 0, 1] : [1, 1, 0])
})

test('without legs there is nothing to do', () => {
  expect(progressOf([])).toEqual({ planned: 0, toDo: 0, done: 0, failed: 0, skipped: [] })
})
