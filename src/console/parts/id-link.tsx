import { useState } from 'react'
import { shortId } from './short-id.js'
import own from './id-link.module.css'
import classes from './parts.module.css'

/** An id that leads to what it names, short, whole on hover, and copied by its button. */
export function IdLink({ id, href, label }: { readonly id: string; readonly href: string; readonly label: string }) {
  return (
    <span className={own.id}>
      <a href={href} title={id} aria-label={`${label} ${shortId(id)}`}>
        {shortId(id)}
      </a>
      <CopyButton text={id} label={`${label} ${shortId(id)}`} />
    </span>
  )
}

export function CopyButton({
  text,
  label,
  children = 'copy',
}: {
  readonly text: string
  readonly label: string
  readonly children?: string
}) {
  const [isCopied, setCopied] = useState(false)
  const copy = async () => {
    await navigator.clipboard.writeText(text)
    setCopied(true)
    window.setTimeout(() => setCopied(false), 1500)
  }
  return (
    <button
      type="button"
      className={classes.copy}
      aria-label={`Copy ${label}`}
      onClick={() => void copy().catch(() => undefined)}
    >
      <span aria-live="polite">{isCopied ? 'copied' : children}</span>
    </button>
  )
}
