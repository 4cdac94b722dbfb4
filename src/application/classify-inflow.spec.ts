import { describe, expect, jest, test } from '@jest/globals'
import { OWNER } from '../../test/support/builders.js'
import { ALPHA, aPortfolio, BETA, FakeWorld, TOKENS } from '../../test/support/fake-world.js'
import { looseLimits } from '../../test/support/limits.js'
import type { Token } from '../domain/assets.js'
import { openingPostings } from '../domain/execution/ledger.js'
import { ratioOfBasisPoints } from '../domain/units/ratio.js'
import { ClassifyInflow } from './classify-inflow.js'

jest.setTimeout(60_000)

const portfolio = aPortfolio({ limits: looseLimits({ balanceMove: ratioOfBasisPoints(200) }) })
const GIFT = 20n * 10n ** 18n
const order = { chain: 'alpha', token: ALPHA.weth.address, units: GIFT, reason: 'Capital call of November.' }

/** A portfolio on target, to which somebody sent WETH that reconciliation has found. */
async function found() {
  const world = new FakeWorld()
  world.chain.give(ALPHA.weth, OWNER, 90n * 10n ** 18n)
  world.chain.give(ALPHA.usdc, OWNER, 180_000n * 10n ** 6n)
  world.chain.give(BETA.wbtc, OWNER, 2n * 10n ** 8n)
  const process = world.start()
  const { store, observer } = process
  for (const chain of ['alpha', 'beta']) {
    const here = TOKENS.filter((token) => token.chain === chain)
    const held = here.map((token) => ({ token: token.address, units: world.chain.balance(token, OWNER) }))
    await store.openLedger(OWNER, openingPostings(OWNER, chain, held))
  }
  const cycle = async () => {
    world.clock.pass(3_700_000)
    await process.runCycle.run(portfolio, new AbortController().signal)
  }
  const give = async (token: Token, units: bigint) => {
    world.chain.give(token, OWNER, units)
    for (let block = 0; block < 4; block++) world.clock.pass(1_000)
    await process.reconcile.run(portfolio)
  }
  await cycle()
  const before = last(world)
  expect(before.outcome).toBe('within_band')
  await give(ALPHA.weth, GIFT)
  return { world, process, before, cycle, give, classify: new ClassifyInflow({ store, observer }) }
}
const last = (world: FakeWorld) => [...world.rows.cycles.values()].at(-1)!
const soldWeth = (world: FakeWorld) =>
  last(world).legs.flatMap(({ leg: { sell }, state }) => (sell.token === ALPHA.weth && state === 'done' ? [sell] : []))

describe('an inflow that nobody announced (4.13)', () => {
  test('is neither sold nor part of the NAV until a person classifies it, and afterwards it is both', async () => {
    const { world, process, before, cycle, classify } = await found()
    const signed = world.signer.signed.length
    expect(await process.store.unattributed(OWNER)).toEqual([{ ...order, reason: undefined }])

    await cycle()
    expect(last(world)).toMatchObject({ outcome: 'within_band', legs: [] })
    expect(last(world).valuation.nav).toBe(before.valuation.nav)
    expect(world.signer.signed).toHaveLength(signed)

    expect(await classify.run(portfolio, order)).toEqual({ status: 'booked' })
    expect(process.observer.of('inflow-classified')).toMatchObject([{ ...order, portfolio: 'core' }])
    await cycle()
    expect(last(world).valuation.nav).toBeGreaterThan(before.valuation.nav)
    expect(soldWeth(world)).not.toEqual([])
    expect(process.observer.of('breaker-tripped')).toEqual([])
  })

  test('C-53: is no move of the balances that a plan was made on', async () => {
    const { world, process, cycle, give, classify } = await found()
    await give(ALPHA.usdc, 100_000n * 10n ** 6n)
    await classify.run(portfolio, { ...order, token: ALPHA.usdc.address, units: 100_000n * 10n ** 6n })
    await cycle()
    expect(last(world).legs.length).toBeGreaterThan(0)
    expect(last(world)).toMatchObject({ outcome: 'traded' })
    expect((await process.store.unattributed(OWNER)).map(({ units }) => units)).toEqual([GIFT])
  })

  test('is classified once; where nothing was found nothing is booked or told', async () => {
    const { world, process, classify } = await found()
    const both = await Promise.all([classify.run(portfolio, order), classify.run(portfolio, order)])
    expect(both.map(({ status }) => status).toSorted()).toEqual(['booked', 'nothing'])
    expect(process.observer.of('inflow-classified')).toHaveLength(1)
    const entries = world.rows.postings.length
    expect(await classify.run(portfolio, { ...order, chain: 'beta' })).toMatchObject({ status: 'nothing' })
    expect(world.rows.postings).toHaveLength(entries)
  })

  test('is what was looked at: where more has come in since nothing is booked or told', async () => {
    const { world, process, give, classify } = await found()
    await give(ALPHA.weth, 1n)
    const entries = world.rows.postings.length
    expect(await classify.run(portfolio, order)).toEqual({
      status: 'changed',
      reason: `${GIFT + 1n} base units of ${order.token} on alpha are unattributed, not ${GIFT}. Look at it again, then decide anew.`,
    })
    expect(world.rows.postings).toHaveLength(entries)
    expect(process.observer.of('inflow-classified')).toEqual([])
  })
})
