import { Agent, createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { portInUse } from './http-server.js'
import { createRpcFaultSwitch, type RpcFault, type RpcFaultSwitch } from './rpc-faults.js'
import { lieAbout, type AskNode, type RpcRequest } from './rpc-lies.js'
import { askStale } from './rpc-stale.js'

export interface RunningRpcProxy {
  url: string
  faults: RpcFaultSwitch
  stop(): Promise<void>
}

export interface RpcProxyOptions {
  /** Names the provider in messages. */
  name: string
  /** Of the node. */
  target: string
  /** 0 picks a free one. */
  port: number
}

interface Answer {
  status: number
  text: string
}

/**
 * A provider in front of a node: JSON-RPC over HTTP on loopback. Without faults every byte is passed on as it is, over
 * connections that are kept open.
 */
export async function startRpcProxy({ name, target, port }: RpcProxyOptions): Promise<RunningRpcProxy> {
  const { hostname, port: nodePort } = new URL(target)
  const agent = new Agent({ keepAlive: true })
  const faults = createRpcFaultSwitch()
  const toNode = { hostname, port: nodePort, agent, method: 'POST', path: '/' }

  /** The request goes to the node once; what comes back is passed on while it comes. */
  const passOn = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const length = incoming.headers['content-length']
    const headers = { 'content-type': 'application/json', ...(length !== undefined && { 'content-length': length }) }
    const upstream = httpRequest({ ...toNode, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
      answer.on('error', () => outgoing.destroy())
    })
    upstream.on('error', () => outgoing.destroy())
    incoming.pipe(upstream)
  }

  const forward = (body: string): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
      const upstream = httpRequest({ ...toNode, headers }, (answer) => {
        textOf(answer).then((text) => resolve({ status: answer.statusCode ?? 502, text }), reject)
      })
      upstream.on('error', reject)
      upstream.end(body)
    })

  const ask: AskNode = async (method, params) => {
    const { text } = await forward(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }))
    const { result, error } = JSON.parse(text) as { result?: unknown; error?: { message: string } }
    if (error) throw new Error(error.message)
    return result
  }

  const server = createServer((incoming, outgoing) => {
    if (faults.current().length === 0) return passOn(incoming, outgoing)
    misbehave(incoming, outgoing, faults, forward, ask).catch(() => incoming.socket.destroy())
  })
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? portInUse(port, `provider ${name}`) : error)
    })
    server.listen(port, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    faults,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          agent.destroy()
          resolve()
        })
        server.closeAllConnections()
      }),
  }
}

async function misbehave(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  faults: RpcFaultSwitch,
  forward: (body: string) => Promise<Answer>,
  ask: AskNode,
): Promise<void> {
  const body = await textOf(incoming)
  const asked = JSON.parse(body) as RpcRequest | RpcRequest[]
  // A batch is passed on whole: which of its parts a fault is about would be a matter of taste.
  const request = Array.isArray(asked) ? undefined : { ...asked, params: asked.params ?? [] }
  const active = request ? faults.take(request.method) : []
  const has = (kind: RpcFault['kind']) => active.some((fault) => fault.kind === kind)
  const delay = active.reduce((ms, fault) => (fault.kind === 'delay' ? ms + fault.ms : ms), 0)
  if (delay > 0) await sleep(delay)
  if (has('freeze')) return
  if (has('drop-request')) return void incoming.socket.destroy()
  if (has('rate-limit')) return send(outgoing, { status: 429, text: '{"error":"rate limit exceeded"}' })
  if (has('garbage')) return send(outgoing, { status: 200, text: '<html><body><h1>Welcome</h1></body></html>' })
  if (has('duplicate')) await forward(body)
  const answer = request && isTouched(active) ? await touched(request, active, body, forward, ask) : await forward(body)
  if (has('drop-answer')) return void incoming.socket.destroy()
  const failure = active.find((fault) => fault.kind === 'error-after')
  if (failure)
    return send(
      outgoing,
      failure.message === undefined
        ? { status: 500, text: 'Internal Server Error' }
        : rpcAnswer(request?.id, { error: { code: -32000, message: failure.message } }),
    )
  send(outgoing, answer)
}

/** Whether what the node says is changed. */
function isTouched(active: readonly RpcFault[]): boolean {
  return active.some(({ kind }) => kind === 'lie' || kind === 'stale' || kind === 'wrong-id' || kind === 'no-receipts')
}

async function touched(
  request: RpcRequest,
  active: readonly RpcFault[],
  body: string,
  forward: (body: string) => Promise<Answer>,
  ask: AskNode,
): Promise<Answer> {
  const id = active.some(({ kind }) => kind === 'wrong-id') ? Number(request.id) + 1_000 : request.id
  const stale = active.find((fault) => fault.kind === 'stale')
  let result: unknown
  if (stale) {
    try {
      result = await askStale(ask, request, stale.blocks)
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      return rpcAnswer(id, { error: { code: -32000, message } })
    }
  } else {
    const { text } = await forward(body)
    const answer = JSON.parse(text) as { result?: unknown; error?: unknown }
    if (answer.error !== undefined) return rpcAnswer(id, { error: answer.error })
    result = answer.result
  }
  for (const fault of active) {
    if (fault.kind === 'lie') result = await lieAbout(fault.what, request, result, ask)
    if (fault.kind === 'no-receipts' && request.method === 'eth_getTransactionReceipt') result = null
  }
  return rpcAnswer(id, { result })
}

function rpcAnswer(id: unknown, content: { result: unknown } | { error: unknown }): Answer {
  return { status: 200, text: JSON.stringify({ jsonrpc: '2.0', id, ...content }) }
}

function send(outgoing: ServerResponse, { status, text }: Answer): void {
  outgoing.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
  outgoing.end(text)
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
