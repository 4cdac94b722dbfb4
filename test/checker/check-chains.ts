import { formatUnits, isAddressEqual, zeroAddress, type Address, type Hex } from 'viem'
import type { CheckedWorld, Spend } from './account-call.js'
import { type Baseline, type ChainRecord, recordChain, type SentTransaction } from './chain-record.js'

export type FindingKind =
  | 'double-spend'
  | 'failed-transaction'
  | 'foreign-receiver'
  | 'leftover-allowance'
  | 'nonce-gap'
  | 'paid-twice'
  | 'too-much-sold'
  | 'unexplained-balance'
  | 'unexplained-payout'
  | 'unknown-call'
  | 'unlimited-approval'
  | 'unsettled-deposit'

export interface Finding {
  readonly kind: FindingKind
  readonly chain: string
  readonly detail: string
}

/** What one rebalance may sell: the value by which each asset was over its target at the start. */
export interface ExpectedTurnover {
  /** USD per whole unit. */
  readonly pricesUsd: Readonly<Record<string, number>>
  readonly excessUsd: Readonly<Record<string, number>>
}

export interface Verdict {
  readonly findings: readonly Finding[]
  /** What was judged, so that a test can tell a clean record from an empty one. */
  readonly counts: { readonly transactions: number; readonly swaps: number; readonly deposits: number }
}

/** Sales may exceed the excess they remove by this factor: prices move on while a rebalance runs. */
const turnoverTolerance = 1.2

/**
 * Judges, from the chains alone, everything the account did since the baseline: every block of every chain is read, and
 * nothing is believed that a program wrote down. Meaningful once nothing of the account is under way.
 */
export async function checkChains(
  world: CheckedWorld,
  { account, chains }: Baseline,
  expected?: ExpectedTurnover,
): Promise<Verdict> {
  const records = await Promise.all(chains.map((start) => recordChain(world, account, start)))
  const spends = records.flatMap(spendsOf)
  return {
    findings: [
      ...records.flatMap((record) => checkTransactions(record, account)),
      ...records.flatMap(checkNonces),
      ...records.flatMap(checkApprovals),
      ...records.flatMap(checkBalances),
      ...checkDoubleSpends(spends),
      ...checkTransfers(records),
      ...(expected ? checkTurnover(world, spends, expected) : []),
    ],
    counts: {
      transactions: records.reduce((sum, { sent }) => sum + sent.length, 0),
      swaps: spends.filter(({ spend }) => spend.kind === 'swap').length,
      deposits: records.flatMap(({ escrow }) => escrow).filter(({ type }) => type === 'Deposited').length,
    },
  }
}

interface DoneSpend {
  readonly chain: string
  readonly hash: Hex
  readonly spend: Spend
}

function spendsOf({ chain, sent }: ChainRecord): DoneSpend[] {
  return sent.flatMap(({ hash, isSuccess, call }) =>
    isSuccess && call.type === 'spend' ? [{ chain, hash, spend: call }] : [],
  )
}

function checkTransactions({ chain, sent }: ChainRecord, account: Address): Finding[] {
  const judge = ({ hash, nonce, isSuccess, call }: SentTransaction): Finding[] => {
    const found = (kind: FindingKind, why: string): Finding => ({
      kind,
      chain,
      detail: `Transaction ${hash} (nonce ${nonce}): ${why}.`,
    })
    return [
      ...(isSuccess ? [] : [found('failed-transaction', 'it reverted')]),
      ...(call.type === 'unknown' ? [found('unknown-call', call.why)] : []),
      ...(call.type === 'spend' && !isAddressEqual(call.receiver, account)
        ? [found('foreign-receiver', `it pays ${call.receiver}`)]
        : []),
    ]
  }
  return sent.flatMap(judge)
}

function checkNonces({ chain, baseline, sent, nextNonce, pendingNonce }: ChainRecord): Finding[] {
  const found = (detail: string): Finding => ({ kind: 'nonce-gap', chain, detail })
  const nonces = sent.map(({ nonce }) => nonce).toSorted((a, b) => a - b)
  const findings = nonces.flatMap((nonce, index) =>
    nonce === baseline.nonce + index ? [] : [found(`Nonce ${baseline.nonce + index} is missing before ${nonce}.`)],
  )
  if (nextNonce !== baseline.nonce + sent.length)
    findings.push(found(`The account is at nonce ${nextNonce} after ${sent.length} transactions.`))
  if (pendingNonce !== nextNonce) findings.push(found(`Nonces ${nextNonce} to ${pendingNonce - 1} wait for a block.`))
  return findings
}

function checkApprovals({ chain, baseline, sent, movements, allowances }: ChainRecord): Finding[] {
  const everHeld = (token: Address) =>
    movements.reduce(
      (sum, one) => (isAddressEqual(one.token, token) && one.units > 0n ? sum + one.units : sum),
      baseline.holdings.get(token.toLowerCase() as Address) ?? 0n,
    )
  const unlimited = sent.flatMap(({ hash, call }): Finding[] =>
    call.type === 'approval' && call.units > everHeld(call.token)
      ? [
          {
            kind: 'unlimited-approval',
            chain,
            detail: `Transaction ${hash} allows ${call.spender} ${call.units} units of ${call.token}, more than was ever held.`,
          },
        ]
      : [],
  )
  const leftover = allowances
    .filter(({ units }) => units > 0n)
    .map(({ token, spender, units }): Finding => ({
      kind: 'leftover-allowance',
      chain,
      detail: `${spender} may still take ${units} units of ${token}.`,
    }))
  return [...unlimited, ...leftover]
}

