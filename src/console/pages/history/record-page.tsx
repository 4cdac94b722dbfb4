import type { ReactNode } from 'react'
import type { Read } from '../../api/queries.js'
import { CopyButton } from '../../parts/id-link.js'
import { Page } from '../../parts/page.js'
import { shortId } from '../../parts/short-id.js'
import { Await } from '../../parts/states.js'
import { Crumbs } from './crumbs.js'

interface RecordPageProps<T> {
  /** What it is: `Transfer`. */
  readonly kind: 'Cycle' | 'Transaction' | 'Transfer'
  readonly id: string
  readonly read: Read<T>
  readonly leadOf: (record: T) => string
  /** The cycle that it belongs to; left out of a cycle itself. */
  readonly cycleOf?: (record: T) => string | null
  readonly actionsOf?: (record: T) => ReactNode
  readonly children: (record: T) => ReactNode
}

/** The page of one thing that was written down: the way back, its name, its id to copy, and what is known of it. */
export function RecordPage<T>({ kind, id, read, leadOf, cycleOf, actionsOf, children }: RecordPageProps<T>) {
  const { data } = read
  const title = `${kind} ${shortId(id)}`
  return (
    <>
      <Crumbs cycleId={data && cycleOf?.(data)} here={title} />
      <Page
        title={title}
        lead={data && leadOf(data)}
        actions={
          <>
            <CopyButton text={id} label={`the id of the ${kind.toLowerCase()}`}>
              copy id
            </CopyButton>
            {data && actionsOf?.(data)}
          </>
        }
      >
        <Await read={read}>{children}</Await>
      </Page>
    </>
  )
}
