import type { PositionsReading } from '../../domain/book/positions.js'
import { DerivativePositions } from '../../ports/positions.js'

/** For portfolios that trade spot alone. */
export class NoPositions extends DerivativePositions {
  override read(): Promise<PositionsReading> {
    return Promise.resolve({ status: 'known', positions: [] })
  }
}
