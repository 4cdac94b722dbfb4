import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readFile, readdir, rename, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { Abi, Hex } from 'viem'

export interface CompiledContract {
  abi: Abi
  bytecode: Hex
  /** What lies on the chain once it is deployed, where its constructor sets nothing in it. */
  runtime: Hex
}

export type CompiledContracts = Record<string, CompiledContract>

const sourceDir = fileURLToPath(new URL('./contracts/', import.meta.url))
const cacheDir = fileURLToPath(new URL('../node_modules/.cache/evenkeel/', import.meta.url))
const require = createRequire(import.meta.url)

const settings = {
  optimizer: { enabled: true, runs: 200 },
  evmVersion: 'cancun',
  metadata: { bytecodeHash: 'none' },
  outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object'] } },
}

let loaded: Promise<CompiledContracts> | undefined

/**
 * Every contract of `sandbox/contracts/*.sol`, by contract name. Compiles at most once per content of that folder,
 * settings and compiler version; the result is kept on disk, and reading it back does not load the compiler.
 */
export function loadContracts(): Promise<CompiledContracts> {
  loaded ??= readOrCompile().catch((error: unknown) => {
    loaded = undefined
    throw error
  })
  return loaded
}

/** The contract of that name; an unknown name is an error that lists the names there are. */
export function contractNamed(contracts: CompiledContracts, name: string): CompiledContract {
  const contract = contracts[name]
  if (!contract)
    throw new Error(`No contract ${name} in sandbox/contracts; there are ${Object.keys(contracts).join(', ')}.`)
  return contract
}

async function readOrCompile(): Promise<CompiledContracts> {
  const names = (await readdir(sourceDir)).filter((name) => name.endsWith('.sol')).toSorted()
  const sources: Record<string, { content: string }> = {}
  for (const name of names) sources[name] = { content: await readFile(`${sourceDir}${name}`, 'utf8') }
  const compiler = (require('solc/package.json') as { version: string }).version
  const key = createHash('sha256').update(JSON.stringify({ sources, settings, compiler })).digest('hex').slice(0, 32)
  const file = `${cacheDir}contracts-${key}.json`

  const cached = await readFile(file, 'utf8').catch(() => undefined)
  if (cached !== undefined) return JSON.parse(cached) as CompiledContracts

  const contracts = await compile(sources)
  await mkdir(cacheDir, { recursive: true })
  const draft = `${file}.${randomUUID()}`
  await writeFile(draft, JSON.stringify(contracts))
  await rename(draft, file)
  return contracts
}

interface CompilerOutput {
  errors?: { severity: 'error' | 'warning' | 'info'; formattedMessage: string }[]
  contracts?: Record<
    string,
    Record<string, { abi: Abi; evm: { bytecode: { object: string }; deployedBytecode: { object: string } } }>
  >
}

async function compile(sources: Record<string, { content: string }>): Promise<CompiledContracts> {
  const { default: solc } = await import('solc')
  const output = JSON.parse(solc.compile(JSON.stringify({ language: 'Solidity', sources, settings }))) as CompilerOutput
  const errors = (output.errors ?? []).filter((error) => error.severity === 'error')
  if (errors.length > 0) {
    throw new Error(`sandbox/contracts does not compile:\n${errors.map((error) => error.formattedMessage).join('\n')}`)
  }
  const compiled: CompiledContracts = {}
  for (const [file, contracts] of Object.entries(output.contracts ?? {})) {
    for (const [name, { abi, evm }] of Object.entries(contracts)) {
      if (compiled[name])
        throw new Error(`Two contracts in sandbox/contracts are called ${name}; one is in ${file}. Rename one.`)
      compiled[name] = { abi, bytecode: `0x${evm.bytecode.object}`, runtime: `0x${evm.deployedBytecode.object}` }
    }
  }
  return compiled
}
