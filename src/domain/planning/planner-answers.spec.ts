import { describe, expect, jest, test } from '@jest/globals'
import { type AssetSpec, aSetting, inputOf, type Setting, usd } from '../../../test/support/planning-input.js'
import {
  DEEP,
  type Oracle,
  planWith,
  poolAnswer,
  poolAnswers,
  type PoolWorld,
  SOLVER,
  variedDepths,
} from '../../../test/support/pool-quotes.js'
import { tokenId } from '../assets.js'
import type { Solver } from '../../ports/solver.js'
import { amountOf } from '../units/amount.js'
import type { CurveRecord } from './curve-record.js'
import type { PlanInput, PlannerAnswer, PlanOutcome } from './dialogue.js'
import type { LinearModel, Solution } from './linear-model.js'
import type { Plan } from './plan.js'
import { makePlan } from './planner.js'
import type { Quote, QuoteAsk, QuoteFailure } from './quote.js'
import { faultsOf } from './verify.js'

jest.setTimeout(60_000)

const world: PoolWorld = { ...DEEP, depth: variedDepths(4, 60_000_000) }
const input = inputOf(aSetting())

/** Whatever happened on the way: a plan that passes every check, or reasons. No value in it is no number. */
function expectSound(outcome: PlanOutcome, from: PlanInput): void {
  const numbers: unknown[] = []
  JSON.stringify(outcome, (_key, value: unknown) => {
    numbers.push(value)
    return typeof value === 'bigint' ? `${value}` : value
  })
  expect(numbers.filter((one) => typeof one === 'number' && !Number.isFinite(one))).toEqual([])
  if (outcome.status === 'no-plan') return expect(outcome.reasons.join('').length).toBeGreaterThan(0)
  const { legs, separatePools } = outcome.plan
  expect(legs.length).toBeGreaterThan(0)
  expect(faultsOf(from, legs, new Set(separatePools.map(({ group }) => group)))).toEqual([])
}

async function expectSoundEnd(
  from: PlanInput,
  answers: PoolWorld | Oracle = world,
  solver: Solver = SOLVER,
): Promise<PlanOutcome> {
  const { outcome, asks } = await planWith(from, answers, solver)
  expect(asks.length).toBeLessThanOrEqual(from.policy.planning.maxQuotes)
  for (const { request } of asks) expect(request.sell.units > 0n).toBe(true)
  expectSound(outcome, from)
  return outcome
}
const planIn = (outcome: PlanOutcome): Plan => {
  if (outcome.status === 'no-plan') throw new Error(outcome.reasons.join(' '))
  return outcome.plan
}

/** The pools' answers with every quote changed. */
const answersWith = (
  change: (quote: Quote, ask: QuoteAsk, nth: number) => Quote | QuoteFailure,
  from: PlanInput = input,
  pools = world,
): Oracle => {
  let nth = 0
  return (question) => {
    if (question.type !== 'quotes') return poolAnswers(pools, from)(question)
    const replies = question.asks.map((ask) => {
      const reply = poolAnswer(pools, from, ask)
      return 'request' in reply ? change(reply, ask, nth++) : reply
    })
    return { type: 'quotes', replies }
  }
}
const scaled = (quote: Quote, perMille: number): Quote => ({
  ...quote,
  expectedOut: amountOf(quote.expectedOut.token, (quote.expectedOut.units * BigInt(perMille)) / 1_000n),
})

