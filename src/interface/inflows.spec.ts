import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { addressOf, OWNER } from '../../test/support/builders.js'
import { ALPHA } from '../../test/support/fake-world.js'
import { type GateApp, startGateApp } from '../../test/support/gate-app.js'
import type { Principal } from '../domain/access/principal.js'
import { ACCESS_SCOPES, KEY_SCOPES } from '../domain/access/scopes.js'
import { entry } from '../domain/execution/ledger.js'
import { rulesOf } from './http/access/route.js'
import { InflowsController } from './http/inflows.controller.js'
import { PortfoliosController } from './http/portfolios.controller.js'
import { Problem } from './http/problem.js'

const token = ALPHA.usdc.address
const body = { chain: 'alpha', token, units: '1500000', reason: 'Capital call of November.' }
const ada: Principal = {
  kind: 'person',
  subject: 'ada',
  keyId: undefined,
  expiresAt: undefined,
  scopes: new Set(ACCESS_SCOPES),
}

describe('POST /v1/portfolios/:id/inflows', () => {
  let gate: GateApp
  let controller: InflowsController

  beforeEach(async () => {
    gate = await startGateApp()
    controller = gate.app.get(InflowsController)
    const on = { cause: 'found.alpha.9', owner: OWNER, chain: 'alpha', token, book: 'final' } as const
    await gate.store.post(entry(on, 'unattributed', 'wallet', 1_500_000n))
  })
  afterEach(() => gate.close())
  const refusal = (id: string, sent: unknown) =>
    controller.classify(id, sent, ada).then(
      () => undefined,
      (error: Problem) => [error.status, error.code],
    )

  test('takes what is unattributed of a token for the own money of the fund, which the portfolio shows no longer', async () => {
    const view = gate.app.get(PortfoliosController)
    const balance = { chain: 'alpha', token: token.toLowerCase(), symbol: 'USDC', amount: '1.5', units: '1500000' }
    expect(await view.one('core')).toMatchObject({ unattributed: [balance] })
    const answer = { portfolio: 'core', deposit: balance, proposal: null }
    expect(await controller.classify('core', body, ada)).toEqual(answer)
    expect(await view.one('core')).toMatchObject({ unattributed: [] })
    expect(gate.observer.of('inflow-classified')).toMatchObject([{ ...body, units: 1_500_000n }])
  })

  test('is not found where nothing is unattributed, with what there is', async () => {
    await expect(controller.classify('core', { ...body, token: addressOf(0xbad) }, ada)).rejects.toThrow(
      `there is 1500000 base units of ${token.toLowerCase()} on alpha`,
    )
    expect(await refusal('core', { ...body, chain: 'beta' })).toEqual([404, 'not-found'])
    expect(await refusal('other', body)).toEqual([404, 'not-found'])
    await controller.classify('core', body, ada)
    expect(await refusal('core', body)).toEqual([404, 'not-found'])
  })

  test('is what was seen: where it is another amount now nothing is booked', async () => {
    for (const units of ['1499999', '1500001']) {
      expect(await refusal('core', { ...body, units })).toEqual([412, 'precondition-failed'])
      expect(await gate.store.unattributed(OWNER)).toMatchObject([{ units: 1_500_000n }])
    }
  })

  test.each([
    undefined,
    {},
    { ...body, reason: ' ' },
    { ...body, token: 'USDC' },
    { ...body, token: `${token}0` },
    { ...body, chain: '' },
    { ...body, chain: 5 },
    { ...body, amount: '1' },
    { ...body, units: undefined },
    { ...body, units: 1_500_000 },
    { ...body, units: '0' },
    { ...body, units: '-1500000' },
    { ...body, units: '1.5' },
  ])('no %j', async (sent) => {
    expect(await refusal('core', sent)).toEqual([400, 'invalid-request'])
    expect(await gate.store.unattributed(OWNER)).toHaveLength(1)
  })

  test('is for people: no key can hold its scope', () => {
    const handler: unknown = Object.getOwnPropertyDescriptor(InflowsController.prototype, 'classify')!.value
    const { scope } = rulesOf(handler as object) ?? {}
    expect(scope).toBe('resume:propose')
    expect(KEY_SCOPES).not.toContain(scope)
  })
})
