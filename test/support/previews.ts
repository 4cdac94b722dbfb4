import { sha256 } from '../../src/adapters/access/secrets.js'
import { HighsSolver } from '../../src/adapters/optimiser/highs-solver.js'
import { KeepTargets } from '../../src/application/keep-targets.js'
import type { PreviewPlan } from '../../src/application/preview-plan.js'
import { ReadRisk } from '../../src/application/read-risk.js'
import type { Trial, Variant } from '../../src/domain/policy/trial.js'
import { NoObserver } from '../../src/ports/observer.js'
import { PriceSources } from '../../src/ports/prices.js'
import { QuoteVenues } from '../../src/ports/quotes.js'
import { TargetSources } from '../../src/ports/target-source.js'
import { type PreviewParts, previewPlanOf } from '../../src/preview-providers.js'
import { aPortfolio, type FakeWorld } from './fake-world.js'
import { MemoryHistory } from './memory-history.js'
import { parseDecimal } from '../../src/domain/units/decimal.js'

const SOLVER = new HighsSolver()

/** The daemon's previews on a world of fakes. */
export function previewIn(
  world: FakeWorld,
  { history = new MemoryHistory(), ...changes }: Partial<PreviewParts> & { readonly history?: MemoryHistory } = {},
): PreviewPlan {
  const { clock, chain, balances } = world
  return previewPlanOf({
    balances,
    chain,
    clock,
    prices: new PriceSources(world.sources),
    venues: new QuoteVenues([world.swaps, world.rival, world.crossings]),
    keepTargets: new KeepTargets({
      history,
      sources: new TargetSources(new Map()),
      clock,
      observer: new NoObserver(),
    }),
    readRisk: new ReadRisk({ history, clock, hash: sha256 }),
    daemon: { isAsking: () => false },
    solver: SOLVER,
    store: world.records(),
    variantOf: weighted,
    ...changes,
  })
}

/** The portfolio of the world with the weights of a trial, which are taken as they are. */
function weighted(_id: string, { targets }: Trial): Variant {
  const portfolio = aPortfolio()
  if (!targets) return { portfolio, differences: [] }
  const tried = portfolio.policy.targets.map((one) => ({
    ...one,
    weight: parseDecimal(targets[one.asset] ?? '0', 18)!,
  }))
  const differences = tried.flatMap(({ asset, weight }, index) => {
    const configured = portfolio.policy.targets[index]!.weight
    if (configured === weight) return []
    return [{ path: `targets.${asset}.weight`, configured: String(configured), tried: targets[asset] }]
  })
  const weights = Object.fromEntries(tried.map(({ asset, weight }) => [asset, Number(weight) / 1e18]))
  return {
    portfolio: aPortfolio({
      policy: { ...portfolio.policy, targets: tried },
      targetSetting: { ...portfolio.targetSetting, parameters: { weights } },
    }),
    differences,
  }
}
