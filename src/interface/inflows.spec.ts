import { beforeEach, describe, expect, test } from '@jest/globals'
import { addressOf, OWNER } from '../../test/support/builders.js'
import { RecordingObserver } from '../../test/support/fake-ports.js'
import { ALPHA, aPortfolio } from '../../test/support/fake-world.js'
import { MemoryStore } from '../../test/support/memory-store.js'
import { ClassifyInflow } from '../application/classify-inflow.js'
import { LookAhead } from '../application/look-ahead.js'
import { KEY_SCOPES } from '../domain/access/scopes.js'
import { entry } from '../domain/execution/ledger.js'
import { rulesOf } from './http/access/route.js'
import { InflowsController } from './http/inflows.controller.js'
import { LastCycles } from './http/last-cycles.js'
import { Portfolios, PortfoliosController } from './http/portfolios.controller.js'
import { Problem } from './http/problem.js'

const portfolio = aPortfolio()
const token = ALPHA.usdc.address
const body = { chain: 'alpha', token, reason: 'Capital call of November.' }

describe('POST /v1/portfolios/:id/inflows', () => {
  let store: MemoryStore
  let observer: RecordingObserver
  let controller: InflowsController
  const portfolios = new Portfolios([portfolio])

  beforeEach(async () => {
    store = new MemoryStore()
    observer = new RecordingObserver()
    controller = new InflowsController(portfolios, new ClassifyInflow({ store, observer }), store)
    const on = { cause: 'found.alpha.9', owner: OWNER, chain: 'alpha', token, book: 'final' } as const
    await store.post(entry(on, 'unattributed', 'wallet', 1_500_000n))
  })
  const refusal = (id: string, sent: unknown) =>
    controller.classify(id, sent).then(
      () => undefined,
      (error: Problem) => [error.status, error.code],
    )

  test('takes what is unattributed of a token for the own money of the fund, which the portfolio shows no longer', async () => {
    const view = new PortfoliosController(portfolios, store, new LookAhead(), new LastCycles(store))
    const balance = { chain: 'alpha', token: token.toLowerCase(), symbol: 'USDC', amount: '1.5', units: '1500000' }
    expect(await view.one('core')).toMatchObject({ unattributed: [balance] })
    expect(await controller.classify('core', body)).toEqual({ portfolio: 'core', deposit: balance })
    expect(await view.one('core')).toMatchObject({ unattributed: [] })
    expect(observer.of('inflow-classified')).toMatchObject([{ ...body, units: 1_500_000n }])
  })

  test('is not found where nothing is unattributed, with what there is', async () => {
    await expect(controller.classify('core', { ...body, token: addressOf(0xbad) })).rejects.toThrow(
      `there is 1500000 base units of ${token.toLowerCase()} on alpha`,
    )
    expect(await refusal('core', { ...body, chain: 'beta' })).toEqual([404, 'not-found'])
    expect(await refusal('other', body)).toEqual([404, 'not-found'])
    await controller.classify('core', body)
    expect(await refusal('core', body)).toEqual([404, 'not-found'])
  })

  test.each([
    undefined,
    {},
    { ...body, reason: ' ' },
    { ...body, token: 'USDC' },
    { ...body, token: `${token}0` },
    { ...body, chain: '' },
    { ...body, chain: 5 },
    { ...body, units: '1' },
  ])('no %j', async (sent) => {
    expect(await refusal('core', sent)).toEqual([400, 'invalid-request'])
    expect(await store.unattributed(OWNER)).toHaveLength(1)
  })

  test('is for people: no key can hold its scope', () => {
    const handler: unknown = Object.getOwnPropertyDescriptor(InflowsController.prototype, 'classify')!.value
    const { scope } = rulesOf(handler as object) ?? {}
    expect(scope).toBe('resume:propose')
    expect(KEY_SCOPES).not.toContain(scope)
  })
})
