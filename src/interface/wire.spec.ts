import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { z } from 'zod'
import {
  aCycle,
  aLeg,
  anAttempt,
  anInclusion,
  aPlan,
  aRun,
  aToken,
  aTransfer,
  hashOf,
  newIntent,
  NOW,
  sendingRun,
  WETH,
} from '../../test/support/builders.js'
import { aPortfolio } from '../../test/support/fake-world.js'
import { NO_COST } from '../domain/planning/cost.js'
import type { Plan } from '../domain/planning/plan.js'
import type { Decision } from '../domain/policy/trigger.js'
import type { Snapshot } from '../domain/portfolio/snapshot.js'
import { amountOf } from '../domain/units/amount.js'
import { parseDecimal } from '../domain/units/decimal.js'
import { ONE_USD } from '../domain/units/usd.js'
import { costWire } from './http/figures.js'
import { decisionSchema } from './http/plan-schema.js'
import { decisionWire, planWire, snapshotWire } from './http/plan-wire.js'
import { Problem } from './http/problem.js'
import { cyclesQuery, cycleSummaryWire, cycleWire, parseOrRefuse, portfolioWire, transferWire } from './http/wire.js'
import { breakerWire, haltBody, pauseBody, resumeBody, Scopes } from './http/safety-wire.js'
import { stateWire } from './http/state-wire.js'

const run = sendingRun(aRun())
const intent = {
  ...newIntent(aCycle(), run),
  nonce: 7,
  version: 4,
  state: 'final_ok' as const,
  attempts: [anAttempt(1)] as const,
  inclusion: anInclusion(1),
}
const cycle = aCycle({
  legs: [{ ...run, state: 'done', sold: run.leg.sell, received: run.leg.expectedOut }],
  intents: [intent],
  transfers: [aTransfer(aCycle(), run)],
})

/** Through JSON and back, as a caller sees it. */
const sent = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

describe('a reason', () => {
  test.each([
    ['nothing', undefined],
    ['nothing', { level: 'hard' }],
    ['null', { reason: null }],
    ['a number', { reason: 5 }],
    ['a list', { reason: ['why'] }],
    ['empty text', { reason: ' ' }],
    ['501 characters', { reason: 'x'.repeat(501) }],
  ])('that is %s is one sentence', (got, body) => {
    const detail = `expected text of 1 to 500 characters, got ${got}; say in "reason" why you do this`
    expect(() => parseOrRefuse(pauseBody, body)).toThrow(new Problem(400, 'invalid-request', `/reason: ${detail}`))
  })
})

