import { type Address, type ChainKey, sameAddress } from '../domain/assets.js'
import { hasEnded } from '../domain/execution/funding.js'
import { isLive } from '../domain/execution/intent.js'
import type { Portfolio } from '../domain/policy/portfolio.js'
import type { Store } from '../ports/store.js'

/**
 * Why these portfolios cannot bring to its end what is written down as under way: one of them is gone, or a chain or the
 * account of it. Undefined when they can. A transfer that is presumed lost holds nobody back: its chain may be what is
 * gone. The message is for whoever wrote the configuration.
 */
export async function reasonUnfinished(store: Store, portfolios: readonly Portfolio[]): Promise<string | undefined> {
  const [cycles, intents, transfers] = await Promise.all([
    store.openCycles(),
    store.looseIntents(),
    store.openTransfers(),
  ])
  for (const { id, portfolio } of cycles)
    if (!portfolios.some((one) => one.id === portfolio))
      return `portfolios: expected ${portfolio}, whose cycle ${id} is not finished; the file does not name it. Put it back, as a dry run if it is to begin nothing, until the cycle has ended.`
  const isServed = (chain: ChainKey, account: Address) =>
    portfolios.some((one) => sameAddress(one.account, account) && one.chains.some(({ key }) => key === chain))
  const work = [
    ...cycles.flatMap((cycle) => {
      const { account } = portfolios.find(({ id }) => id === cycle.portfolio)!
      const legs = cycle.legs.filter((run) => !hasEnded(run))
      return [
        ...legs.flatMap(({ leg }) =>
          [leg.sell, leg.expectedOut].map(({ token }) => ({ what: `leg ${leg.id}`, chain: token.chain, account })),
        ),
        ...cycle.intents.filter(isLive).map(workOf),
      ]
    }),
    ...intents.map(workOf),
    ...transfers
      .filter(({ state }) => state !== 'lost_suspected')
      .flatMap(({ id, account, origin, destination }) =>
        [origin, destination].map((chain) => ({ what: `transfer ${id}`, chain, account })),
      ),
  ]
  const orphan = work.find(({ chain, account }) => !isServed(chain, account))
  return (
    orphan &&
    `portfolios: expected one with the account ${orphan.account} and the chain ${orphan.chain}, for ${orphan.what} is not finished there. Put both back, as a dry run if it is to begin nothing, until that has ended.`
  )
}

function workOf({ id, chain, account }: { id: string; chain: ChainKey; account: Address }) {
  return { what: `intent ${id}`, chain, account }
}
