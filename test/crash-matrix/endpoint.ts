import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** One of a chain's endpoints, which can be taken away and given back. */
export interface Endpoint {
  readonly url: string
  setUp(isUp: boolean): void
  stop(): Promise<void>
}

/** Stands before a node and passes bytes on, both ways, as long as it is up. */
export async function startEndpoint(nodeUrl: string): Promise<Endpoint> {
  const { hostname: host, port } = new URL(nodeUrl)
  const open = new Set<Socket>()
  let isUp = true
  const server = createServer((incoming) => {
    if (!isUp) {
      incoming.destroy()
      return
    }
    const outgoing = connect(Number(port), host)
    for (const [one, other] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      open.add(one)
      one.setNoDelay(true)
      one.on('error', () => undefined)
      one.on('close', () => {
        open.delete(one)
        other.destroy()
      })
      one.pipe(other)
    }
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve)
  })
  const drop = () => {
    for (const socket of open) socket.destroy()
  }
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    setUp(value) {
      isUp = value
      if (!value) drop()
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        drop()
      }),
  }
}
