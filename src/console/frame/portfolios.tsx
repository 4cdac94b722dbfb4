import { type ReactNode, useState } from 'react'
import { usePortfolios } from '../api/queries.js'
import { Await, Empty } from '../parts/states.js'
import { usePlace } from '../routes.js'
import classes from './frame.module.css'
import { ChosenPortfolioContext } from './portfolio.js'

/** A name is no secret, and whoever looks after one portfolio wants to see that one. */
const REMEMBERED = 'evenkeel.portfolio'

/** Lets everything inside know which portfolio is shown: the one in the address, the one of the last time, or the first. */
export function Portfolios({ children }: { readonly children: ReactNode }) {
  const read = usePortfolios()
  const asked = usePlace().query.get('portfolio')
  const [chosen, setChosen] = useState(() => asked ?? localStorage.getItem(REMEMBERED))
  const choose = (id: string) => {
    localStorage.setItem(REMEMBERED, id)
    setChosen(id)
  }
  if (read.data === undefined)
    return (
      <main className={classes.login}>
        <Await read={read}>{() => null}</Await>
      </main>
    )
  const ids = read.data.portfolios.map(({ id }) => id)
  const id = ids.find((one) => one === chosen) ?? ids[0]
  if (id === undefined) return <Empty title="No portfolio is configured" />
  return <ChosenPortfolioContext value={{ id, ids, choose }}>{children}</ChosenPortfolioContext>
}
