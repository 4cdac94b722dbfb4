import { cautious } from '../domain/policy/caution.js'
import type { Portfolio } from '../domain/policy/portfolio.js'
import type { Circumstances } from '../domain/policy/trigger.js'
import type { Snapshot } from '../domain/portfolio/snapshot.js'
import type { Risk } from '../domain/risk/risk.js'
import type { TargetsInForce } from '../domain/targets/targets-in-force.js'
import type { Observer } from '../ports/observer.js'
import type { DocumentReading } from '../ports/target-source.js'
import type { KeepTargets } from './keep-targets.js'
import type { ReadRisk } from './read-risk.js'
import type { RecordHistory } from './record-history.js'

/** What the records add to a look at the world. */
export interface Outlook {
  /** With the targets in force and the caution of the moment. */
  readonly portfolio: Portfolio
  readonly targets: TargetsInForce | undefined
  readonly risk: Risk | undefined
  readonly covariance: Circumstances['covariance']
  /** What is not known, and what is held back because of what is. */
  readonly notes: readonly string[]
}

/** Where nothing is recorded: the portfolio as it is configured, of which no risk is known. */
const blank = (portfolio: Portfolio): Outlook => ({
  portfolio,
  targets: undefined,
  risk: undefined,
  covariance: undefined,
  notes: standIns(portfolio),
})

/** Which weights stand in for those that a setter has set. */
function standIns({ targetSetting: { setter } }: Portfolio): string[] {
  if (setter === 'fixed') return []
  return [
    `Weights set by ${setter} are kept in the database, and none was given: those under targets stand in for them. Set DATABASE_URL to see the ones in force.`,
  ]
}

/** Writes what a snapshot adds to the history, and reads what the history says of a portfolio: its targets and its risk. */
export class LookAhead {
  /** Without parts nothing is recorded and nothing known. */
  constructor(
    private readonly parts?: {
      /** Absent where nothing may be written. */
      recordHistory?: RecordHistory
      keepTargets: KeepTargets
      readRisk: ReadRisk
      observer: Observer
    },
  ) {}

  /** What `run` needs of a source of weights; to be called before the snapshot is taken, because a source may be slow. */
  async readSource(configured: Portfolio): Promise<DocumentReading | undefined> {
    return this.parts?.recordHistory && this.parts.keepTargets.readSource(configured)
  }

  /**
   * For a snapshot that was just taken: it is recorded, and targets are set anew where it is time. `reading` is what
   * `readSource` gave.
   */
  async run(configured: Portfolio, snapshot: Snapshot, reading?: DocumentReading): Promise<Outlook> {
    if (!this.parts) return blank(configured)
    const { recordHistory, keepTargets } = this.parts
    if (!recordHistory) return this.inForce(configured)
    // What cannot be written down is lost for the history, and no reason not to trade.
    await recordHistory.run(configured, snapshot).catch((error: unknown) => this.tell(configured, 'history', error))
    return this.outlook(await keepTargets.run(configured, snapshot, reading))
  }

  /** As things are, for whoever only looks: nothing is written. */
  async inForce(configured: Portfolio): Promise<Outlook> {
    if (!this.parts) return blank(configured)
    return this.outlook(await this.parts.keepTargets.inForce(configured))
  }

  private async outlook({ portfolio, targets }: Awaited<ReturnType<KeepTargets['run']>>): Promise<Outlook> {
    const { readRisk, observer } = this.parts!
    const refused = targets.refusal ? [`Targets stay as they are: ${targets.refusal.detail}`] : []
    const risk = await readRisk.run(portfolio).catch((error: unknown) => this.tell(portfolio, 'risk', error))
    if (!risk) {
      const note = 'The risk could not be read from the price history: it is taken as unknown.'
      return { portfolio, targets, risk, covariance: undefined, notes: [note, ...refused] }
    }
    observer.notify({ type: 'risk-read', portfolio: portfolio.id, risk })
    const { covariance, assets, regime, missing } = risk
    return {
      portfolio: cautious(portfolio, regime),
      targets,
      risk,
      covariance: covariance && { assets, matrix: covariance },
      notes: [
        ...new Set(missing.map(({ reason }) => reason)),
        ...refused,
        ...(regime?.name === 'stressed' ? [`${regime.reason} Legs are smaller and slippage is stricter.`] : []),
      ],
    }
  }

  private tell({ id }: Portfolio, what: string, error: unknown): undefined {
    this.parts!.observer.notify({ type: 'failed', what: `the ${what} of ${id}`, isRetried: true, error })
  }
}
