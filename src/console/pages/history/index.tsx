import { useChosenPortfolio } from '../../frame/portfolio.js'
import { Page } from '../../parts/page.js'
import { SubNav } from '../../parts/sub-nav.js'
import { hrefOf, usePlace } from '../../routes.js'
import { CostsView } from './costs-view.js'
import { CycleView } from './cycle-view.js'
import { CyclesView } from './cycles-view.js'
import { DriftView } from './drift-view.js'
import { IntentView } from './intent-view.js'
import { isTransferId } from './trail.js'
import { TransactionsView } from './transactions-view.js'
import { TransferView } from './transfer-view.js'
import { TransfersView } from './transfers-view.js'

const VIEWS = [
  { name: 'cycles', label: 'Cycles', View: CyclesView },
  { name: 'drift', label: 'Drift', View: DriftView },
  { name: 'costs', label: 'Costs', View: CostsView },
  { name: 'transactions', label: 'Transactions', View: TransactionsView },
  { name: 'transfers', label: 'Transfers', View: TransfersView },
] as const

/** What was done and why: lists, and from them down to each cycle, transaction and transfer. */
export default function History() {
  const { rest, query } = usePlace()
  const [cycleId, stepId] = rest
  if (cycleId === undefined) return <Lists wanted={query.get('view')} />
  if (stepId === undefined) return <CycleView key={cycleId} id={cycleId} />
  if (isTransferId(stepId)) return <TransferView key={stepId} id={stepId} />
  return <IntentView key={stepId} id={stepId} />
}

function Lists({ wanted }: { readonly wanted: string | null }) {
  const { id } = useChosenPortfolio()
  const { name, View } = VIEWS.find((one) => one.name === wanted) ?? VIEWS[0]
  const pages = VIEWS.map((one) => ({
    ...one,
    href: one === VIEWS[0] ? hrefOf('history') : `${hrefOf('history')}?view=${one.name}`,
  }))
  return (
    <Page title="History" lead={`What ${id} did, and why.`}>
      <SubNav label="Parts of the history" pages={pages} current={name} />
      <View key={id} portfolio={id} />
    </Page>
  )
}
