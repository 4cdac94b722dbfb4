import { randomUUID } from 'node:crypto'
import { maxHeaderSize, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { REQUEST_ID, sourceOf } from './access/request.js'
import { Problem } from './problem.js'

export const REQUEST_TIMEOUT_MS = 10_000
export const HEADERS_TIMEOUT_MS = 5_000

/**
 * The connections of a server, of which each client and all of them together may have so many. A new one takes the place
 * of one without a request in progress, whose last answer, or beginning, is the longest ago: of its client, or, where all
 * places are taken, of the client that has most. So connections that say nothing shut nobody out, nor do requests that never
 * come in whole, nor answers that nobody takes (F-77). Only where every place has a request that waits for its answer, a new
 * one is refused.
 *
 * What is no request of HTTP is answered by a problem, as everything else.
 */
export class Connections {
  /** By client, those first that were silent the longest. */
  private readonly open = new Map<string, Set<Socket>>()
  private count = 0
  /** Those that have not ended, of each. */
  private readonly answers = new WeakMap<Socket, Set<ServerResponse>>()

  constructor(private readonly most: { readonly ofAll: number; readonly ofClient: number }) {}

  of(server: Server): void {
    server.on('connection', (socket: Socket) => this.take(socket))
    server.on('request', ({ socket }, response) => this.note(socket, response))
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => this.answer(error, socket as Socket))
  }

  private take(socket: Socket): void {
    const client = sourceOf(socket.remoteAddress)
    if (!this.hasRoom(client)) {
      socket.destroy()
      return
    }
    const its = this.open.get(client) ?? new Set()
    this.open.set(client, its.add(socket))
    this.count += 1
    socket.once('close', () => this.leave(client, socket))
  }

  private note(socket: Socket, answer: ServerResponse): void {
    const its = this.answers.get(socket) ?? new Set()
    this.answers.set(socket, its.add(answer))
    answer.once('close', () => its.delete(answer))
    answer.once('finish', () => {
      const open = this.open.get(sourceOf(socket.remoteAddress))
      if (open?.delete(socket)) open.add(socket)
    })
  }

  /** Makes some where there is none and somebody can go. */
  private hasRoom(client: string): boolean {
    const crowded = this.crowded(client)
    for (const [whose, sockets] of crowded) {
      const socket = this.idleOf(sockets)
      if (!socket) continue
      this.leave(whose, socket)
      socket.destroy()
      return true
    }
    return crowded.length === 0
  }

  /** The clients one of whose connections has to go for a new one of this client, in the order in which to look. */
  private crowded(client: string): readonly (readonly [string, ReadonlySet<Socket>])[] {
    const its = this.open.get(client)
    if (its && its.size >= this.most.ofClient) return [[client, its]]
    if (this.count < this.most.ofAll) return []
    return [...this.open].toSorted(([, one], [, other]) => other.size - one.size)
  }

  private idleOf(sockets: ReadonlySet<Socket>): Socket | undefined {
    for (const socket of sockets) {
      const answers = [...(this.answers.get(socket) ?? [])]
      if (!answers.some((answer) => answer.req.complete && !answer.writableEnded)) return socket
    }
    return undefined
  }

  private leave(client: string, socket: Socket): void {
    const its = this.open.get(client)
    if (!its?.delete(socket)) return
    this.count -= 1
    if (its.size === 0) this.open.delete(client)
  }

  /** Nothing is written to whoever is gone, into the middle of another answer, or in place of one that is still to come. */
  private answer({ code }: NodeJS.ErrnoException, socket: Socket): void {
    const answers = [...(this.answers.get(socket) ?? [])]
    const isFree = answers.every(({ req, headersSent }) => !req.complete && !headersSent)
    if (socket.writable && isFree) socket.write(textOf(problemOf(code)))
    socket.destroySoon()
  }
}

function problemOf(code = ''): Problem {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Problem(
        408,
        'request-timeout',
        `expected the headers within ${HEADERS_TIMEOUT_MS / 1000} s and all of the request within ${REQUEST_TIMEOUT_MS / 1000} s, got a part of it; send it again`,
      )
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new Problem(413, 'payload-too-large', 'expected chunks without extensions, got more than 16 KiB of them')
    case 'HPE_HEADER_OVERFLOW':
      return new Problem(
        431,
        'payload-too-large',
        `expected path and headers of at most ${maxHeaderSize / 1024} KiB, got more; send fewer or shorter ones`,
      )
    default:
      return new Problem(400, 'invalid-request', 'expected a request of HTTP/1.1, got what is none')
  }
}

/** An answer of which nobody else will write a part. */
function textOf(problem: Problem): string {
  const id = randomUUID()
  const body = JSON.stringify(problem.toJson(id))
  return [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    `Date: ${new Date().toUTCString()}`,
    'Connection: close',
    'Content-Type: application/problem+json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'",
    'X-Content-Type-Options: nosniff',
    `${REQUEST_ID}: ${id}`,
    '',
    body,
  ].join('\r\n')
}
