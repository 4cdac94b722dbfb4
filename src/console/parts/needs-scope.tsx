import type { ReactNode } from 'react'
import type { AccessScope } from '../api/answers.js'
import { useMay, useMe } from '../api/context.js'
import { Empty } from './states.js'

/** What a scope is needed for; without it, which one is missing and who says so. */
export function NeedsScope({ scope, children }: { readonly scope: AccessScope; readonly children: ReactNode }) {
  const { subject } = useMe()
  if (useMay(scope)) return children
  return (
    <Empty title="You may not see this">
      It takes the scope <code>{scope}</code>, which {subject} does not have.
    </Empty>
  )
}
