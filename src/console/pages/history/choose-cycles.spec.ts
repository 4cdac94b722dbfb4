import { describe, expect, test } from '@jest/globals'
import type { CycleLine } from '../../api/cycles.js'
import {
  type Choice,
  choiceOfParams,
  choiceToParams,
  choiceToQuery,
  EVERYTHING,
  hasTraded,
  whyLine,
} from './choose-cycles.js'

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

describe('choosing among cycles', () => {
  test('outcome and mode are asked of the API, and whether they traded is seen by their legs', () => {
    expect(choiceToQuery(EVERYTHING)).toEqual({})
    expect(choiceToQuery({ ...EVERYTHING, outcome: 'within_band', isTradedOnly: true })).toEqual({
      outcome: 'within_band',
    })
    expect(choiceToQuery({ ...EVERYTHING, outcome: null, mode: 'dry-run' })).toEqual({
      outcome: 'running',
      mode: 'dry-run',
    })
    expect([traded, running, dry, idle].filter(hasTraded)).toEqual([traded, running])
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
