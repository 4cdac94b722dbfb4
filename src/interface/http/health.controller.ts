import { Controller, Get } from '@nestjs/common'
import { HealthCheck, HealthCheckService, HealthIndicatorService } from '@nestjs/terminus'
import { Store } from '../../ports/store.js'
import { Readiness } from '../readiness.js'

@Controller()
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly store: Store,
    private readonly readiness: Readiness,
  ) {}

  /** The event loop turns. Asks nothing else, so that a dead database or node never restarts the daemon mid-transaction. */
  @Get('livez')
  @HealthCheck()
  live() {
    return this.health.check([])
  }

  /** Started completely, and the database answers. A warm standby is ready for reads. */
  @Get('readyz')
  @HealthCheck()
  ready() {
    return this.health.check([
      () => {
        const indicator = this.indicators.check('started')
        return this.readiness.isReady ? indicator.up() : indicator.down('The daemon is still starting.')
      },
      async () => {
        const indicator = this.indicators.check('database')
        try {
          const states = await this.store.operatingStates()
          return indicator.up({ paused: states.map(({ scope, level }) => `${scope} ${level}`) })
        } catch {
          return indicator.down('The database does not answer.')
        }
      },
    ])
  }
}