describe('a solver that fails', () => {
  const breaking = (solution: (model: LinearModel, nth: number) => Solution | undefined) => {
    let nth = 0
    return { solve: async (model: LinearModel) => solution(model, ++nth) ?? SOLVER.solve(model) }
  }
  const failed: Solution = { status: 'failed', reason: 'broken' }
  const made = (model: LinearModel, values: readonly number[]): Solution => ({
    status: 'optimal',
    values: values.slice(0, model.columns.cost.length + 1),
    objective: 0,
    bound: 0,
  })
  const full = (model: LinearModel, value: number) => model.columns.cost.map(() => value)
  const answers: readonly (readonly [string, (model: LinearModel) => Solution])[] = [
    ['fails', () => failed],
    ['finds no solution', () => ({ status: 'infeasible', reason: 'none' })],
    ['answers with values that are no numbers', (model) => made(model, full(model, NaN))],
    ['answers with infinite values', (model) => made(model, full(model, Infinity))],
    ['answers with too few values', (model) => made(model, full(model, 1).slice(1))],
    ['answers with too many values', (model) => made(model, [...full(model, 1), 1])],
    ['answers that nothing is to be done', (model) => made(model, full(model, 0))],
    ['answers with everything at once, far beyond what there is', (model) => made(model, full(model, 1e12))],
    ['answers with negative values', (model) => made(model, full(model, -1))],
    [
      'answers with a bound and an objective that are no numbers',
      (model) => ({ status: 'limit', values: full(model, 0), objective: NaN, bound: NaN }),
    ],
  ]

  test.each(answers)('every time: it %s', async (_what, answer) => {
    const outcome = await expectSoundEnd(input, world, breaking(answer))
    expect(['water-filling', 'greedy', 'rounding', 'milp']).toContain(planIn(outcome).method)
  })

  test('every time: the plan comes from water-filling or the greedy baseline, and has no lower bound', async () => {
    const { method, lowerBound, noBound } = planIn(
      await expectSoundEnd(
        input,
        world,
        breaking(() => failed),
      ),
    )
    expect(noBound).toBe('No relaxation of it could be solved.')
    expect(['water-filling', 'greedy']).toContain(method)
    expect(lowerBound).toBeUndefined()
  })

  test('with a bound above what the plan costs: none is claimed', async () => {
    const tooHigh: Solver = {
      solve: async (model) => {
        const solution = await SOLVER.solve(model)
        return 'values' in solution ? { ...solution, bound: 9_000 } : solution
      },
    }
    const { lowerBound, noBound } = planIn(await expectSoundEnd(input, world, tooHigh))
    expect(lowerBound).toBeUndefined()
    expect(noBound).toMatch(/^By its curves no plan would cost less than [\d,.]+ USD, and this one does: /)
  })

  test('at searches for whole numbers only: the plan comes from rounding what the relaxation found', async () => {
    const solver = breaking(({ columns }) => (columns.isInteger.includes(true) ? failed : undefined))
    const { method } = planIn(await expectSoundEnd(input, world, solver))
    expect(['rounding', 'milp', 'water-filling']).toContain(method)
  })

  test.each([1, 2, 3, 4, 5, 6, 8, 10])('at call %d and all later ones, or only there', async (call) => {
    await expectSoundEnd(
      input,
      world,
      breaking((_model, nth) => (nth >= call ? failed : undefined)),
    )
    const { method } = planIn(
      await expectSoundEnd(
        input,
        world,
        breaking((_model, nth) => (nth === call ? failed : undefined)),
      ),
    )
    expect(method.length).toBeGreaterThan(0)
  })

  test('that is cut off has its solution used', async () => {
    const cutOff: Solver = {
      solve: async (model) => {
        const solution = await SOLVER.solve(model)
        return 'values' in solution ? { ...solution, status: 'limit' as const } : solution
      },
    }
    const [whole, cut] = [planIn(await expectSoundEnd(input)), planIn(await expectSoundEnd(input, world, cutOff))]
    expect(cut.legs).toEqual(whole.legs)
  })

  test('to answer at all, or answers something else, is one that fails', () => {
    const run = makePlan(input)
    let step = run.next()
    for (let questions = 0; !step.done && questions < 80; questions++) {
      const answer: PlannerAnswer =
        step.value.type === 'quotes' ? poolAnswers(world, input)(step.value) : { type: 'quotes', replies: [] }
      step = run.next(answer)
    }
    expect(step.done).toBe(true)
    if (step.done) expectSound(step.value, input)
  })
})

