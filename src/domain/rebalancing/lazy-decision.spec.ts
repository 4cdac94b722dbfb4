import { describe, expect, test } from '@jest/globals'
import { LazyDecision, once } from './lazy-decision.js'

const acted = { trade: false, code: 'within-band', levels: [], breached: [] } as const

describe('a decision that explains itself when it is asked', () => {
  test('works nothing out before, and the reasons once', () => {
    const asked: string[] = []
    const decision = new LazyDecision(
      acted,
      () => [],
      () => [`asked ${asked.push('reasons')} times`],
    )
    expect(decision.trade).toBe(false)
    expect(asked).toEqual([])
    expect([decision.reasons, decision.reasons]).toEqual([['asked 1 times'], ['asked 1 times']])
  })

  test('is a decision like any other to whoever compares, copies or writes it down', () => {
    const plain = { ...acted, figures: [], reasons: ['All is well.'] }
    const lazy = new LazyDecision(
      acted,
      () => [],
      () => ['All is well.'],
    )
    expect(lazy).toEqual(plain)
    expect({ ...lazy }).toEqual(plain)
    expect(structuredClone({ ...lazy })).toEqual(plain)
    expect(JSON.parse(JSON.stringify(lazy))).toEqual(plain)
    expect(Object.keys(lazy).toSorted()).toEqual(Object.keys(plain).toSorted())
    expect(lazy).not.toEqual({ ...plain, reasons: [] })
  })
})

test('once makes a value once, undefined ones too', () => {
  let made = 0
  const value = once(() => {
    made++
    return undefined
  })
  expect([value(), value(), made]).toEqual([undefined, undefined, 1])
})
