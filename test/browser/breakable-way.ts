import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A way to a server that can be broken: whatever goes over it then ends at once, and nothing new gets through. */
export interface BreakableWay {
  readonly url: string
  break(): void
  mend(): void
  close(): Promise<void>
}

export async function breakableWay(to: string): Promise<BreakableWay> {
  const { hostname, port } = new URL(to)
  const open = new Set<Socket>()
  let isBroken = false
  const server = createServer((near) => {
    if (isBroken) return void near.destroy()
    const far = connect(Number(port), hostname)
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(one)
      one.on('error', () => undefined)
      one.on('close', () => {
        open.delete(one)
        other.destroy()
      })
      one.pipe(other)
    }
  })
  const breakAll = () => {
    isBroken = true
    for (const one of open) one.destroy()
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    break: breakAll,
    mend: () => void (isBroken = false),
    async close() {
      breakAll()
      server.close()
      await once(server, 'close')
    },
  }
}
