import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface RpcCall {
  readonly method: string
  readonly params: readonly unknown[]
}

export interface RpcProxy {
  readonly url: string
  /** Everything asked through it, oldest first. */
  readonly calls: readonly RpcCall[]
  /** How often each method was asked for. */
  readonly counts: () => Record<string, number>
  readonly stop: () => Promise<void>
}

/** Stands between a client and a node, passes everything on as it is and writes down what was asked. */
export async function startRpcProxy(target: string): Promise<RpcProxy> {
  const calls: RpcCall[] = []
  const server = createServer((incoming, outgoing) => {
    const pass = async () => {
      const body = await textOf(incoming)
      const asked = JSON.parse(body) as RpcCall | RpcCall[]
      for (const { method, params = [] } of [asked].flat()) calls.push({ method, params })
      const answer = await fetch(target, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
      outgoing.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text())
    }
    pass().catch(() => incoming.socket.destroy())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    counts: () => {
      const counts: Record<string, number> = {}
      for (const { method } of calls) counts[method] = (counts[method] ?? 0) + 1
      return counts
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
