import { setMaxListeners } from 'node:events'
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common'
import type { SchedulerRegistry } from '@nestjs/schedule'
import { CronJob } from 'cron'
import type { HoldLease } from '../../application/hold-lease.js'
import type { RunCycle } from '../../application/run-cycle.js'
import type { Portfolio } from '../../domain/policy/portfolio.js'
import type { Stopping } from '../../ports/stopping.js'
import type { Readiness } from '../readiness.js'

/**
 * Runs every portfolio on its schedule, and at once when the lease is taken: after a restart unfinished work does not
 * wait for the clock. A run that is still going when the next is due is not joined by another.
 */
export class CycleSchedule implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly leading = new AbortController()
  private holding: Promise<void> = Promise.resolve()
  private watching: readonly Promise<void>[] = []
  private keeping: readonly Promise<void>[] | undefined

  constructor(
    private readonly deps: {
      registry: SchedulerRegistry
      runCycle: RunCycle
      holdLease: HoldLease
      readiness: Readiness
      stopping: Stopping
      schedules: readonly { portfolio: Portfolio; cron: string }[]
      /** What looks around beside the cycles, from the start until the end. */
      watchers: readonly { run(signal: AbortSignal): Promise<void> }[]
      /** What writes and signs beside the cycles, from when the lease is taken and the witnesses agree (4.14). */
      keepers: readonly { run(signal: AbortSignal): Promise<void> }[]
    },
  ) {}

  onApplicationBootstrap(): void {
    const { registry, runCycle, holdLease, readiness, schedules } = this.deps
    const { signal } = this.deps.stopping
    // Everything that sleeps here waits for it: as many as there are watchers, keepers and portfolios, and no leak.
    setMaxListeners(0, signal)
    const run = (portfolio: Portfolio) => void runCycle.run(portfolio, signal)
    for (const { portfolio, cron } of schedules) {
      const onTick = () => {
        if (!holdLease.isPreparing()) run(portfolio)
      }
      const job = CronJob.from({ cronTime: cron, timeZone: 'UTC', onTick })
      registry.addCronJob(`cycle ${portfolio.id}`, job as never)
      job.start()
    }
    this.holding = holdLease.run(this.leading.signal, () => {
      this.keeping ??= this.deps.keepers.map((keeper) => keeper.run(signal))
      for (const { portfolio } of schedules) run(portfolio)
    })
    this.watching = this.deps.watchers.map((watcher) => watcher.run(signal))
    readiness.isReady = true
  }

  /** Finishes the step each portfolio is at, then lets the lease go. */
  async onApplicationShutdown(): Promise<void> {
    this.deps.readiness.isReady = false
    for (const job of this.deps.registry.getCronJobs().values()) await job.stop()
    this.deps.stopping.begin()
    await Promise.all([...this.watching, ...(this.keeping ?? [])])
    await this.deps.runCycle.idle()
    this.leading.abort()
    await this.holding
  }
}
