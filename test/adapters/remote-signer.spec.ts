import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { startAnvil } from '../../sandbox/anvil.js'
import { RemoteSigner, RemoteSignerError } from '../../src/adapters/signers/remote-signer.js'
import type { Address } from '../../src/domain/assets.js'
import { addressOf, OWNER } from '../support/builders.js'
import { aRequest, CHAIN_ID, describeSigner, refusalOf, signerOn } from '../support/signer-contract.js'

const connect = (url: string, address?: Address, urls = new Map([[CHAIN_ID, url]])) =>
  RemoteSigner.connect({ urls, address, timeoutMs: 2_000 })

describeSigner('RemoteSigner, on the JSON-RPC interface of a node', async () => {
  const node = await startAnvil({ name: 'bay', chainId: CHAIN_ID, port: 0, baseFeePerGas: 1n })
  return { keys: await connect(node.rpcUrl, OWNER), close: () => node.stop() }
})

type Reply = (
  method: string,
) => { status?: number; headers?: Record<string, string>; body?: unknown } | 'silence' | 'hang-up'

describe('RemoteSigner', () => {
  let url: string
  let reply: Reply
  const asked: string[] = []
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    let text = ''
    request.on('data', (chunk: Buffer) => (text += chunk.toString()))
    request.on('end', () => {
      const { method } = JSON.parse(text || '{"method":"none"}') as { method: string }
      asked.push(method)
      const answer = reply(method)
      if (answer === 'silence') return
      if (answer === 'hang-up') return void request.socket.destroy()
      const { status = 200, headers = {}, body } = answer
      response.writeHead(status, headers)
      response.end(typeof body === 'string' ? body : JSON.stringify(body ?? {}))
    })
  })
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/secret-path`
  })
  afterAll(
    () =>
      new Promise((resolve) => {
        server.close(resolve)
        server.closeAllConnections()
      }),
  )
  const result = (value: unknown) => ({ body: { jsonrpc: '2.0', id: 1, result: value } })
  const error = (code: number, status = 200) => ({
    status,
    body: { jsonrpc: '2.0', id: 1, error: { code, message: 'No.' } },
  })
  /** Tells account and chain as it should, and answers a signature with what is given. */
  const signing =
    (answer: ReturnType<Reply>): Reply =>
    (method) => {
      if (method === 'eth_chainId') return result(`0x${CHAIN_ID.toString(16)}`)
      return method === 'eth_accounts' ? result([OWNER.toLowerCase()]) : answer
    }

  test.each<[string, ReturnType<Reply>, 'refused' | 'unavailable']>([
    ['a method that is not served', error(-32_601), 'refused'],
    ['wrong parameters', error(-32_602, 400), 'refused'],
    ['a rejected transaction', error(-32_003), 'refused'],
    ['an error of the moment or of the account, which nobody can tell apart', error(-32_000, 400), 'unavailable'],
    ['an internal error', error(-32_603, 500), 'unavailable'],
    ['no access', { status: 403, body: 'Forbidden' }, 'refused'],
    ['throttling (F-53)', { status: 429, body: 'Later' }, 'unavailable'],
    ['a gateway without a signer', { status: 502, body: '<html>' }, 'unavailable'],
    ['a redirect', { status: 307, headers: { location: 'http://127.0.0.1:9/' } }, 'unavailable'],
    ['no JSON', { body: 'signed' }, 'unavailable'],
    ['no result', { body: { jsonrpc: '2.0', id: 1 } }, 'unavailable'],
    ['no bytes', result({ signed: true }), 'unavailable'],
    ['an answer without end', { body: 'x'.repeat(1_100_000) }, 'unavailable'],
    ['a connection that ends', 'hang-up', 'unavailable'],
  ])('%s: asked once, and told by its kind', async (_name, answer, kind) => {
    reply = signing(answer)
    const { signer } = signerOn(await connect(url))
    asked.length = 0
    const signature = signer.sign(aRequest(OWNER))
    expect(await refusalOf(signature)).toBe(kind)
    await expect(signature).rejects.not.toThrow(/secret-path/)
    expect(asked).toEqual(['eth_signTransaction'])
  })

  test('F-53: a signer that takes too long is not available', async () => {
    reply = signing('silence')
    const keys = await RemoteSigner.connect({ urls: new Map([[CHAIN_ID, url]]), address: OWNER, timeoutMs: 300 })
    const signature = signerOn(keys).signer.sign(aRequest(OWNER))
    expect(await refusalOf(signature)).toBe('unavailable')
    await expect(signature).rejects.toThrow('no answer within 300 ms')
  })

  test('F-54: a remote key that has become another one signs nothing that leaves', async () => {
    const node = await startAnvil({ name: 'bay', chainId: CHAIN_ID, port: 0, baseFeePerGas: 1n })
    try {
      const other = await connect(node.rpcUrl, '0x70997970C51812dc3A010C7d01b50e0d17dc79C8')
      const asking = await connect(node.rpcUrl, OWNER)
      asking.signTransaction = (_account, transaction) => other.signTransaction(other.accounts()[0]!, transaction)
      await expect(signerOn(asking).signer.sign(aRequest(OWNER))).rejects.toThrow(/are signed by 0x70997970/)
    } finally {
      await node.stop()
    }
  })

  test('holds what it tells, or what is configured where it tells nothing', async () => {
    reply = signing(error(-32_601))
    expect((await connect(url)).accounts()).toEqual([OWNER])
    reply = () => error(-32_601)
    expect((await connect(url, OWNER)).accounts()).toEqual([OWNER])
    await expect(connect(url)).rejects.toThrow(/does not tell its accounts. Expected one under signer.address/)
  })

  test('serves several chains when it tells no chain id of its own, and only those', async () => {
    reply = signing(result('0x00'))
    const keys = await connect(
      url,
      OWNER,
      new Map([
        [CHAIN_ID, url],
        [CHAIN_ID + 1, url],
      ]),
    )
    const { signer } = signerOn(keys, { chainIds: [CHAIN_ID, 1] })
    signer.admit(1, OWNER)
    const elsewhere = aRequest(OWNER)
    const transaction = { ...elsewhere.transaction, chainId: 1 }
    expect(await refusalOf(signer.sign({ ...elsewhere, transaction }))).toBe('refused')
  })

  test('another account, another chain or no answer ends the start with one message', async () => {
    reply = signing('silence')
    await expect(connect(url, addressOf(0xa))).rejects.toThrow(/that holds 0x0{39}a for chain id 9710001, got one that/)
    await expect(connect(url, OWNER, new Map([[1, url]]))).rejects.toThrow(RemoteSignerError)
    await expect(connect(url, OWNER, new Map([[1, url]]))).rejects.toThrow(/signer of chain id 1, got one of "0x/)
    reply = () => result(['nobody'])
    await expect(
      connect(
        url,
        OWNER,
        new Map([
          [CHAIN_ID, url],
          [1, url],
        ]),
      ),
    ).rejects.toThrow(/Expected a list of addresses/)
    expect(await refusalOf(connect('http://127.0.0.1:9/', OWNER))).toBe('unavailable')
  })
})
