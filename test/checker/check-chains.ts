import { formatUnits, isAddressEqual, zeroAddress, type Address, type Hex } from 'viem'
import type { CheckedWorld, Spend } from './account-call.js'
import { type Baseline, type ChainRecord, recordChain, type SentTransaction } from './chain-record.js'
import type { Finding, FindingKind } from './finding.js'

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
  const records = await Promise.all(chains.map((start) => recordChain(world, account, start.chain, start)))
  const spends = records.flatMap(spendsOf)
  return {
    findings: [
      ...wrongAtAnyTime(records, account),
      ...wrongAtRest(records),
      ...(expected ? checkTurnover(world, spends, expected) : []),
    ],
    counts: countsOf(records),
  }
}

/** What may not be seen on a chain whatever is under way. */
export function wrongAtAnyTime(records: readonly ChainRecord[], account: Address): Finding[] {
  return [
    ...records.flatMap((record) => checkTransactions(record, account)),
    ...records.flatMap(checkNonces),
    ...records.flatMap(checkApprovals),
    ...records.flatMap(checkBalances),
    ...checkDoubleSpends(records.flatMap(spendsOf), ({ spend }) => [`quote ${spend.quoteId}`]),
    ...checkPayouts(records),
  ]
}

/** What nothing that is written down explains once nothing is under way. */
function wrongAtRest(records: readonly ChainRecord[]): Finding[] {
  return [
    ...records.flatMap(({ chain, sent }) =>
      sent
        .filter(({ isSuccess }) => !isSuccess)
        .map((transaction) => found(chain, transaction, 'failed-transaction', 'it reverted')),
    ),
    ...records.flatMap(checkPending),
    ...records.flatMap(leftoverAllowances),
    ...checkDoubleSpends(records.flatMap(spendsOf), ({ chain, spend: { kind, sold, units, bought } }) => [
      `${kind} of ${units} units of ${sold} on ${chain} for ${bought}`,
    ]),
    ...checkDeposits(records),
  ]
}

