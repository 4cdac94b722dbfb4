import { createContext, useContext } from 'react'

/** The portfolio that the pages show. */
export interface ChosenPortfolio {
  readonly id: string
  /** All there are. */
  readonly ids: readonly string[]
  readonly choose: (id: string) => void
}

export const ChosenPortfolioContext = createContext<ChosenPortfolio | undefined>(undefined)

export function useChosenPortfolio(): ChosenPortfolio {
  const chosen = useContext(ChosenPortfolioContext)
  if (!chosen) throw new Error('No portfolio is chosen here.')
  return chosen
}