describe('what the API says', () => {
  const realised = { ...NO_COST, slippage: 1n, gas: 2n * ONE_USD }
  const wire = sent(cycleWire(cycle, new Map([['plan-1.1', realised]])))

  test('a cycle with everything in it, amounts exact in base units and as decimal text', () => {
    expect(wire).toMatchObject({
      id: 'cycle-1',
      endedAt: null,
      outcome: null,
      startedAt: new Date(NOW).toISOString(),
      navUsd: '25000000',
      prices: { ETH: '3000', USD: '1' },
      decision: { act: true, code: 'band-breached', levels: [{ asset: 'ETH', lower: '0.89', upper: '0.91' }] },
      plan: {
        legs: [
          {
            sell: { chain: 'alpha', symbol: 'WETH', amount: '1.500000000000000001', units: '1500000000000000001' },
            expectedOut: { amount: '4500', units: '4500000000' },
            funding: [],
            slice: null,
            maxLoss: '0.005',
            quote: { ageMs: 0, block: null },
            alternatives: [{ venue: 'lifi', costUsd: null, refusal: 'No route.' }],
          },
        ],
        unmet: [{ asset: 'BTC', valueUsd: '-3' }],
      },
      legs: [
        {
          state: 'done',
          tier: 'B',
          sold: { units: '1500000000000000001' },
          realisedCost: { slippageUsd: '0.000000000000000001', gasUsd: '2', totalUsd: '2.000000000000000001' },
        },
      ],
      intents: [
        {
          nonce: 7,
          valueWei: `${10n ** 30n}`,
          attempts: [{ maxFeePerGasWei: `${2n ** 70n}` }],
          inclusion: { block: '100', gasPaidWei: '2100000000000000' },
        },
      ],
      transfers: [{ state: 'in_flight', sent: { units: '1000000000' }, arrivals: [] }],
      excluded: [{ asset: 'BTC' }],
    })
  })

  describe('a decision', () => {
    const { decision } = aCycle()
    const score = { days: 60, loss: -7.1, ewmaLoss: -7 }
    const regime = {
      name: 'calm' as const,
      volatility: 0.4,
      median: 0.5,
      periods: 365,
      ratio: 0.8,
      stressedFrom: 1.5,
      calmBelow: 1.2,
      age: 3,
      reason: 'Volatility is 40.0 % a year.',
    }
    const forecast = {
      asset: 'ETH',
      volatility: 0.6,
      model: 'har' as const,
      reason: 'It is the best.',
      scores: [
        { model: 'ewma' as const, volatility: 0.7, ...score, loss: -7 },
        { model: 'garch' as const, volatility: undefined, days: 0, loss: undefined, ewmaLoss: undefined },
        { model: 'har' as const, volatility: 0.6, ...score },
      ],
    }
    const missing = [{ asset: 'USD', reason: 'There is no daily price of USD.' }]
    const risk = { asOfDay: 20_000, pricesHash: 'ab12', forecasts: [forecast], regime, missing }

    test('with all that it rests on, and null for what is not known', () => {
      const wire = sent(decisionWire({ ...decision, risk }))
      expect(decisionSchema.parse(wire)).toEqual(wire)
      expect(wire).toMatchObject({
        assets: [{ asset: 'ETH', cost: 0.003, fixedCost: 0.00002, volatility: null }],
        risk: {
          asOf: '2024-10-04',
          pricesHash: 'ab12',
          regime,
          forecasts: [
            {
              ...forecast,
              scores: [
                { model: 'ewma', volatility: 0.7, ...score, loss: -7 },
                { model: 'garch', volatility: null, days: 0, loss: null, ewmaLoss: null },
                { model: 'har', volatility: 0.6, ...score },
              ],
            },
          ],
          missing,
        },
      })
      expect(sent(decisionWire({ ...decision, risk: { ...risk, regime: undefined } }))).toMatchObject({
        risk: { regime: null },
      })
    })

    test('of an earlier build, whose record holds less', () => {
      const figures = decision.figures.map(({ cost: _cost, fixedCost: _fixed, volatility: _volatility, ...one }) => one)
      const wire = sent(decisionWire({ ...decision, figures } as unknown as Decision))
      expect(decisionSchema.parse(wire)).toEqual(wire)
      expect(wire).toMatchObject({ assets: [{ cost: null, fixedCost: null, volatility: null }], risk: null })
    })
  })

  test('a plan with everything it says about itself', () => {
    const leg = aLeg({
      funding: [{ leg: 'plan-1.0', units: 2n ** 70n }],
      slice: { index: 2, of: 3, notBefore: NOW },
      reason: 'Cheapest.',
      quote: { ageMs: 1500, block: 2n ** 60n },
    })
    const plan: Plan = {
      ...aPlan([leg]),
      cost: { ...NO_COST, slippage: 4n * ONE_USD },
      unmet: [{ asset: 'BTC', value: 20n * ONE_USD, reason: 'Too small.' }],
      method: 'rounding',
      alternatives: [
        { name: 'nothing', cost: 0n, unmet: 4n * ONE_USD },
        { name: 'naive', cost: undefined, unmet: 1n },
      ],
      lowerBound: 4n * ONE_USD,
      separatePools: [
        { group: 'ETH on alpha, sell', venues: ['lifi', 'zeroex'], proof: 'fill-lists', detail: 'None in common.' },
      ],
      quotes: { asked: 9, failed: 2, rounds: 3 },
    }
    expect(sent(planWire(plan))).toMatchObject({
      method: 'rounding',
      cost: { totalUsd: '4' },
      alternatives: [
        { name: 'nothing', costUsd: '0', unmetUsd: '4' },
        { name: 'naive', costUsd: null, unmetUsd: '0.000000000000000001' },
      ],
      lowerBoundUsd: '4',
      noBoundReason: null,
      gap: '1.25',
      separatePools: plan.separatePools,
      quotes: { asked: 9, failed: 2, rounds: 3 },
      legs: [
        {
          minimumOut: { units: '4480000000' },
          funding: [{ leg: 'plan-1.0', units: `${2n ** 70n}` }],
          slice: { index: 2, of: 3, notBefore: new Date(NOW).toISOString() },
          reason: 'Cheapest.',
          quote: { ageMs: 1500, block: `${2n ** 60n}` },
        },
      ],
    })
    for (const [other, noBoundReason] of [
      [{ lowerBound: undefined, noBound: 'It broke.' }, 'It broke.'],
      [{ lowerBound: 6n * ONE_USD }, 'The one that was reckoned lay above what the plan costs.'],
    ] as const)
      expect(sent(planWire({ ...plan, ...other }))).toMatchObject({ lowerBoundUsd: null, noBoundReason, gap: null })
  })

  test('a snapshot with what did not answer', () => {
    const snapshot: Snapshot = {
      portfolio: 'core',
      takenAt: NOW,
      chains: [
        {
          chain: 'alpha',
          status: 'known',
          block: { number: 7n, hash: hashOf(7), timestamp: NOW / 1000 },
          baseFee: 2n ** 70n,
          holdings: [amountOf(WETH, 1n)],
          problems: [{ token: aToken(), reason: 'Six decimals expected.' }],
        },
        { chain: 'beta', status: 'unknown', reason: 'timeout' },
      ],
      inTransit: [{ transferId: 't', origin: 'beta', amount: amountOf(aToken(), 5n), isLate: true }],
      prices: [
        {
          asset: 'ETH',
          status: 'unknown',
          reason: 'One source is not enough.',
          sources: [
            { asset: 'ETH', source: 'feed', status: 'usable', price: 3n * ONE_USD, timestamp: NOW / 1000 },
            { asset: 'ETH', source: 'reference', status: 'unusable', reason: 'down' },
          ],
        },
      ],
    }
    const time = new Date(NOW).toISOString()
    expect(sent(snapshotWire(snapshot))).toMatchObject({
      takenAt: time,
      chains: [
        {
          block: { number: '7', hash: hashOf(7), time },
          baseFeeWei: `${2n ** 70n}`,
          holdings: [{ symbol: 'WETH', units: '1' }],
          problems: [{ symbol: 'USDC', reason: 'Six decimals expected.' }],
        },
        { chain: 'beta', status: 'unknown', reason: 'timeout' },
      ],
      inTransit: [{ transferId: 't', amount: { units: '5' }, isLate: true }],
      prices: [
        {
          asset: 'ETH',
          reason: 'One source is not enough.',
          sources: [
            { source: 'feed', priceUsd: '3', time },
            { source: 'reference', reason: 'down' },
          ],
        },
      ],
    })
  })

  test('a leg that has done nothing yet', () => {
    expect(sent(cycleWire(aCycle(), new Map()))).toMatchObject({
      progress: { planned: 1, toDo: 1, done: 0, failed: 0, skipped: [] },
      legs: [{ state: 'waiting', sold: null, received: null, failure: null, realisedCost: null }],
    })
  })

  test('never shows signed bytes', () => {
    expect(JSON.stringify(wire)).not.toContain(anAttempt(1).raw)
  })

  test('no amount loses a unit on the way, whatever its size and decimals', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 256n }), fc.integer({ min: 0, max: 36 }), (units, decimals) => {
        const said = sent(
          transferWire({ ...aTransfer(aCycle(), run), sent: amountOf({ ...WETH, decimals }, units) }),
        ) as { sent: { amount: string; units: string } }
        expect(BigInt(said.sent.units)).toBe(units)
        expect(parseDecimal(said.sent.amount, decimals)).toBe(units)
      }),
    )
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n }), (value) => {
        expect(parseDecimal(costWire({ ...NO_COST, fees: value }).feesUsd, 18)).toBe(value)
      }),
    )
  })

  test('a portfolio before its first cycle, and after', () => {
    const [BRIDGE] = Object.keys(aPortfolio().bridges)
    const held = { level: 'paused_new' as const, reason: 'Lunch.', since: 0, by: 'operator' as const }
    const states = (
      ['chain:alpha', 'asset:BTC', 'chain:gamma', `bridge:${BRIDGE}`, 'bridge:other', 'venue:swaps'] as const
    ).map((scope) => ({ scope, ...held }))
    expect(sent(portfolioWire(aPortfolio(), states, undefined))).toEqual({
      id: 'core',
      mode: 'live',
      account: { alias: 'treasury', address: aPortfolio().account },
      operatingState: {
        scope: 'portfolio:core',
        state: 'running',
        reason: 'Nothing holds it.',
        since: '1970-01-01T00:00:00.000Z',
        expiresAt: null,
        by: 'daemon',
        byKind: 'daemon',
      },
      pausedParts: ['chain:alpha', 'asset:BTC', `bridge:${BRIDGE}`, 'venue:swaps'].map((scope) => ({
        scope,
        state: 'paused_new',
        reason: 'Lunch.',
        since: '1970-01-01T00:00:00.000Z',
        expiresAt: null,
        by: 'operator',
        byKind: 'operator',
      })),
    })
    const whole = [{ scope: 'all' as const, ...held }]
    expect(sent(portfolioWire(aPortfolio(), whole, undefined))).toMatchObject({
      operatingState: { scope: 'all', state: 'paused_new' },
      pausedParts: [],
    })
    expect(sent(portfolioWire(aPortfolio(), [], cycle))).toMatchObject({
      measuredAt: new Date(NOW).toISOString(),
      lastCycle: { id: 'cycle-1', decision: { code: 'band-breached' } },
      chains: [{ chain: 'alpha', valueUsd: '25000000.000000000000000001' }],
      assets: [{ asset: 'ETH', drift: '0.1', band: '0.02', isInBand: false }],
    })
  })

  test('a summary and the operating state', () => {
    const { id, portfolio, mode, startedAt } = cycle
    const summary = {
      id,
      portfolio,
      mode,
      startedAt,
      endedAt: NOW + 1,
      outcome: 'traded' as const,
      reasons: ['x'],
      legs: 1,
    }
    expect(cycleSummaryWire(summary)).toMatchObject({ endedAt: new Date(NOW + 1).toISOString(), outcome: 'traded' })
    expect(cycleSummaryWire({ ...summary, endedAt: undefined, outcome: undefined })).toMatchObject({
      endedAt: null,
      outcome: null,
    })
    const state = { scope: 'all', level: 'paused_new', reason: 'Lunch.', since: 0, by: 'breaker' } as const
    expect(stateWire(state)).toEqual({
      scope: 'all',
      state: 'paused_new',
      by: 'daemon',
      byKind: 'daemon',
      reason: 'Lunch.',
      since: '1970-01-01T00:00:00.000Z',
      expiresAt: null,
    })
  })
})

