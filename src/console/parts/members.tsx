import type { Proposal } from '../api/answers.js'
import { Moment } from './moment.js'
import classes from './parts.module.css'

/** What is proposed, member by member, as the digest has it. */
export function Members({ of }: { readonly of: Proposal['content'] }) {
  return (
    <ul className={classes.members}>
      {Object.entries(of).map(([name, value]) => (
        <li key={name}>
          {name}: <Value name={name} of={value} />
        </li>
      ))}
    </ul>
  )
}

function Value({ name, of }: { readonly name: string; readonly of: unknown }) {
  if (isRecord(of)) return Object.keys(of).length === 0 ? <>none</> : <Members of={of} />
  const text = <code>{typeof of === 'string' ? of : JSON.stringify(of)}</code>
  // Milliseconds since 1970, which nobody reads.
  if (name === 'since' && typeof of === 'number')
    return (
      <>
        <Moment at={new Date(of).toISOString()} /> ({text})
      </>
    )
  return text
}

function isRecord(value: unknown): value is Proposal['content'] {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
