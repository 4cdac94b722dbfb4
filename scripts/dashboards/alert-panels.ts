import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard'
import { dashboards } from './index.js'

/** Where one sees what an alert is about: the name of a dashboard and the title of one of its panels. */
export const PANEL_OF_ALERT: Readonly<Record<string, readonly [dashboard: string, panel: string]>> = {
  EvenkeelDown: ['overview', 'What runs'],
  EvenkeelNoLeaseHolder: ['overview', 'Holders of the lease'],
  EvenkeelTwoLeaseHolders: ['overview', 'Holders of the lease'],
  EvenkeelHalted: ['overview', 'What does not run'],
  EvenkeelAuditBroken: ['service', 'Audit log verified'],
  EvenkeelPausedHard: ['overview', 'What does not run'],
  EvenkeelPausedLong: ['overview', 'States over time'],
  EvenkeelBreakerTripped: ['overview', 'Breakers that hold'],
  EvenkeelCycleStalled: ['portfolio', 'Time since the last good cycle'],
  EvenkeelValuationStale: ['portfolio', 'Age of the valuation'],
  EvenkeelDriftOutsideBand: ['portfolio', 'Drift in bands'],
  EvenkeelDriftFarOutsideBand: ['portfolio', 'Drift in bands'],
  EvenkeelSlippageHigh: ['execution', 'Slippage against the accepted quote'],
  EvenkeelBudgetNearlyUsed: ['portfolio', 'Use of caps'],
  EvenkeelPriceDeviation: ['chains', 'Distance of each source from the agreed price'],
  EvenkeelTransactionStuck: ['transactions', 'Oldest without a receipt'],
  EvenkeelTransactionFailures: ['transactions', 'Share that brought nothing'],
  EvenkeelForeignTransaction: ['transactions', 'Transactions by outcome, an hour'],
  EvenkeelNonceLag: ['transactions', 'Our nonce before that of the chain'],
  EvenkeelGasLow: ['transactions', 'Coin of the accounts'],
  EvenkeelSignerErrors: ['transactions', 'Answers of the signer, an hour'],
  EvenkeelUnexpectedAllowance: ['transactions', 'Allowances that nothing explains'],
  EvenkeelReconciliationMismatch: ['portfolio', 'Tokens that differ'],
  EvenkeelReconciliationStale: ['portfolio', 'Time since ledger and chain were compared'],
  EvenkeelBridgeOverdue: ['bridges', 'Oldest transfer against what was expected'],
  EvenkeelBridgeLost: ['bridges', 'Open transfers by state'],
  EvenkeelChainHeadStale: ['chains', 'Age of the newest block'],
  EvenkeelFinalityStalled: ['chains', 'Age of the last final block'],
  EvenkeelRpcQuorumLost: ['chains', 'Quorum'],
  EvenkeelRpcEndpointErrors: ['chains', 'Share of requests that fail'],
  EvenkeelApprovalWaiting: ['service', 'Proposals that wait'],
  EvenkeelNotificationsFailing: ['service', 'Notifications by outcome, an hour'],
  EvenkeelNotificationsGivenUp: ['service', 'Notifications by outcome, an hour'],
  EvenkeelAdminDenied: ['service', 'Requests by outcome, an hour'],
  EvenkeelEventLoopSlow: ['service', 'Lag of the event loop'],
}

/** A panel of a dashboard, and its path below the address of Grafana. */
export interface PanelLink {
  /** Without what all titles begin with. */
  readonly dashboard: string
  readonly panel: string
  readonly path: string
}

/** Undefined where no panel shows the alert; a panel that does not exist is an error. */
export function panelLinkOf(alert: string): PanelLink | undefined {
  const [name, panel] = PANEL_OF_ALERT[alert] ?? []
  if (name === undefined || panel === undefined) return undefined
  const dashboard = dashboards().find(({ file }) => file === `${name}.json`)?.dashboard
  const id = dashboard && idOf(dashboard, panel)
  if (dashboard === undefined || id === undefined)
    throw new Error(`${alert} is shown by "${panel}" of ${name}, which does not exist.`)
  const title = (dashboard.title ?? '').replace('Evenkeel / ', '')
  return { dashboard: title, panel, path: `/d/${dashboard.uid}?viewPanel=${id}` }
}

const INTRODUCTION = 'Panels, by their paths below the address of Grafana:'

/** The text of a runbook with the panels of its alerts below their line; the same where it names no alert. */
export function withPanels(text: string): string {
  return text.replace(/^(Alerts?: .*`\.).*\n[\s\S]*?(?=^## )/m, (_, line: string) => {
    const rows = (line.match(/Evenkeel\w+/g) ?? []).flatMap((alert) => {
      const link = panelLinkOf(alert)
      return link ? [`- \`${alert}\`: ${link.dashboard}, ${link.panel}: \`${link.path}\``] : []
    })
    return [line, '', ...(rows.length > 0 ? [INTRODUCTION, '', ...rows, ''] : []), ''].join('\n')
  })
}

function idOf({ panels = [] }: Dashboard, title: string): number | undefined {
  return panels.find((one) => one.title === title && one.type !== 'row')?.id ?? undefined
}
