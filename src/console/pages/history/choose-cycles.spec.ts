import { describe, expect, test } from '@jest/globals'
import type { CycleLine } from '../../api/cycles.js'
import { type Choice, choiceOfParams, choiceToParams, EVERYTHING, isChosen, whyLine } from './choose-cycles.js'

const traded: CycleLine = {
  id: 'c1',
  portfolio: 'core',
  mode: 'live',
  startedAt: '2026-01-31T00:00:00.000Z',
  endedAt: '2026-01-31T00:01:00.000Z',
  outcome: 'traded',
  reasons: ['eth is 61 % and its band ends at 55 %.'],
  legs: 2,
}
const running: CycleLine = { ...traded, id: 'c2', outcome: null, endedAt: null }
const dry: CycleLine = { ...traded, id: 'c3', mode: 'dry-run', outcome: 'planned' }
const idle: CycleLine = { ...traded, id: 'c4', outcome: 'within_band', legs: 0, reasons: [] }
const all = [traded, running, dry, idle]
const chosen = (choice: Partial<Choice>) =>
  all.filter((one) => isChosen(one, { ...EVERYTHING, ...choice })).map(({ id }) => id)

describe('choosing among cycles', () => {
  test('by outcome, mode and whether they traded', () => {
    expect(chosen({})).toEqual(['c1', 'c2', 'c3', 'c4'])
    expect(chosen({ outcome: 'within_band' })).toEqual(['c4'])
    expect(chosen({ outcome: null })).toEqual(['c2'])
    expect(chosen({ mode: 'dry-run' })).toEqual(['c3'])
    expect(chosen({ isTradedOnly: true })).toEqual(['c1', 'c2'])
    expect(chosen({ isTradedOnly: true, outcome: null })).toEqual(['c2'])
  })

  test('a choice survives its address, and what an address invents is not chosen', () => {
    const choices: Choice[] = [
      EVERYTHING,
      { outcome: null, mode: 'live', isTradedOnly: true },
      { outcome: 'cost_exceeds_benefit', mode: 'dry-run', isTradedOnly: false },
    ]
    for (const choice of choices) expect(choiceOfParams(new URLSearchParams(choiceToParams(choice)))).toEqual(choice)
    expect(choiceOfParams(new URLSearchParams('outcome=toString&mode=paper&traded=1'))).toEqual(EVERYTHING)
  })

  test('one line says why, and counts what it leaves out', () => {
    expect(whyLine(traded)).toBe('eth is 61 % and its band ends at 55 %.')
    expect(whyLine({ ...traded, reasons: ['One.', 'Two.', 'Three.'] })).toBe('One. (+2 more)')
    expect(whyLine({ ...traded, reasons: ['ETH is 3.5 % off; its band is ±2.5 %. Back to it costs 1.07 bps.'] })).toBe(
      'ETH is 3.5 % off; its band is ±2.5 %.',
    )
    expect(whyLine(idle)).toBe('Every asset was near enough to its target.')
    expect(whyLine({ outcome: null, reasons: [] })).toBe('It has begun and not ended.')
  })
})
