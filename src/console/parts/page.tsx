import { type ReactNode, useEffect, useRef, useState } from 'react'
import classes from './parts.module.css'

interface PageProps {
  readonly title: string
  /** One line under the title. */
  readonly lead?: ReactNode
  /** Buttons beside the title. */
  readonly actions?: ReactNode
  readonly children: ReactNode
}

/** A page under its title, which takes the focus when it comes, so that whoever listens hears where they are. */
export function Page({ title, lead, actions, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    document.title = `${title} · Evenkeel`
    heading.current?.focus({ preventScroll: true })
  }, [title])
  return (
    <>
      <div className={classes.pageHead}>
        <div>
          <h1 ref={heading} tabIndex={-1} className={classes.title}>
            {title}
          </h1>
          {lead !== undefined && <p className={classes.lead}>{lead}</p>}
        </div>
        {actions !== undefined && <div className={classes.actions}>{actions}</div>}
      </div>
      {children}
    </>
  )
}

/** A part of a page in a box of its own. */
export function Panel({ title, actions, children }: Omit<PageProps, 'lead'>) {
  return (
    <section className={classes.panel} aria-label={title}>
      <div className={classes.panelHead}>
        <h2>{title}</h2>
        {actions}
      </div>
      {children}
    </section>
  )
}

/** What is wider than the page is moved sideways by finger or arrow keys, on its own; where it can be, that is said. */
export function Scrolls({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  const frame = useRef<HTMLElement>(null)
  const [isWider, setWider] = useState(false)
  useEffect(() => {
    const { current } = frame
    if (!current) return undefined
    const watch = new ResizeObserver(() => setWider(current.scrollWidth > current.clientWidth + 1))
    watch.observe(current)
    if (current.firstElementChild) watch.observe(current.firstElementChild)
    return () => watch.disconnect()
  }, [])
  return (
    <>
      {isWider && <p className={classes.wider}>There is more to the side: move it ↔</p>}
      {/* Whoever has no pointer has to be able to reach what is out of sight. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <section ref={frame} className={classes.scrolls} aria-label={label} tabIndex={isWider ? 0 : undefined}>
        {children}
      </section>
    </>
  )
}

/** A figure under its name. */
export function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div className={classes.fact}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

/** Facts side by side. */
export function Facts({ children }: { readonly children: ReactNode }) {
  return <dl className={classes.facts}>{children}</dl>
}
