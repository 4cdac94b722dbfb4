import { once } from 'node:events'
import { createServer } from 'node:http'

/** Somebody who answers every notification with the same status. */
export async function startReceiver(status: 200 | 404): Promise<{ url: string; stop: () => Promise<void> }> {
  const server = createServer((_, response) => response.writeHead(status).end()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  return {
    url: `http://127.0.0.1:${port}/`,
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
