import type { HttpAnswer } from '../http-server.js'

/** LI.FI's error codes that the sandbox answers with. */
export const lifiCodes = {
  default: 1000,
  noQuote: 1002,
  notFound: 1003,
  rateLimit: 1005,
  server: 1006,
  validation: 1011,
} as const

export interface FilteredPath {
  overallPath: string
  reason: string
}

export interface FailedPath {
  overallPath: string
  subpaths: Record<string, { errorType: 'NO_QUOTE'; code: string; tool: string; message: string; action: unknown }[]>
}

export interface UnavailableRoutes {
  filteredOut: FilteredPath[]
  failed: FailedPath[]
}

/** An answer of LI.FI's that is not what was asked for. */
export class LifiError extends Error {
  override readonly name = 'LifiError'

  constructor(
    readonly status: number,
    readonly code: number,
    message: string,
    readonly errors?: UnavailableRoutes,
  ) {
    super(message)
  }

  answer(): HttpAnswer {
    const { message, code, errors } = this
    return { status: this.status, body: { message, code, ...(errors && { errors }) } }
  }
}

export function invalid(message: string): LifiError {
  return new LifiError(400, lifiCodes.validation, message)
}

export function noQuote(errors: UnavailableRoutes): LifiError {
  return new LifiError(404, lifiCodes.noQuote, 'No available quotes for the requested transfer', errors)
}
