import { type ReactNode, useState } from 'react'
import { amountFigure, type Figure, priceFigure, shareFigure, shortHex, usdFigure } from './figures.js'
import classes from './parts.module.css'

/** A figure that is easy to read, and exact on demand: on hover, by a click, or by the keyboard. */
export function Exact({ readable, exact }: Figure) {
  const [isExact, setExact] = useState(false)
  if (readable === exact) return <span className={classes.figure}>{readable}</span>
  return (
    <button
      type="button"
      className={`${classes.figure} ${classes.exact}`}
      title={exact}
      aria-pressed={isExact}
      onClick={() => setExact(!isExact)}
    >
      {isExact ? exact : readable}
    </button>
  )
}

/** An amount of a token; decimal text. */
export function Amount({ value, symbol }: { readonly value: string; readonly symbol?: string | null }) {
  return <Exact {...amountFigure(value, symbol ?? undefined)} />
}

interface SignedProps {
  readonly value: string | null | undefined
  /** A plus before what is more than nothing. */
  readonly isSigned?: boolean
}

/** What stands where there is no figure. */
export function Unknown({ children = 'unknown' }: { readonly children?: ReactNode }) {
  return <span className={classes.unknown}>{children}</span>
}

/** USD; decimal text. */
export function Usd({ value, isSigned = false }: SignedProps) {
  return value == null ? <Unknown /> : <Exact {...usdFigure(value, { isSigned })} />
}

/** A price in USD; decimal text. */
export function Price({ value }: Pick<SignedProps, 'value'>) {
  return value == null ? <Unknown /> : <Exact {...priceFigure(value)} />
}

/** A share as per cent; decimal text. */
export function Share({ value, isSigned = false, places = 2 }: SignedProps & { readonly places?: number }) {
  return value == null ? <Unknown /> : <Exact {...shareFigure(value, { isSigned, places })} />
}

/** An address or a hash: short, whole on demand, and copied by its button. */
export function Hex({ value, label = 'address' }: { readonly value: string; readonly label?: string }) {
  const [isCopied, setCopied] = useState(false)
  const copy = async () => {
    await navigator.clipboard.writeText(value)
    setCopied(true)
    window.setTimeout(() => setCopied(false), 1500)
  }
  return (
    <span className={classes.hex}>
      <Exact readable={shortHex(value)} exact={value} />
      <button
        type="button"
        className={classes.copy}
        aria-label={`Copy the ${label} ${shortHex(value)}`}
        onClick={() => void copy().catch(() => undefined)}
      >
        <span aria-live="polite">{isCopied ? 'copied' : 'copy'}</span>
      </button>
    </span>
  )
}
