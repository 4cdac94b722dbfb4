import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault, FaultSwitch, RequestRecorder } from './faults.js'
import { SandboxStartError } from './start-error.js'

export interface HttpRequest {
  method: string
  url: URL
  headers: Record<string, string>
  /** Empty when the request has none. */
  body: string
}

export interface HttpAnswer {
  status: number
  headers?: Record<string, string>
  /** Sent as it is when a string, else as JSON. */
  body: unknown
}

export interface RunningServer {
  /** Without a trailing slash. */
  url: string
  port: number
  stop(): Promise<void>
}

export interface HttpServerOptions {
  /** Names the server in messages. */
  name: string
  /** 0 picks a free one. */
  port: number
  handle(request: HttpRequest): Promise<HttpAnswer> | HttpAnswer
  requests?: RequestRecorder
  faults?: FaultSwitch
  /** The API's own shape of a faulty answer; without it a plain problem document. */
  faultAnswer?(fault: Fault & { kind: 'error' | 'rate-limited' }): HttpAnswer
}

/**
 * Serves on loopback. Faults `slow`, `dead`, `error`, `rate-limited` and `garbage` are played here; `wrong` is left to
 * `handle`. A `handle` that throws is answered with 500 and the message.
 */
export async function startHttpServer(options: HttpServerOptions): Promise<RunningServer> {
  const server = createServer((incoming, outgoing) => {
    answer(options, incoming, outgoing).catch((error: unknown) => {
      if (outgoing.headersSent) return outgoing.destroy()
      send(outgoing, problem(500, error instanceof Error ? error.message : String(error)))
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? portInUse(options.port, options.name) : error)
    })
    server.listen(options.port, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

export function portInUse(port: number, name: string): SandboxStartError {
  return new SandboxStartError(
    `Port ${port} for ${name} is in use. Stop what listens there or choose another --port-base.`,
  )
}

export function problem(status: number, detail: string): HttpAnswer {
  const title = { 400: 'Bad request', 404: 'Not found', 409: 'Conflict', 429: 'Too many requests' }[status]
  return {
    status,
    headers: { 'content-type': 'application/problem+json' },
    body: { type: 'about:blank', title: title ?? 'Error', status, detail },
  }
}

async function answer(options: HttpServerOptions, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const method = incoming.method ?? 'GET'
  const path = incoming.url ?? '/'
  const headers = Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  )
  const body = Buffer.concat(chunks).toString('utf8')
  options.requests?.record({ at: Date.now(), method, url: path, headers, body })

  const fault = options.faults?.current() ?? null
  switch (fault?.kind) {
    case 'dead':
      incoming.socket.destroy()
      return
    case 'garbage':
      return send(outgoing, {
        status: 200,
        headers: { 'content-type': 'text/html' },
        body: '<html><body><h1>Welcome</h1></body></html>',
      })
    case 'error':
    case 'rate-limited':
      return send(outgoing, options.faultAnswer?.(fault) ?? plainFault(fault))
    case 'slow':
      await sleep(fault.ms)
      break
    case 'wrong':
    case undefined:
      break
  }
  send(outgoing, await options.handle({ method, url: new URL(path, 'http://127.0.0.1'), headers, body }))
}

function plainFault(fault: Fault & { kind: 'error' | 'rate-limited' }): HttpAnswer {
  if (fault.kind === 'error') return problem(fault.status, 'The sandbox was told to fail.')
  const answer = problem(429, `Retry in ${fault.retryAfterSeconds} s.`)
  return { ...answer, headers: { ...answer.headers, 'retry-after': String(fault.retryAfterSeconds) } }
}

function send(outgoing: ServerResponse, answer: HttpAnswer): void {
  const text = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body)
  outgoing.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers })
  outgoing.end(text)
}