describe('venues that answer badly', () => {
  const failing = (kind: QuoteFailure['kind']): Oracle =>
    answersWith((_quote, { venue }) => ({ venue, kind, detail: `${venue} is down` }))

  test.each(['no-route', 'rejected', 'rate-limited', 'unavailable', 'malformed'] as const)(
    'all with "%s": no plan, with what they said',
    async (kind) => {
      const outcome = await expectSoundEnd(input, failing(kind))
      expect(outcome).toMatchObject({
        status: 'no-plan',
        reasons: expect.arrayContaining([expect.stringContaining(`${kind}: one is down`)]),
      })
    },
  )

  test('no liquidity anywhere: no plan', async () => {
    expect((await expectSoundEnd(input, { ...world, depth: () => undefined })).status).toBe('no-plan')
    expect((await expectSoundEnd(input, { ...world, depth: () => 0n })).status).toBe('no-plan')
  })

  test('liquidity of a few dollars: no plan, or one that stays within every limit', async () => {
    for (const dollars of [1, 100, 10_000, 200_000])
      await expectSoundEnd(input, { ...world, depth: () => usd(dollars) })
  })

  test('quotes far better than our prices are not believed', async () => {
    expect(
      (
        await expectSoundEnd(
          input,
          answersWith((quote) => scaled(quote, 2_000)),
        )
      ).status,
    ).toBe('no-plan')
  })

  test('one venue far better than our prices is left out, the other is used', async () => {
    const { legs } = planIn(
      await expectSoundEnd(
        input,
        answersWith((quote) => (quote.venue === 'one' ? scaled(quote, 1_500) : quote)),
      ),
    )
    expect(new Set(legs.map(({ venue }) => venue))).toEqual(new Set(['two']))
    expect(
      legs.some(({ alternatives }) => alternatives.some(({ refusal }) => refusal?.includes('over our price'))),
    ).toBe(true)
  })

  test('quotes a little better than our prices make no circle', async () => {
    const { legs } = planIn(
      await expectSoundEnd(
        input,
        answersWith((quote) => scaled(quote, 1_005)),
      ),
    )
    const moves = legs.map(({ sell, expectedOut }) => `${tokenId(sell.token)} ${tokenId(expectedOut.token)}`)
    for (const move of moves) expect(moves).not.toContain(move.split(' ').toReversed().join(' '))
  })

  test('larger quotes at better rates, and noise of all kinds (theory 8.8)', async () => {
    await expectSoundEnd(
      input,
      answersWith((quote, _ask, nth) => scaled(quote, [1_000, 996, 1_003, 999, 990][nth % 5]!)),
    )
    await expectSoundEnd(
      input,
      answersWith((quote) => scaled(quote, 990 + Number(quote.request.sell.units % 11n))),
    )
  })

  test('a market that falls away between the rounds', async () => {
    for (const from of [5, 12, 20]) {
      await expectSoundEnd(
        input,
        answersWith((quote, _ask, nth) => (nth < from ? quote : scaled(quote, 992))),
      )
      await expectSoundEnd(
        input,
        answersWith((quote, { venue }, nth) => (nth < from ? quote : { venue, kind: 'unavailable', detail: 'gone' })),
      )
    }
  })

  test('fewer replies than asks, none, and more', async () => {
    const cut =
      (change: (replies: readonly (Quote | QuoteFailure)[]) => readonly (Quote | QuoteFailure)[]): Oracle =>
      (question) => {
        const answer = poolAnswers(world, input)(question)
        return answer.type === 'quotes' ? { ...answer, replies: change(answer.replies) } : answer
      }
    await expectSoundEnd(
      input,
      cut((replies) => replies.slice(1)),
    )
    await expectSoundEnd(
      input,
      cut((replies) => [...replies, ...replies]),
    )
    const outcome = await expectSoundEnd(
      input,
      cut(() => []),
    )
    expect(outcome).toMatchObject({
      status: 'no-plan',
      reasons: expect.arrayContaining([expect.stringContaining('No answer was given.')]),
    })
  })

  test('answers to other questions', async () => {
    const [alien] = input.assets
    const strange = { ...alien!.tokens[0]!, asset: 'NONE', address: '0x01' as const }
    expect(
      (
        await expectSoundEnd(
          input,
          answersWith((quote) => ({ ...quote, expectedOut: amountOf(strange, 5n) })),
        )
      ).status,
    ).toBe('no-plan')
    await expectSoundEnd(
      input,
      answersWith((quote) => ({
        ...quote,
        request: { ...quote.request, sell: amountOf(quote.request.sell.token, 0n) },
      })),
    )
  })

  test('gas, fees and times beyond all reason', async () => {
    expect(
      (
        await expectSoundEnd(
          input,
          answersWith((quote) => ({ ...quote, gasUnits: 10n ** 30n })),
        )
      ).status,
    ).toBe('no-plan')
    await expectSoundEnd(
      input,
      answersWith((quote) => ({ ...quote, gasUnits: 0n, durationSeconds: 10 ** 9 })),
    )
    const fee = (quote: Quote) => ({
      name: 'fee',
      amount: amountOf(quote.request.sell.token, quote.request.sell.units * 2n),
      isIncluded: false,
    })
    expect(
      (
        await expectSoundEnd(
          input,
          answersWith((quote) => ({ ...quote, fees: [fee(quote)] })),
        )
      ).status,
    ).toBe('no-plan')
  })

  test('a simulation that tells nothing, or that both trades brought nothing', async () => {
    const pools: PoolWorld = { ...DEEP, depth: () => usd(10_000_000), pools: 'separate', isOpen: false }
    for (const outcome of [
      { status: 'unknown', reason: '' },
      { status: 'played', quoted: [0n, 0n], delivered: [0n, 0n] },
    ] as const) {
      const plan = planIn(
        await expectSoundEnd(input, (question) =>
          question.type === 'joint' ? { type: 'joint', outcome } : poolAnswers(pools, input)(question),
        ),
      )
      expect(plan.separatePools).toEqual([])
    }
  })

  test('curves of earlier plans that hold nonsense', async () => {
    const first = await planWith(input, world)
    const odd = first.outcome.curves.flatMap((record): CurveRecord[] => [
      { ...record, samples: record.samples.map((sample) => ({ ...sample, received: NaN })) },
      { ...record, samples: record.samples.map((sample) => ({ ...sample, prices: [0n, 0n] })) },
      { ...record, samples: [] },
    ])
    await expectSoundEnd(inputOf(aSetting({ curves: odd })))
  })
})

