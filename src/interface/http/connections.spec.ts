import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { until } from '../../../test/support/until.js'
import { Connections } from './connections.js'

const GET = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n'

let server: Server
/** Answers that somebody waits for. */
let waiting: ServerResponse[]
let sockets: Socket[]

const start = async (most: { readonly ofAll: number; readonly ofClient: number }) => {
  new Connections(most).of(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
}
/** From one of the addresses of this machine, 127.0.0.x, which are as many clients. */
const open = async (client: number, sends?: string) => {
  const { port } = server.address() as AddressInfo
  const socket = connect({ port, host: '127.0.0.1', localAddress: `127.0.0.${client}` }).on('error', () => undefined)
  sockets.push(socket.resume())
  await once(socket, 'connect')
  if (sends !== undefined) await ask(socket, sends)
  return socket
}
const ask = async (socket: Socket, text: string) => {
  const asked = waiting.length
  socket.write(text)
  await until('the request', 2_000, () => waiting.length > asked || undefined)
}
/** By the order in which they were opened, once nothing changes any more. */
const closed = async () => {
  await setTimeout(50)
  return sockets.flatMap((socket, index) => (socket.closed ? [index] : []))
}

beforeEach(() => {
  ;[waiting, sockets] = [[], []]
  server = createServer((_request, response) => void waiting.push(response))
})
afterEach(() => {
  for (const socket of sockets) socket.destroy()
  server.close()
  server.closeAllConnections()
})

describe('a client that has as many connections as it may', () => {
  beforeEach(() => start({ ofAll: 100, ofClient: 3 }))

  test('loses the oldest one without a request in progress to each new one; others lose none', async () => {
    for (const client of [1, 2]) await open(client)
    await open(1, GET)
    for (let index = 0; index < 3; index += 1) await open(1)
    expect(await closed()).toEqual([0, 3])
  })

  test('keeps those that it uses', async () => {
    for (let index = 0; index < 3; index += 1) await open(1)
    await ask(sockets[0]!, GET)
    waiting[0]!.end()
    await open(1)
    expect(await closed()).toEqual([1])
  })

  test('is given no new one while all of them have one; an answer makes room', async () => {
    for (let index = 0; index < 4; index += 1) await open(1, index < 3 ? GET : undefined)
    expect(await closed()).toEqual([3])
    waiting[1]!.end()
    await open(1)
    expect(await closed()).toEqual([1, 3])
  })

  test('a request that has not come in whole is none', async () => {
    await open(1, 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nhalf')
    for (let index = 0; index < 3; index += 1) await open(1)
    expect(await closed()).toEqual([0])
  })

  test('may open as many again once they are closed', async () => {
    for (let index = 0; index < 3; index += 1) await open(1)
    for (const socket of sockets) socket.destroy()
    await setTimeout(50)
    for (let index = 0; index < 3; index += 1) await open(1)
    expect(await closed()).toEqual([0, 1, 2])
  })
})

test('where all places are taken the client that has most of them loses one, and only where nobody can the new one is closed', async () => {
  await start({ ofAll: 4, ofClient: 3 })
  for (const client of [1, 2, 2, 2]) await open(client)
  await open(3)
  expect(await closed()).toEqual([1])
  for (const socket of sockets) socket.write(GET)
  await until('their requests', 2_000, () => waiting.length === 4 || undefined)
  await open(4)
  expect(await closed()).toEqual([1, 5])
})
