import type { ComponentType } from 'react'
import { type PageName, placeOf } from '../place.js'

interface PageEntry {
  readonly label: string
  readonly load: () => Promise<{ readonly default: ComponentType }>
}

/** Every page comes when it is asked for. */
export const PAGE_ENTRIES: Readonly<Record<PageName, PageEntry>> = {
  overview: { label: 'Overview', load: () => import('../pages/overview/index.js') },
  money: { label: 'Money', load: () => import('../pages/money/index.js') },
  plan: { label: 'Plan', load: () => import('../pages/plan/index.js') },
  history: { label: 'History', load: () => import('../pages/history/index.js') },
  operations: { label: 'Operations', load: () => import('../pages/operations/index.js') },
}

/** Fetches the page that the address names while it is still asked who is there. A failure is told when it is shown. */
export function fetchFirstPage(): void {
  PAGE_ENTRIES[placeOf(window.location.hash).page].load().catch(() => undefined)
}
