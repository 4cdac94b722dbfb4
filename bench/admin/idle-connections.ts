import { connect, type Socket } from 'node:net'

/** More than a daemon behind proxies keeps at once. */
const AT_ONCE = 1_200
const AGAIN_AFTER_MS = 1_000

/** Connections of one address that say nothing and are opened again when they are closed. */
export class IdleConnections {
  readonly count = AT_ONCE
  opened = 0
  private readonly sockets = new Set<Socket>()
  private isOver = false

  constructor(private readonly port: number) {
    // Not all at once: the operator's are opened by this process, too.
    for (let index = 0; index < AT_ONCE; index += 1) setTimeout(() => this.open(), index)
  }

  end(): void {
    this.isOver = true
    for (const socket of this.sockets) socket.destroy()
  }

  private open(): void {
    if (this.isOver) return
    this.opened += 1
    const socket = connect(this.port, '127.0.0.1')
    this.sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('close', () => {
      this.sockets.delete(socket)
      setTimeout(() => this.open(), AGAIN_AFTER_MS)
    })
  }
}
