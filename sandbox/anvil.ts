import { spawn } from 'node:child_process'
import { access } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { accountAliases, developmentMnemonic } from './accounts.js'
import { portInUse } from './http-server.js'
import { SandboxStartError } from './start-error.js'

export interface AnvilOptions {
  /** Names the chain in messages. */
  name: string
  chainId: number
  /** 0 lets the node pick a free one. */
  port: number
  baseFeePerGas: bigint
}

export interface RunningAnvil {
  rpcUrl: string
  stop(): Promise<void>
}

/**
 * Runs the node, then waits for this process to close the pipe and ends the node. The pipe closes however this process
 * ends, so that no node outlives it. The shell gives up its own outputs: when they end, the node is gone.
 */
const guard = '"$@" & node=$!; exec >/dev/null 2>&1; read -r _; kill -9 $node; wait $node'

/** States of the last blocks that `eth_call` can still read. */
const keptStates = 128

export async function startAnvil(options: AnvilOptions): Promise<RunningAnvil> {
  const child = spawn('sh', ['-c', guard, 'sandbox-node', await anvilBinary(), ...anvilArguments(options)], {
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.stdin.on('error', () => undefined)
  const stop = async () => {
    child.stdin.end()
    await ended
  }

  const output: string[] = []
  const port = await new Promise<number>((resolve, reject) => {
    const fail = (reason: string) => reject(nodeError(options, reason, output.join('')))
    const timer = setTimeout(() => fail('did not answer within 10 s'), 10_000)
    const settle = (act: () => void) => {
      clearTimeout(timer)
      act()
    }
    const listen = (chunk: Buffer) => {
      output.push(chunk.toString('utf8'))
      const found = /Listening on 127\.0\.0\.1:(\d+)/.exec(output.join(''))
      if (found) settle(() => resolve(Number(found[1])))
    }
    child.stdout.on('data', listen)
    child.stderr.on('data', listen)
    child.stdout.once('end', () => settle(() => fail('ended')))
    child.once('error', (error) => settle(() => fail(error.message)))
  }).catch(async (error: unknown) => {
    await Promise.race([stop(), sleep(1000, undefined, { ref: false })])
    throw error
  })
  child.stdout.removeAllListeners('data').resume()
  child.stderr.removeAllListeners('data').resume()
  return { rpcUrl: `http://127.0.0.1:${port}`, stop }
}

function anvilArguments({ chainId, port, baseFeePerGas }: AnvilOptions): string[] {
  const flags = {
    '--port': port,
    '--host': '127.0.0.1',
    '--chain-id': chainId,
    '--block-base-fee-per-gas': baseFeePerGas,
    '--accounts': accountAliases.length,
    '--mnemonic': developmentMnemonic,
    '--slots-in-an-epoch': 1,
    '--prune-history': keptStates,
  }
  return ['--disable-min-priority-fee', ...Object.entries(flags).flatMap(([flag, value]) => [flag, String(value)])]
}

function nodeError({ name, port }: AnvilOptions, reason: string, output: string): SandboxStartError {
  if (/address already in use/i.test(output)) return portInUse(port, `chain ${name}`)
  const lastLine = output.trim().split('\n').at(-1)
  return new SandboxStartError(`The node of chain ${name} ${reason}.${lastLine ? ` Its last words: ${lastLine}` : ''}`)
}

/** The platform package's binary itself; the launcher script of the main package costs most of a second per start. */
async function anvilBinary(): Promise<string> {
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch
  const packageName = `@foundry-rs/anvil-${process.platform === 'win32' ? 'win32' : process.platform}-${architecture}`
  try {
    const require = createRequire(createRequire(import.meta.url).resolve('@foundry-rs/anvil/package.json'))
    const binary = join(dirname(require.resolve(`${packageName}/package.json`)), 'bin', 'anvil')
    await access(binary)
    return binary
  } catch {
    throw new SandboxStartError(
      `The anvil binary of npm package ${packageName} is missing. Run npm ci without --omit=optional.`,
    )
  }
}
