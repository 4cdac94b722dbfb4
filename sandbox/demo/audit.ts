import { Client } from 'pg'
import { erc20Abi, parseAbiItem, zeroAddress } from 'viem'
import type { SandboxChain } from '../chains.js'
import type { Hex } from '../world.js'

const approvalEvent = parseAbiItem('event Approval(address indexed owner, address indexed spender, uint256 value)')

/** Allowances of the account that are not zero, over every spender it ever approved, read from the chains. */
export async function leftAllowances(chains: readonly SandboxChain[], account: Hex): Promise<string[]> {
  const found = await Promise.all(
    chains.map(async ({ key, publicClient, tokens }) => {
      const left: string[] = []
      for (const { address } of Object.values(tokens)) {
        const approvals = await publicClient.getLogs({
          address,
          event: approvalEvent,
          args: { owner: account },
          fromBlock: 0n,
        })
        for (const spender of new Set(approvals.map(({ args }) => args.spender))) {
          if (!spender) continue
          const allowance = await publicClient.readContract({
            address,
            abi: erc20Abi,
            functionName: 'allowance',
            args: [account, spender],
          })
          if (allowance > 0n) left.push(`${spender} may take ${allowance} base units of ${address} on ${key}`)
        }
      }
      return left
    }),
  )
  return found.flat()
}

/** Where the daemon's ledger and the chains differ, to the base unit. */
export async function ledgerDifferences(
  databaseUrl: string,
  chains: readonly SandboxChain[],
  account: Hex,
): Promise<string[]> {
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const { rows } = await client.query<{ chain: string; token: Hex; units: string }>(
      `select chain, token, sum(units)::text as units from postings where account = 'wallet' and lower(owner) = lower($1) group by chain, token`,
      [account],
    )
    if (rows.length === 0) return ['the ledger is empty']
    const differences: string[] = []
    for (const { chain: key, token, units } of rows) {
      const chain = chains.find((one) => one.key === key)
      if (!chain) throw new Error(`The ledger knows a chain ${key} that the world does not have.`)
      const held =
        token === zeroAddress
          ? await chain.publicClient.getBalance({ address: account })
          : await chain.publicClient.readContract({
              address: token,
              abi: erc20Abi,
              functionName: 'balanceOf',
              args: [account],
            })
      if (held !== BigInt(units)) differences.push(`${token} on ${key}: ledger ${units}, chain ${held}`)
    }
    return differences
  } finally {
    await client.end()
  }
}
