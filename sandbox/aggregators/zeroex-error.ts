import { randomBytes } from 'node:crypto'
import { bytesToHex, type Hex } from 'viem'
import type { HttpAnswer } from '../http-server.js'

/** The id 0x gives to every answer of its own. */
export function newZid(): Hex {
  return bytesToHex(randomBytes(12))
}

/** An error of 0x's swap API itself, in the REST shape or wrapped for tRPC. */
export class ZeroexError extends Error {
  readonly zid = newZid()

  constructor(
    readonly status: number,
    override readonly name: string,
    message: string,
    readonly details?: { field: string; reason: string }[],
  ) {
    super(message)
  }

  static inputInvalid(details: { field: string; reason: string }[]): ZeroexError {
    return new ZeroexError(400, 'INPUT_INVALID', 'The input is invalid', details)
  }

  restAnswer(): HttpAnswer {
    return { status: this.status, body: { name: this.name, message: this.message, data: this.data() } }
  }

  trpcAnswer(path: string): HttpAnswer {
    const { number, code } = trpcCodes[this.status] ?? trpcFailure
    const data = { code, httpStatus: this.status, path, name: this.name, ...this.data() }
    return { status: this.status, body: { error: { message: this.message, code: number, data } } }
  }

  private data() {
    return { zid: this.zid, ...(this.details && { details: this.details }) }
  }
}

/** An answer of the gateway in front of 0x, which knows nothing of tRPC and gives no `zid`. */
export function gatewayAnswer(status: number, message: string, headers: Record<string, string> = {}): HttpAnswer {
  return { status, headers, body: { message, request_id: bytesToHex(randomBytes(16)).slice(2) } }
}

const trpcFailure = { number: -32603, code: 'INTERNAL_SERVER_ERROR' }
const trpcCodes: Record<number, { number: number; code: string }> = {
  400: { number: -32600, code: 'BAD_REQUEST' },
  404: { number: -32004, code: 'NOT_FOUND' },
  500: trpcFailure,
}
