import { Page } from '../../parts/page.js'
import { SubNav } from '../../parts/sub-nav.js'
import { hrefOf, usePlace } from '../../routes.js'
import { AuditTab } from './audit-tab.js'
import { BreakersTab } from './breakers-tab.js'
import { ChainsTab } from './chains-tab.js'
import { ConfigurationTab } from './configuration-tab.js'
import { LedgerTab } from './ledger-tab.js'
import { LimitsTab } from './limits-tab.js'
import { PricesTab } from './prices-tab.js'

const TABS = [
  { name: 'limits', label: 'Limits', Tab: LimitsTab },
  { name: 'breakers', label: 'Breakers', Tab: BreakersTab },
  { name: 'chains', label: 'Chains', Tab: ChainsTab },
  { name: 'prices', label: 'Prices', Tab: PricesTab },
  { name: 'audit', label: 'Audit log', Tab: AuditTab },
  { name: 'ledger', label: 'Ledger', Tab: LedgerTab },
  { name: 'configuration', label: 'Configuration', Tab: ConfigurationTab },
] as const

/** What the daemon works under: its caps, what holds it, what it asks, what was done to it. */
export default function Operations() {
  const { rest } = usePlace()
  const { name, Tab } = TABS.find((one) => one.name === rest[0]) ?? TABS[0]
  const pages = TABS.map((one) => ({ ...one, href: hrefOf('operations', one.name) }))
  return (
    <Page title="Operations">
      <SubNav label="Parts of operations" pages={pages} current={name} />
      <Tab />
    </Page>
  )
}
