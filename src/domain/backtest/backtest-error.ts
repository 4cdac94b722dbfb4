export type BacktestErrorCode = 'no-prices' | 'too-short' | 'bad-price' | 'bad-option'

/** A history or an option of which no backtest can be made. The message says what was expected, what came and what to do. */
export class BacktestError extends Error {
  override readonly name = 'BacktestError'

  constructor(
    readonly code: BacktestErrorCode,
    message: string,
  ) {
    super(message)
  }
}
