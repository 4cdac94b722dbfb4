import { describe, expect, test } from '@jest/globals'
import type { Cycle, IntentDetail } from '../../api/cycles.js'
import { elapsedText, isTransferId, legTrails, looseIntents, momentsOf } from './trail.js'

const legs = [{ id: 'p1.0' }, { id: 'p1.1' }] as Cycle['legs']
const intents = [
  { id: 'p1.0.approve.1', legId: 'p1.0' },
  { id: 'p1.0.swap.1', legId: 'p1.0' },
  { id: 'p1.1.bridge.1', legId: 'p1.1' },
  { id: 'p1.9.revoke.1', legId: 'p1.9' },
] as Cycle['intents']
const transfers = [{ id: 'p1.1' }] as Cycle['transfers']
const plan = { legs: [{ id: 'p1.1' }] } as Cycle['plan']

describe('from a cycle to its transactions', () => {
  test('each leg has its part of the plan, its intents and its transfer', () => {
    const [swap, bridge] = legTrails({ legs, plan, intents, transfers })
    expect(swap?.planned).toBeUndefined()
    expect(swap?.intents.map(({ id }) => id)).toEqual(['p1.0.approve.1', 'p1.0.swap.1'])
    expect(swap?.transfer).toBeUndefined()
    expect(bridge?.planned?.id).toBe('p1.1')
    expect(bridge?.transfer?.id).toBe('p1.1')
  })

  test('no intent is left out: those without a leg are told on their own', () => {
    expect(looseIntents({ legs, intents }).map(({ id }) => id)).toEqual(['p1.9.revoke.1'])
    expect(legTrails({ legs, plan, intents, transfers }).flatMap((one) => one.intents)).toHaveLength(3)
  })

  test('ids tell transfers from intents', () => {
    expect(['0f3a-77.0', 'p1.12'].map(isTransferId)).toEqual([true, true])
    expect(['0f3a-77.0.swap.1', 'sweep:mainnet:1', 'p1'].map(isTransferId)).toEqual([false, false, false])
  })

  test('moments stand in the order of time, and bytes are signed before they are sent', () => {
    const at = '2026-01-31T00:00:01.000Z'
    const detail = {
      timeline: [
        { at: '2026-01-31T00:00:00.000Z', state: 'reserved', epoch: 1, evidence: '' },
        { at, state: 'signed', epoch: 1, evidence: '' },
        { at: '2026-01-31T00:00:09.000Z', state: 'mined', epoch: 1, evidence: '' },
      ],
      attempts: [{ hash: '0xa', payload: 'step', signedAt: at, maxFeePerGasWei: '1', gasLimit: '1' }],
      broadcasts: [
        { at, hash: '0xa', endpoint: 'one', answer: 'accepted' },
        { at, hash: '0xa', endpoint: 'two', answer: 'already known' },
        { at: '2026-01-31T00:00:08.000Z', hash: '0xa', endpoint: 'one', answer: 'already known' },
      ],
    } as unknown as IntentDetail
    const moments = momentsOf(detail)
    expect(moments.map(({ type }) => type)).toEqual(['state', 'attempt', 'state', 'broadcast', 'broadcast', 'state'])
    const sent = moments.flatMap((one) =>
      one.type === 'broadcast' ? [one.entries.map(({ endpoint }) => endpoint)] : [],
    )
    expect(sent).toEqual([['one', 'two'], ['one']])
  })

  test('times between moments are told to the tenth where they are short', () => {
    const after = (ms: number) => elapsedText(new Date(0).toISOString(), new Date(ms).toISOString())
    expect([0, 340, 9_990, 59_700, 125_000].map(after)).toEqual(['+0 s', '+0.3 s', '+9.9 s', '+59 s', '+2 min 5 s'])
    expect(elapsedText('2026-01-31T00:00:01.000Z', '2026-01-31T00:00:00.000Z')).toBe('+0 s')
  })
})