export function countsOf(records: readonly ChainRecord[]): Verdict['counts'] {
  return {
    transactions: records.reduce((sum, { sent }) => sum + sent.length, 0),
    swaps: records.flatMap(spendsOf).filter(({ spend }) => spend.kind === 'swap').length,
    deposits: records.flatMap(({ escrow }) => escrow).filter(({ type }) => type === 'Deposited').length,
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

const found = (chain: string, { hash, nonce }: SentTransaction, kind: FindingKind, why: string): Finding => ({
  kind,
  chain,
  detail: `Transaction ${hash} (nonce ${nonce}): ${why}.`,
})

function checkTransactions({ chain, sent }: ChainRecord, account: Address): Finding[] {
  return sent.flatMap((transaction): Finding[] => {
    const { call } = transaction
    return [
      ...(call.type === 'unknown' ? [found(chain, transaction, 'unknown-call', call.why)] : []),
      ...(call.type === 'spend' && !isAddressEqual(call.receiver, account)
        ? [found(chain, transaction, 'foreign-receiver', `it pays ${call.receiver}`)]
        : []),
    ]
  })
}

function checkNonces({ chain, baseline, sent, nextNonce }: ChainRecord): Finding[] {
  const gap = (detail: string): Finding => ({ kind: 'nonce-gap', chain, detail })
  const nonces = sent.map(({ nonce }) => nonce).toSorted((a, b) => a - b)
  const findings = nonces.flatMap((nonce, index) =>
    nonce === baseline.nonce + index ? [] : [gap(`Nonce ${baseline.nonce + index} is missing before ${nonce}.`)],
  )
  if (nextNonce !== baseline.nonce + sent.length)
    findings.push(gap(`The account is at nonce ${nextNonce} after ${sent.length} transactions.`))
  return findings
}

function checkPending({ chain, nextNonce, pendingNonce }: ChainRecord): Finding[] {
  if (pendingNonce === nextNonce) return []
  return [{ kind: 'nonce-gap', chain, detail: `Nonces ${nextNonce} to ${pendingNonce - 1} wait for a block.` }]
}

/** An allowance is given by a call of the account itself, and never of more than it ever held. */
function checkApprovals({ chain, baseline, sent, movements, approvals }: ChainRecord): Finding[] {
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
  const foreign = approvals
    .filter(({ hash, units }) => units > 0n && !sent.some((one) => one.hash === hash))
    .map(({ token, spender, units, hash }): Finding => ({
      kind: 'foreign-approval',
      chain,
      detail: `Transaction ${hash}, which the account did not send, allows ${spender} ${units} units of its ${token}.`,
    }))
  return [...unlimited, ...foreign]
}

export function leftoverAllowances({ chain, allowances }: ChainRecord): Finding[] {
  return allowances
    .filter(({ units }) => units > 0n)
    .map(({ token, spender, units }) => ({
      kind: 'leftover-allowance',
      chain,
      detail: `${spender} may still take ${units} units of ${token}.`,
    }))
}

/** Every base unit is explained by a transfer that the token reported, or in coin by gas and value moved. */
function checkBalances({ chain, baseline, sent, movements, holdings }: ChainRecord): Finding[] {
  return [...holdings].flatMap(([token, held]): Finding[] => {
    const isCoin = token === zeroAddress
    const start = baseline.holdings.get(token)
    if (isCoin && (start === undefined || sent.some(({ coinMoved }) => coinMoved === undefined))) return []
    const moved = isCoin
      ? sent.reduce((sum, { coinMoved, gasPaid }) => sum - gasPaid + (coinMoved ?? 0n), 0n)
      : movements.reduce((sum, one) => (isAddressEqual(one.token, token) ? sum + one.units : sum), 0n)
    if ((start ?? 0n) + moved === held) return []
    const detail = `${token}: ${start ?? 0n} at the start and ${moved} moved make ${(start ?? 0n) + moved}, the chain has ${held}.`
    return [{ kind: 'unexplained-balance', chain, detail }]
  })
}

/**
 * A step's money moves once. Two spends are of one step when they carry out the same quote, or sell exactly the same
 * amount of the same token for the same other token: a step that was asked for again sells what it sold before, and no
 * two steps sell the same to the last base unit.
 */
function checkDoubleSpends(spends: readonly DoneSpend[], namesOf: (spend: DoneSpend) => string[]): Finding[] {
  const first = new Map<string, DoneSpend>()
  const findings: Finding[] = []
  for (const one of spends)
    for (const name of namesOf(one)) {
      const earlier = first.get(name)
      if (earlier)
        findings.push({
          kind: 'double-spend',
          chain: one.chain,
          detail: `Transactions ${earlier.hash} and ${one.hash} both carry out ${name}.`,
        })
      else first.set(name, one)
    }
  return findings
}

const sameTransfer = (a: { bridge: string; transferId: Hex }, b: { bridge: string; transferId: Hex }) =>
  a.bridge === b.bridge && a.transferId === b.transferId

function escrowOf(records: readonly ChainRecord[]) {
  const events = records.flatMap(({ chain, escrow }) => escrow.map((event) => ({ chain, ...event })))
  const deposits = events.filter(({ type }) => type === 'Deposited')
  const payouts = events.filter(({ type }) => type !== 'Deposited')
  return {
    deposits: deposits.map((deposit) => ({
      deposit,
      paid: payouts.filter((payout) => sameTransfer(payout, deposit)),
    })),
    stray: payouts.filter((payout) => !deposits.some((deposit) => sameTransfer(payout, deposit))),
  }
}

/**
 * No deposit is paid out twice, there or back here, and nothing is paid out without one. A bridge may deliver a part and
 * return the rest: then all of it together is no more than was deposited.
 */
function checkPayouts(records: readonly ChainRecord[]): Finding[] {
  const { deposits, stray } = escrowOf(records)
  return [
    ...deposits
      .filter(
        ({ deposit, paid }) =>
          paid.length > 1 &&
          (paid.some(({ asset }) => asset !== deposit.asset) ||
            paid.reduce((sum, { scaled }) => sum + scaled, 0n) > deposit.scaled),
      )
      .map(({ deposit, paid }): Finding => ({
        kind: 'paid-twice',
        chain: deposit.chain,
        detail: `Transfer ${deposit.transferId} over ${deposit.bridge} was paid out ${paid.length} times${paid.map(({ type, chain, hash }) => `; ${type} on ${chain} by ${hash}`).join('')}.`,
      })),
    ...stray.map(({ chain, type, transferId, bridge, hash }): Finding => ({
      kind: 'unexplained-payout',
      chain,
      detail: `${type} transfer ${transferId} over ${bridge} by ${hash} without a deposit.`,
    })),
  ]
}

function checkDeposits(records: readonly ChainRecord[]): Finding[] {
  return escrowOf(records)
    .deposits.filter(({ paid }) => paid.length === 0)
    .map(({ deposit }) => ({
      kind: 'unsettled-deposit',
      chain: deposit.chain,
      detail: `Transfer ${deposit.transferId} over ${deposit.bridge} was not paid out.`,
    }))
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
