import type { PositionsReading } from '../domain/book/positions.js'

/** Reads what a portfolio holds in derivatives: futures, perpetual swaps, options. */
export abstract class DerivativePositions {
  /**
   * Every open position, its units signed and its rates those of now. Never rejects: whatever goes wrong is an `unknown`
   * reading with the reason, never an empty one.
   */
  abstract read(portfolio: string): Promise<PositionsReading>
}
