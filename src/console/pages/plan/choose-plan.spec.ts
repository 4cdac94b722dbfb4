import { expect, test } from '@jest/globals'
import type { Proposal } from '../../api/answers.js'
import type { CyclesPage } from './api.js'
import { chosenPlan } from './choose-plan.js'

const proposal = (id: string, more: object = {}) =>
  ({ id, kind: 'plan', state: 'open', content: { portfolio: 'treasury' }, ...more }) as unknown as Proposal
const cycle = (id: string, outcome: string | null, legs: number) =>
  ({ id, outcome, legs }) as CyclesPage['cycles'][number]
const CYCLES = [
  cycle('5', 'within_band', 0),
  cycle('4', 'planned', 0),
  cycle('3', null, 0),
  cycle('2', null, 2),
  cycle('1', 'traded', 3),
]

test('chosenPlan takes what waits, else what runs, else the last there was', () => {
  expect(chosenPlan('treasury', [proposal('9')], CYCLES)).toBe('9')
  expect(chosenPlan('treasury', [], CYCLES)).toBe('2')
  expect(chosenPlan('treasury', [], [CYCLES[0]!, CYCLES[1]!, CYCLES[4]!])).toBe('4')
  expect(chosenPlan('treasury', [], [CYCLES[0]!, CYCLES[4]!])).toBe('1')
  expect(chosenPlan('treasury', [], [CYCLES[0]!])).toBeUndefined()
})

test('chosenPlan takes no proposal of another portfolio, of another kind, or that was answered', () => {
  const others = [
    proposal('6', { content: { portfolio: 'reserve' } }),
    proposal('7', { kind: 'resume' }),
    proposal('8', { state: 'used' }),
  ]
  expect(chosenPlan('treasury', others, CYCLES)).toBe('2')
})
