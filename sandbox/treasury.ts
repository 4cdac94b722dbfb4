import { parseEther, parseUnits } from 'viem'
import type { SandboxChain } from './chains.js'
import { startHoldings } from './scenarios.js'
import { fund } from './tokens.js'

/** Gives `treasury` its start holdings on a chain: exactly these, whatever the node gave it. */
export async function fundTreasury(chain: SandboxChain): Promise<void> {
  const { native, tokens } = startHoldings[chain.key]
  const treasury = chain.addressOf('treasury')
  await chain.setNativeBalance(treasury, parseEther(String(native)))
  for (const [symbol, amount] of Object.entries(tokens)) {
    await fund(chain, symbol, treasury, parseUnits(String(amount), chain.token(symbol).decimals))
  }
}
