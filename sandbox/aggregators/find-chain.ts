import type { SandboxChain } from '../chains.js'

/** By id, as a number or text, or by key. */
export function findChain(chains: SandboxChain[], idOrKey: string | number): SandboxChain | undefined {
  return chains.find(({ chainId, key }) => String(chainId) === String(idOrKey) || key === idOrKey)
}