describe('what the API accepts', () => {
  test('a page of cycles, with a limit that is a number', () => {
    expect(parseOrRefuse(cyclesQuery, {})).toEqual({ limit: 50 })
    expect(parseOrRefuse(cyclesQuery, { limit: '7', portfolio: 'core' })).toEqual({ limit: 7, portfolio: 'core' })
  })

  test.each([
    { limit: '0' },
    { limit: '201' },
    { limit: 'x' },
    { limit: '1.5' },
    { colour: 'red' },
    { portfolio: ['a', 'b'] },
  ])('no %j', (query) => {
    expect(() => parseOrRefuse(cyclesQuery, query)).toThrow(Problem)
  })

  test('a reason, trimmed, and nothing else', () => {
    expect(parseOrRefuse(haltBody, { reason: ' Lunch. ' })).toEqual({ scope: 'all', reason: 'Lunch.' })
    for (const body of [
      undefined,
      {},
      { reason: ' ' },
      { reason: 'x'.repeat(501) },
      { reason: 'x', force: true },
      'x',
      [],
      5,
    ])
      expect(() => parseOrRefuse(haltBody, body)).toThrow(Problem)
  })

  test('a pause of everything that lets signed work finish, unless told otherwise; a resume that names breakers', () => {
    expect(parseOrRefuse(pauseBody, { reason: 'x' })).toEqual({ scope: 'all', level: 'new', reason: 'x' })
    expect(parseOrRefuse(resumeBody, { reason: 'x', scope: 'chain:alpha', clear: ['B-03'] })).toEqual({
      scope: 'chain:alpha',
      reason: 'x',
      clear: ['B-03'],
      acceptLoss: false,
    })
    for (const body of [{ level: 'halted' }, { scope: 5 }, { clear: ['B-99'] }, { clear: 'B-03' }])
      expect(() => parseOrRefuse(resumeBody, { reason: 'x', ...body })).toThrow(Problem)
    expect(() => parseOrRefuse(pauseBody, { reason: 'x', level: 'halted' })).toThrow(Problem)
  })

  test('a scope that the configuration names, and no other', () => {
    const scopes = new Scopes(['all', 'chain:alpha', 'portfolio:core'])
    expect(scopes.named('chain:alpha')).toBe('chain:alpha')
    for (const text of ['chain:beta', 'chain:', 'ALL', '', 'chain:alpha ', 'portfolio:core\n'])
      expect(() => scopes.named(text)).toThrow('expected one of all, chain:alpha, portfolio:core')
  })

  test('a breaker says when it tripped, and when and by whom it was cleared', () => {
    const open = { id: 1, code: 'B-06', scope: 'chain:alpha', level: 'paused_new', reason: 'Old head.' } as const
    const times = { trippedAt: 0, clearedAt: undefined, clearedBy: undefined }
    expect(sent(breakerWire({ ...open, ...times }))).toEqual({
      ...open,
      trippedAt: '1970-01-01T00:00:00.000Z',
      clearedAt: null,
      clearedBy: null,
    })
    expect(breakerWire({ ...open, trippedAt: 0, clearedAt: 1_000, clearedBy: 'operator: x' })).toMatchObject({
      clearedAt: '1970-01-01T00:00:01.000Z',
      clearedBy: 'operator: x',
    })
  })

  test('a refusal names every finding by its pointer', () => {
    try {
      parseOrRefuse(cyclesQuery, { limit: '0', before: 5 })
      throw new Error('accepted')
    } catch (error) {
      expect(error).toBeInstanceOf(Problem)
      expect((error as Problem).toJson()).toMatchObject({
        status: 400,
        code: 'invalid-request',
        errors: [{ pointer: '/before' }, { pointer: '/limit' }],
      })
    }
  })

  test.each([
    [cyclesQuery, { x: '1', y: '2' }, ['/x', '/y']],
    [cyclesQuery, { 'a/b': '1', 'a~b': '2', '': '3' }, ['/a~1b', '/a~0b', '/']],
    [z.strictObject({ 'a/~b': z.strictObject({}) }), { 'a/~b': { c: 1 } }, ['/a~1~0b/c']],
    [cyclesQuery, [], ['']],
  ])('RFC 6901: %# is refused where it is wrong', (schema: z.ZodType, input: unknown, pointers: readonly string[]) => {
    const errors = pointers.map((pointer) => expect.objectContaining({ pointer }))
    expect(() => parseOrRefuse(schema, input)).toThrow(expect.objectContaining({ status: 400, errors }))
  })
})
