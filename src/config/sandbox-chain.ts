/** Chain ids of the sandbox: the only ones on which the well-known development keys may sign. */
export function isSandboxChain(chainId: number): boolean {
  return chainId >= 9_710_000 && chainId < 9_711_000
}
