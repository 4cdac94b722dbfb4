import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface ReplayedRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
}

export type Reply =
  | {
      readonly status?: number
      readonly headers?: Readonly<Record<string, string>>
      /** Text and bytes are sent as they are, anything else as JSON. */
      readonly body: unknown
    }
  /** Takes the request and never answers. */
  | 'silence'
  /** Begins an answer of 200 and drops the connection in the middle of it. */
  | 'breaks-off'

/** An HTTP server on loopback that gives one prepared reply to everything and remembers what it was asked. */
export class ReplayServer {
  readonly requests: ReplayedRequest[] = []
  reply: Reply = { status: 500, body: 'no reply was prepared' }
  /** Replies for the next requests, used before `reply`. */
  readonly first: Reply[] = []

  readonly #server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://replay')
    this.requests.push({
      method: request.method ?? '',
      path: pathname,
      query: searchParams,
      headers: request.headers,
    })
    send(response, this.first.shift() ?? this.reply)
  })

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

function send(response: ServerResponse, reply: Reply): void {
  if (reply === 'silence') return
  if (reply === 'breaks-off') {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
    response.write('{"tool": "', () => response.destroy())
    return
  }
  const { status = 200, headers, body } = reply
  const text = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body)
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(text)
}