/** Every base unit is explained by a transfer that the token reported, or in coin by gas and value sent. */
function checkBalances({ chain, baseline, sent, movements, holdings }: ChainRecord): Finding[] {
  return [...holdings].flatMap(([token, held]): Finding[] => {
    const start = baseline.holdings.get(token) ?? 0n
    const moved =
      token === zeroAddress
        ? sent.reduce((sum, { isSuccess, value, gasPaid }) => sum - gasPaid - (isSuccess ? value : 0n), 0n)
        : movements.reduce((sum, one) => (isAddressEqual(one.token, token) ? sum + one.units : sum), 0n)
    if (start + moved === held) return []
    const detail = `${token}: ${start} at the start and ${moved} moved make ${start + moved}, the chain has ${held}.`
    return [{ kind: 'unexplained-balance', chain, detail }]
  })
}

/**
 * A step's money moves once. Two spends are of one step when they carry out the same quote, or sell exactly the same
 * amount of the same token for the same other token: a step that was asked for again sells what it sold before, and no
 * two steps sell the same to the last base unit.
 */
function checkDoubleSpends(spends: readonly DoneSpend[]): Finding[] {
  const first = new Map<string, DoneSpend>()
  const findings: Finding[] = []
  for (const one of spends) {
    const { quoteId, kind, sold, units, bought } = one.spend
    const names = [`quote ${quoteId}`, `${kind} of ${units} units of ${sold} on ${one.chain} for ${bought}`]
    const twin = names.map((name) => ({ name, earlier: first.get(name) })).find(({ earlier }) => earlier)
    if (twin)
      findings.push({
        kind: 'double-spend',
        chain: one.chain,
        detail: `Transactions ${twin.earlier!.hash} and ${one.hash} both carry out ${twin.name}.`,
      })
    for (const name of names) if (!first.has(name)) first.set(name, one)
  }
  return findings
}

/** Every deposit is paid out exactly once, there or back here, and nothing is paid out without one. */
function checkTransfers(records: readonly ChainRecord[]): Finding[] {
  const events = records.flatMap(({ chain, escrow }) => escrow.map((event) => ({ chain, ...event })))
  const deposits = events.filter(({ type }) => type === 'Deposited')
  const payouts = events.filter(({ type }) => type !== 'Deposited')
  const sameTransfer = (a: { bridge: string; transferId: Hex }, b: { bridge: string; transferId: Hex }) =>
    a.bridge === b.bridge && a.transferId === b.transferId
  return [
    ...deposits.flatMap((deposit): Finding[] => {
      const paid = payouts.filter((payout) => sameTransfer(payout, deposit))
      if (paid.length === 1) return []
      const detail = `Transfer ${deposit.transferId} over ${deposit.bridge} was paid out ${paid.length} times${paid.map(({ type, chain, hash }) => `; ${type} on ${chain} by ${hash}`).join('')}.`
      return [{ kind: paid.length === 0 ? 'unsettled-deposit' : 'paid-twice', chain: deposit.chain, detail }]
    }),
    ...payouts
      .filter((payout) => !deposits.some((deposit) => sameTransfer(payout, deposit)))
      .map(({ chain, type, transferId, bridge, hash }): Finding => ({
        kind: 'unexplained-payout',
        chain,
        detail: `${type} transfer ${transferId} over ${bridge} by ${hash} without a deposit.`,
      })),
  ]
}

/**
 * One rebalance sells what was over its target, once. What it sells of other assets it bought or bridged on the way, so
 * that is no more either.
 */
function checkTurnover(
  world: CheckedWorld,
  spends: readonly DoneSpend[],
  { pricesUsd, excessUsd }: ExpectedTurnover,
): Finding[] {
  const limit = turnoverTolerance * Object.values(excessUsd).reduce((sum, usd) => sum + usd, 0)
  const sold = { excess: 0, others: 0 }
  for (const { chain, spend } of spends) {
    if (spend.kind !== 'swap') continue
    const token = world.tokens.find((one) => one.chain === chain && isAddressEqual(one.address, spend.sold))
    const { asset, decimals } = token ?? { asset: 'ETH', decimals: 18 }
    const usd = Number(formatUnits(spend.units, decimals)) * (pricesUsd[asset] ?? Infinity)
    sold[asset in excessUsd ? 'excess' : 'others'] += usd
  }
  return Object.entries(sold).flatMap(([which, usd]): Finding[] =>
    usd <= limit
      ? []
      : [
          {
            kind: 'too-much-sold',
            chain: 'all',
            detail: `Sold ${usd.toFixed(0)} USD of ${which === 'excess' ? 'what was over target' : 'other assets'}; one rebalance explains ${limit.toFixed(0)} USD.`,
          },
        ],
  )
}
