/** Where in a file: the line counted from one, and the name of the column. */
export interface FilePlace {
  readonly row?: number
  readonly column?: string
}

/** A file of prices that cannot be read. The message says where, what was expected, what came and what to do. */
export class PriceFileError extends Error {
  override readonly name = 'PriceFileError'

  constructor(
    message: string,
    readonly place: FilePlace = {},
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}
