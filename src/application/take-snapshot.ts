import { inTransitOf, type Transfer } from '../domain/execution/transfer.js'
import { type Portfolio, tokensOn } from '../domain/policy/portfolio.js'
import type { ChainReading, InTransit, Snapshot } from '../domain/portfolio/snapshot.js'
import { type BookedUnits, setAside } from '../domain/portfolio/tradable.js'
import type { Balances } from '../ports/balances.js'
import type { Clock } from '../ports/clock.js'
import type { Observer } from '../ports/observer.js'
import type { ReadPrices } from './read-prices.js'

/** What the records say about the portfolio's money beside what the chains say. */
export interface Recorded {
  /** Open bridge transfers. */
  readonly transfers: readonly Transfer[]
  /** Found on the account and not classified; it is not traded and counts in no value (4.13). */
  readonly unattributed: readonly BookedUnits[]
}

/** The only look at the world a decision rests on: every chain, every price source, all at once. */
export class TakeSnapshot {
  constructor(
    private readonly deps: { balances: Balances; readPrices: ReadPrices; clock: Clock; observer: Observer },
  ) {}

  async run(portfolio: Portfolio, { transfers, unattributed }: Recorded): Promise<Snapshot> {
    const { balances, readPrices, clock, observer } = this.deps
    const { account } = portfolio
    const [chains, prices] = await Promise.all([
      Promise.all(
        portfolio.chains.map(({ key: chain }) =>
          observer.during({ stage: 'balances', chain }, () =>
            balances.read(chain, account, tokensOn(portfolio, chain)),
          ),
        ),
      ),
      observer.during({ stage: 'prices' }, () => readPrices.run(portfolio)),
    ])
    return {
      portfolio: portfolio.id,
      takenAt: clock.now(),
      chains: chains.map((reading) => setAside(reading, unattributed)),
      inTransit: transfers.flatMap((transfer) => stillInTransit(transfer, chains)),
      prices,
    }
  }
}

/** A payout at or below the block the balances were read at is in the balances already. */
function stillInTransit(transfer: Transfer, chains: readonly ChainReading[]): InTransit[] {
  return inTransitOf(transfer, (arrival) => {
    const reading = chains.find(({ chain }) => chain === arrival.chain)
    return reading?.status === 'known' && arrival.block.number <= reading.block.number
  })
}
