import classes from './sub-nav.module.css'

export interface SubPage {
  readonly name: string
  readonly label: string
  readonly href: string
}

/** The parts of a page, each with an address of its own. */
export function SubNav({
  label,
  pages,
  current,
}: {
  readonly label: string
  readonly pages: readonly SubPage[]
  readonly current: string
}) {
  return (
    <nav className={classes.nav} aria-label={label}>
      {pages.map((page) => (
        <a key={page.name} href={page.href} aria-current={page.name === current ? 'page' : undefined}>
          {page.label}
        </a>
      ))}
    </nav>
  )
}
