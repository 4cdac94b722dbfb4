import { zeroAddress, type Address } from 'viem'
import type { ChainRecord } from './chain-record.js'
import { isFinal, isLive, ownerOf } from './check-intents.js'
import type { Finding } from './finding.js'
import type { PostingRow, Rows } from './rows.js'

/**
 * Holds the ledger against the balances. The final book has what ended and nothing else, so that it equals the balance at
 * the finalised block to the base unit once the effects that are not booked yet are taken off.
 */
export function checkLedger(records: readonly ChainRecord[], rows: Rows): Finding[] {
  return [
    ...records.flatMap((record) => checkFinalBook(record, records, rows)),
    ...checkProvisionalBook(rows),
    ...checkEntries(rows),
    ...checkBudgets(rows),
  ]
}

function checkFinalBook(record: ChainRecord, records: readonly ChainRecord[], rows: Rows): Finding[] {
  const { chain, finalHoldings, finalizedBlock } = record
  const booked = sumsOf(
    rows.postings.filter((one) => one.book === 'final' && one.chain === chain && one.account === 'wallet'),
    ({ token }) => token,
  )
  const unbooked = unbookedOf(record, records, rows)
  return [...booked].flatMap(([token, units]): Finding[] => {
    const held = finalHoldings.get(token as Address)
    const ahead = unbooked.get(token as Address)
    if (ahead === 'unknown' || held === units + (ahead ?? 0n)) return []
    const detail =
      held === undefined
        ? `${token}: the final book has ${units}, but the world has no such token on this chain.`
        : `${token}: the final book has ${units} and ${ahead ?? 0n} is not booked yet, which makes ${units + (ahead ?? 0n)}; the chain has ${held} at final block ${finalizedBlock}, ${held - units - (ahead ?? 0n)} more.`
    return [{ kind: 'ledger-differs', chain, detail }]
  })
}

/**
 * By token, what the chain has done to the account by its finalised block and the rows have not called final, less what
 * they have called final after it. Unknown where the node has forgotten how much coin a trade brought.
 */
function unbookedOf(
  record: ChainRecord,
  records: readonly ChainRecord[],
  rows: Rows,
): Map<Address, bigint | 'unknown'> {
  const sums = new Map<Address, bigint | 'unknown'>()
  const add = (token: Address, units: bigint | undefined) => {
    const sum = sums.get(token) ?? 0n
    sums.set(token, units === undefined || sum === 'unknown' ? 'unknown' : sum + units)
  }
  const signOf = (isBooked: boolean, block: bigint) => {
    if (block <= record.finalizedBlock) return isBooked ? 0n : 1n
    return isBooked ? -1n : 0n
  }
  for (const sent of record.sent) {
    const owner = ownerOf(rows, record, sent.nonce)
    const sign = signOf(owner !== undefined && isFinal(owner), sent.block)
    if (sign === 0n) continue
    add(zeroAddress, sent.coinMoved === undefined ? undefined : sign * (sent.coinMoved - sent.gasPaid))
    for (const { token, units } of record.movements.filter(({ hash }) => hash === sent.hash)) add(token, sign * units)
  }
  for (const payout of payoutsOn(record, records)) {
    const isBooked = rows.transfers.some(({ arrivals }) =>
      arrivals.some(({ hash, finalAt }) => hash === payout.hash && finalAt !== null),
    )
    add(payout.token, signOf(isBooked, payout.block) * payout.amount)
  }
  return sums
}

/** What bridges paid out to the account on this chain. */
function payoutsOn(record: ChainRecord, records: readonly ChainRecord[]) {
  const ours = new Set(
    records.flatMap(({ escrow }) =>
      escrow.filter(({ type }) => type === 'Deposited').map(({ bridge, transferId }) => `${bridge} ${transferId}`),
    ),
  )
  return record.escrow.filter(
    ({ type, bridge, transferId }) => type !== 'Deposited' && ours.has(`${bridge} ${transferId}`),
  )
}

/** What may still be undone is booked apart; of everything that ended nothing is left there. */
function checkProvisionalBook({ postings, intents }: Rows): Finding[] {
  const live = intents.filter(isLive)
  const isOpen = ({ cause }: PostingRow) => live.some(({ id }) => cause.startsWith(`${id}@`))
  const left = sumsOf(
    postings.filter((one) => one.book === 'provisional' && !isOpen(one)),
    ({ chain, token, account }) => `${chain} ${account} ${token}`,
  )
  return [...left]
    .filter(([, units]) => units !== 0n)
    .map(([place, units]) => ({
      kind: 'provisional-left',
      chain: place.split(' ')[0]!,
      detail: `The provisional book still has ${units} of ${place.split(' ')[2]} on ${place.split(' ')[1]}, of things that ended.`,
    }))
}

/** Both sides of every entry are equal. */
function checkEntries({ postings }: Rows): Finding[] {
  const sums = sumsOf(postings, ({ book, cause, chain, token }) => `${chain} ${token} ${book} ${cause}`)
  return [...sums]
    .filter(([, units]) => units !== 0n)
    .map(([place, units]) => {
      const [chain, token, book, cause] = place.split(' ')
      return {
        kind: 'unbalanced',
        chain: chain!,
        detail: `The ${book} postings of ${cause} sum to ${units} base units of ${token}.`,
      }
    })
}

/** Every trade takes from the budgets once, in its own name, and a leg takes once however often it was tried (C-11). */
function checkBudgets({ intents, spends }: Rows): Finding[] {
  const found = (chain: string, detail: string): Finding => ({ kind: 'budget-wrong', chain, detail })
  const counted = intents.filter(({ kind, state }) => (kind === 'swap' || kind === 'bridge') && state !== 'released')
  const spendOf = (id: string) => spends.find(({ intentId }) => intentId === id)
  const missing = counted.flatMap((intent): Finding[] => {
    const spend = spendOf(intent.id)
    if (!spend) return [found(intent.chain, `Intent ${intent.id} (${intent.state}) took nothing from the budgets.`)]
    if (spend.turnover > 0n && spend.chain === intent.chain && spend.cycleId === intent.cycleId) return []
    const detail = `Intent ${intent.id} of cycle ${intent.cycleId} on ${intent.chain} took ${spend.turnover} from the budgets of cycle ${spend.cycleId} on ${spend.chain}.`
    return [found(intent.chain, detail)]
  })
  const standing = new Map<string, string[]>()
  for (const { id, legId, state } of counted)
    if (legId !== null && (state === 'final_ok' || ['reserved', 'signed', 'mined'].includes(state)) && spendOf(id))
      standing.set(legId, [...(standing.get(legId) ?? []), id])
  const twice = [...standing]
    .filter(([, ids]) => ids.length > 1)
    .map(([leg, ids]) => found('all', `Leg ${leg} takes ${ids.length} times from the budgets: ${ids.join(', ')}.`))
  const stray = spends
    .filter(({ intentId }) => !intents.some(({ id }) => id === intentId))
    .map(({ intentId, chain }) => found(chain, `The budgets count ${intentId}, which is no intent of the account.`))
  return [...missing, ...twice, ...stray]
}

function sumsOf(postings: readonly PostingRow[], keyOf: (posting: PostingRow) => string): Map<string, bigint> {
  const sums = new Map<string, bigint>()
  for (const posting of postings) sums.set(keyOf(posting), (sums.get(keyOf(posting)) ?? 0n) + posting.units)
  return sums
}
