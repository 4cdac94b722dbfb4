import type { Scenario } from '../scenario.js'

export const chains: readonly Scenario[] = [
  {
    name: 'two of three endpoints of a chain close every connection',
    alerts: [
      { alert: 'EvenkeelRpcQuorumLost', labels: { chain: 'bay' } },
      { alert: 'EvenkeelRpcEndpointErrors', labels: { chain: 'bay', endpoint: 'amber' } },
      { alert: 'EvenkeelReconciliationStale', labels: { chain: 'bay' } },
      { alert: 'EvenkeelBreakerTripped', labels: { breaker: 'B-10', scope: 'chain', id: 'bay' } },
    ],
    spends: true,
    async play(stage) {
      await stage.startTrading()
      await stage.reconciled('bay')
      stage.cause()
      stage.setProviders('bay', 2, [{ kind: 'drop-request' }])
    },
    cure: (stage) => Promise.resolve(stage.setProviders('bay', 2, [])),
  },
]
