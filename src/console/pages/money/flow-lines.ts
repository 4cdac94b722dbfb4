import type { Positions } from '../../api/answers.js'

export type Transit = Positions['inTransit'][number]

/** How something under way is drawn over the columns of the chains. */
export interface Flow {
  readonly transit: Transit
  /** Where the line begins and how long it is, as shares of the width of all columns. */
  readonly start: number
  readonly length: number
  /** Where its head is. */
  readonly points: 'left' | 'right'
}

/** From the middle of the column it left to the middle of the one it goes to, oldest first. */
export function flowsOf(inTransit: readonly Transit[], chains: readonly string[]): Flow[] {
  const middle = (chain: string) => (chains.indexOf(chain) + 0.5) / chains.length
  return inTransit
    .filter(({ from, to }) => chains.includes(from) && chains.includes(to) && from !== to)
    .toSorted((one, other) => one.sentAt.localeCompare(other.sentAt) || one.transfer.localeCompare(other.transfer))
    .map((transit) => {
      const [from, to] = [middle(transit.from), middle(transit.to)]
      return {
        transit,
        start: Math.min(from, to),
        length: Math.abs(to - from),
        points: to > from ? 'right' : 'left',
      }
    })
}

/** Whether it ought to have come by now, or be long here. `now` in milliseconds since 1970. */
export function isOverdue({ expectedAt, isLate }: Pick<Transit, 'expectedAt' | 'isLate'>, now: number): boolean {
  return isLate || now > Date.parse(expectedAt)
}