describe('a portfolio or market that is odd', () => {
  const usdc: AssetSpec = {
    key: 'USD',
    class: 'stable',
    price: 1,
    target: 5_000,
    on: { alpha: 6 },
    held: { alpha: 400_000 },
  }
  const ether: AssetSpec = {
    key: 'ETH',
    class: 'major',
    price: 3_000,
    target: 5_000,
    on: { alpha: 18 },
    held: { alpha: 600_000 },
  }
  const expectSoundEndOf = (setting: Setting, pools: PoolWorld | Oracle = DEEP) =>
    expectSoundEnd(inputOf(setting), pools)

  test('gas that costs more than the trades are worth: no plan, and the reason', async () => {
    const outcome = await expectSoundEndOf(aSetting({ gasPrice: 10n ** 15n }))
    expect(outcome.status).toBe('no-plan')
    await expectSoundEndOf(aSetting({ gasPrice: 10n ** 12n }))
    await expectSoundEndOf(aSetting({ gasPrice: 0n }))
  })

  test('an asset that no venue trades stays where it is, with the reason; the others are traded', async () => {
    const depth: PoolWorld['depth'] = (_chain, a, b) => (a === 'BTC' || b === 'BTC' ? undefined : usd(50_000_000))
    const from = aSetting()
    const plan = planIn(
      await expectSoundEndOf(
        {
          ...from,
          assets: from.assets.map((spec) => (spec.key === 'USD' ? { ...spec, held: { alpha: 10_000 } } : spec)),
        },
        { ...DEEP, depth },
      ),
    )
    expect(
      plan.legs.some(({ sell, expectedOut }) => [sell, expectedOut].some(({ token }) => token.asset === 'BTC')),
    ).toBe(false)
    expect(plan.unmet.find(({ asset }) => asset === 'BTC')!.reason).toContain('no pool')
  })

  test('no venue at all for an asset: said in the reasons, and nobody is asked about it', async () => {
    const bare = {
      ...input,
      venuesFor: (request: QuoteAsk['request']) =>
        [request.sell.token.asset, request.buy.asset].includes('BTC') ? [] : input.venuesFor(request),
    }
    const { asks, outcome } = await planWith(bare, world)
    expectSound(outcome, bare)
    expect(asks.every(({ request }) => request.sell.token.asset !== 'BTC' && request.buy.asset !== 'BTC')).toBe(true)
    const told = outcome.status === 'planned' ? outcome.plan.unmet.map(({ reason }) => reason) : outcome.reasons
    expect(told.join()).toContain('No venue trades BTC')
  })

  test('what an earlier plan learned of a market nobody serves any more carries no money to it', async () => {
    const assets: AssetSpec[] = [
      { key: 'USD', class: 'stable', price: 1, target: 4_000, on: { alpha: 6, beta: 6 }, held: { alpha: 300_000 } },
      { key: 'ETH', class: 'major', price: 3_000, target: 4_000, on: { alpha: 18 }, held: { alpha: 697_000 } },
      { key: 'BTC', class: 'major', price: 60_000, target: 2_000, on: { beta: 8 }, held: {} },
    ]
    const { outcome } = await planWith(inputOf({ assets, venues: ['one'] }), DEEP)
    expect(outcome.status === 'planned' && outcome.plan.legs.map(({ kind }) => kind)).toContain('bridge')
    const [one, two] = ['one', 'two'].map((venue) => inputOf({ assets, venues: [venue], curves: outcome.curves }))
    const isMoved = ({ kind, sell, buy }: QuoteAsk['request']) =>
      kind === 'swap' && [sell.token.asset, buy.asset].includes('BTC')
    const after: PlanInput = { ...one!, venuesFor: (request) => (isMoved(request) ? two! : one!).venuesFor(request) }
    const depth: PoolWorld['depth'] = (_chain, _a, _b, venue) => (venue === 'two' ? undefined : usd(500_000_000))
    const { outcome: later } = await planWith(after, { ...DEEP, depth })
    const legs = later.status === 'planned' ? later.plan.legs : []
    expect(legs.map(({ kind, sell }) => `${kind} ${sell.token.asset}`)).toEqual(['swap ETH'])
  })

  test('no venue for anything: no plan', async () => {
    expect(await expectSoundEnd({ ...input, venuesFor: () => [] })).toMatchObject({
      status: 'no-plan',
      reasons: [expect.stringContaining('No venue trades')],
    })
  })

  test('a chain whose gas price is unknown is left alone', async () => {
    const from = inputOf(aSetting({ deaf: ['alpha'] }))
    const { outcome, asks } = await planWith(from, world)
    expectSound(outcome, from)
    expect(asks.every(({ request }) => request.sell.token.chain === 'beta' && request.buy.chain === 'beta')).toBe(true)
    expect((await expectSoundEndOf(aSetting({ deaf: ['alpha', 'beta'] }))).status).toBe('no-plan')
  })

  test('balances of one base unit', async () => {
    const dust: AssetSpec = { key: 'DUST', class: 'other', price: 0.000001, target: 0, on: { alpha: 18 }, held: {} }
    const from = inputOf({ assets: [ether, usdc, dust] })
    const assets = from.valuation.assets.map((one) =>
      one.status === 'known' && one.asset === 'DUST'
        ? {
            ...one,
            positions: one.positions.map((position) => ({ ...position, amount: amountOf(position.amount.token, 1n) })),
          }
        : one,
    )
    const plan = planIn(await expectSoundEnd({ ...from, valuation: { ...from.valuation, assets } }, DEEP))
    expect(plan.legs.map(({ sell }) => sell.token.asset)).toEqual(['ETH'])
    const poor = inputOf({
      assets: [
        { ...ether, held: {} },
        { ...usdc, held: { alpha: 0.000001 } },
      ],
      native: { alpha: 0 },
    })
    expect((await expectSoundEnd(poor, DEEP)).status).toBe('no-plan')
  })

  test.each([
    [0, 36],
    [36, 0],
    [2, 24],
  ])('tokens of %d and %d decimals', async (one, other) => {
    const plan = planIn(
      await expectSoundEndOf({
        assets: [
          { ...ether, price: 30, on: { alpha: one } },
          { ...usdc, on: { alpha: other } },
        ],
      }),
    )
    expect(plan.legs).toHaveLength(1)
  })

  test('whole tokens dearer than a leg may lose: nothing is promised that cannot be kept', async () => {
    await expectSoundEndOf({ assets: [{ ...ether, price: 60_000, on: { alpha: 0 } }, usdc] })
    await expectSoundEndOf({ assets: [ether, { ...usdc, price: 20_000, class: 'other', on: { alpha: 0 } }] })
  })

  test('prices from a millionth of a dollar to a billion', async () => {
    await expectSoundEndOf({
      assets: [
        { ...ether, price: 1e9 },
        usdc,
        { key: 'TINY', class: 'other', price: 0.000001, target: 0, on: { alpha: 18 }, held: { alpha: 50_000 } },
      ],
    })
  })

  test('a minimum trade of nothing, and legs of nothing', async () => {
    await expectSoundEndOf(aSetting({ policy: { minimumTrade: 0n } }))
    expect((await expectSoundEndOf(aSetting({ policy: { maxLeg: 0n } }))).status).toBe('no-plan')
    expect((await expectSoundEndOf(aSetting({ policy: { maxLegs: 0 } }))).status).toBe('no-plan')
    expect((await expectSoundEndOf(aSetting({ policy: { maxGas: 0n } }))).status).toBe('no-plan')
  })

  test('legs that may lose nothing, or everything', async () => {
    const all = 10n ** 18n
    expect(
      (
        await expectSoundEndOf(
          aSetting({ policy: { maxLoss: { stable: 0n, major: 0n, other: 0n }, maxBridgeLoss: 0n } }),
        )
      ).status,
    ).toBe('no-plan')
    await expectSoundEndOf(
      aSetting({ policy: { maxLoss: { stable: all, major: all, other: all }, maxBridgeLoss: all } }),
    )
  })

  test('without a hub named for any chain, the stable asset stands in for it', async () => {
    const { legs } = planIn(await expectSoundEndOf(aSetting({ policy: { hubs: {} } })))
    expect(legs.length).toBeGreaterThan(0)
  })

  test('legs at the largest loss they may have keep their own minimum, rounding included', async () => {
    for (let seed = 1; seed <= 5; seed++) {
      const outcome = await expectSoundEndOf(aSetting(), { ...DEEP, depth: variedDepths(seed, 20_000_000) })
      const faults = outcome.status === 'no-plan' ? outcome.reasons.filter((one) => one.startsWith('Leg ')) : []
      expect(faults).toEqual([])
    }
  })

  test('crossings whose fixed fee is more than small ones may lose', async () => {
    for (const fixed of [2, 10, 50, 400]) {
      const outcome = await expectSoundEndOf(aSetting(), { ...world, bridgeFixed: usd(fixed) })
      const faults = outcome.status === 'no-plan' ? outcome.reasons.filter((one) => one.startsWith('Leg ')) : []
      expect(faults).toEqual([])
    }
  })
})
