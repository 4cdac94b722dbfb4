import type { z } from 'zod'
import type { cycleAnswer } from '../../../interface/http/cycle-schema.js'
import type { Portfolio } from '../../api/answers.js'

export type Cycle = z.output<typeof cycleAnswer>
export type AmountOf = Pick<NonNullable<Cycle['legs'][number]['sold']>, 'chain' | 'address' | 'amount'>
/** As much of them as says where the weights go. */
export interface PortfolioForOutlook extends Pick<Portfolio, 'navUsd'> {
  readonly assets?: readonly { readonly asset: string; readonly valueUsd: string }[] | undefined
}
export interface CycleForOutlook {
  readonly outcome: Cycle['outcome']
  readonly prices: Readonly<Record<string, string>>
  readonly legs: readonly {
    readonly id: string
    readonly kind: 'swap' | 'bridge'
    readonly state: Cycle['legs'][number]['state']
    readonly sold: AmountOf | null
    readonly received: AmountOf | null
  }[]
  readonly plan: {
    readonly legs: readonly { readonly id: string; readonly sell: AmountOf; readonly expectedOut: AmountOf }[]
  } | null
}
