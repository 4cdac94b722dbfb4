import { Client } from 'pg'
import { erc20Abi, formatUnits, isAddressEqual, parseAbiItem, zeroAddress } from 'viem'
import { escrowAbi } from '../bridges/escrow-abi.js'
import type { SandboxChain } from '../chains.js'
import { nativeAsset, targets } from '../daemon-config.js'
import type { ReferencePrices } from '../prices.js'
import type { Hex, WorldBridge } from '../world.js'

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

/** What the account holds of one token, or of a chain's coin, which has the zero address. */
export interface Holding {
  chain: string
  token: Hex
  asset: string
  decimals: number
  units: bigint
}

/** Every token and coin of the world, held or not, each chain at one block. */
export async function holdingsOf(chains: readonly SandboxChain[], account: Hex): Promise<Holding[]> {
  const found = await Promise.all(
    chains.map(async ({ key, publicClient, tokens }) => {
      const blockNumber = await publicClient.getBlockNumber()
      const coin: Holding = {
        chain: key,
        token: zeroAddress,
        asset: nativeAsset,
        decimals: 18,
        units: await publicClient.getBalance({ address: account, blockNumber }),
      }
      const held = Object.values(tokens).map(async ({ address, asset, decimals }): Promise<Holding> => {
        const units = await publicClient.readContract({
          address,
          abi: erc20Abi,
          functionName: 'balanceOf',
          args: [account],
          blockNumber,
        })
        return { chain: key, token: address, asset, decimals, units }
      })
      return [coin, ...(await Promise.all(held))]
    }),
  )
  return found.flat()
}

/** Assets whose weight, at the reference prices of this moment, is outside the configured band. */
export function assetsOutsideBands(holdings: readonly Holding[], prices: ReferencePrices): string[] {
  const values = new Map<string, number>()
  for (const { asset, decimals, units } of holdings)
    values.set(asset, (values.get(asset) ?? 0) + Number(formatUnits(units, decimals)) * prices.usd(asset))
  const nav = [...values.values()].reduce((sum, value) => sum + value, 0)
  if (nav === 0) return ['the account holds nothing']
  return Object.entries(targets).flatMap(([asset, { weight, band }]) => {
    const target = Number(weight)
    const tolerated = Math.min(Number(band.absolute), Number(band.relative) * target)
    const drift = (values.get(asset) ?? 0) / nav - target
    const bps = (share: number) => (share * 1e4).toFixed(0)
    return Math.abs(drift) <= tolerated
      ? []
      : [`${asset} is off by ${bps(drift)} bps, ±${bps(tolerated)} are tolerated`]
  })
}

/** Transactions of the account that are mined, over all chains. */
export async function transactionsSent(chains: readonly SandboxChain[], account: Hex): Promise<number> {
  const counts = await Promise.all(
    chains.map(({ publicClient }) => publicClient.getTransactionCount({ address: account })),
  )
  return counts.reduce((sum, count) => sum + count, 0)
}

/** Deposits that the account sent into a bridge and of which no chain shows the payout to the account. */
export async function unsettledDeposits(
  chains: readonly SandboxChain[],
  bridges: readonly WorldBridge[],
  account: Hex,
): Promise<string[]> {
  const deposits: { id: string; text: string }[] = []
  const paidOut = new Set<string>()
  for (const { key, publicClient } of chains)
    for (const { key: bridge, address } of bridges.filter(({ chain }) => chain === key)) {
      const events = await publicClient.getContractEvents({ address, abi: escrowAbi, fromBlock: 0n, strict: true })
      for (const { eventName, args, transactionHash: hash } of events) {
        const id = `${bridge} ${args.transferId}`
        if (eventName !== 'Deposited') {
          if (isAddressEqual(args.receiver, account)) paidOut.add(id)
          continue
        }
        const { from } = await publicClient.getTransaction({ hash })
        if (isAddressEqual(from, account)) deposits.push({ id, text: `${hash} on ${key} over ${bridge}` })
      }
    }
  return deposits.filter(({ id }) => !paidOut.has(id)).map(({ text }) => text)
}

/** Where the daemon's ledger and the chains differ, to the base unit; what neither of them has is no difference. */
export async function ledgerDifferences(
  databaseUrl: string,
  holdings: readonly Holding[],
  account: Hex,
): Promise<string[]> {
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const { rows } = await client.query<{ chain: string; token: string; units: string }>(
      `select chain, lower(token) as token, sum(units)::text as units from postings where account = 'wallet' and lower(owner) = lower($1) group by 1, 2`,
      [account],
    )
    const placeOf = (chain: string, token: string) => `${token.toLowerCase()} on ${chain}`
    const booked = new Map(rows.map(({ chain, token, units }) => [placeOf(chain, token), BigInt(units)]))
    const held = new Map(holdings.map(({ chain, token, units }) => [placeOf(chain, token), units]))
    return [...new Set([...booked.keys(), ...held.keys()])].flatMap((place) => {
      const [ledger, chain] = [booked.get(place) ?? 0n, held.get(place) ?? 0n]
      return ledger === chain ? [] : [`${place}: ledger ${ledger}, chain ${chain}`]
    })
  } finally {
    await client.end()
  }
}
