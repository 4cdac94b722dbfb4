import type { Address } from 'viem'
import type { ChainRecord, EscrowEvent } from './chain-record.js'
import { isOverdue } from './check-intents.js'
import type { Finding, FindingKind } from './finding.js'
import type { AmountDocument, Rows, TransferRow } from './rows.js'

export const hasEnded = ({ state }: TransferRow) => ['full', 'short', 'other_token', 'refunded'].includes(state)

/**
 * Holds every crossing against the events of the bridges' contracts: what left, what came out where, and that both are of
 * the same transfer. What is neither there nor back must still be booked as in flight.
 */
export function checkTransfers(records: readonly ChainRecord[], rows: Rows, grace: number): Finding[] {
  return [
    ...checkBegun(records, rows, grace),
    ...rows.transfers.flatMap((transfer) => checkTransfer(records, transfer, grace)),
    ...checkInFlight(rows),
  ]
}

/** Every sending transaction that is final has its transfer. */
function checkBegun(records: readonly ChainRecord[], { intents, transfers }: Rows, grace: number): Finding[] {
  return intents.flatMap((intent): Finding[] => {
    if (intent.kind !== 'bridge' || intent.state !== 'final_ok') return []
    if (transfers.some(({ id }) => id === intent.legId)) return []
    const record = records.find(({ chain }) => chain === intent.chain)
    const sent = record?.sent.find(({ nonce }) => nonce === intent.nonce)
    if (!record || !sent || !isOverdue(record, sent.block, sent.minedAt, grace)) return []
    const detail = `Intent ${intent.id} sent to a bridge by ${sent.hash}, and leg ${intent.legId} has no transfer.`
    return [{ kind: 'transfer-missing', chain: intent.chain, detail }]
  })
}

function checkTransfer(records: readonly ChainRecord[], transfer: TransferRow, grace: number): Finding[] {
  const { id, origin, originHash, sent, arrivals, state, bridge } = transfer
  const found = (kind: FindingKind, chain: string, detail: string): Finding => ({
    kind,
    chain,
    detail: `Transfer ${id}: ${detail}.`,
  })
  const home = records.find(({ chain }) => chain === origin)
  if (!home?.sent.some(({ hash }) => hash === originHash))
    return home && home.baseline.nonce > 0
      ? []
      : [found('transfer-wrong', origin, `the account never sent its transaction ${originHash}`)]
  const deposit = home.escrow.find(({ hash, type }) => hash === originHash && type === 'Deposited')
  if (!deposit || deposit.bridge !== bridge)
    return [found('transfer-wrong', origin, `${originHash} paid nothing into ${bridge}`)]
  const payouts = payoutsOf(records, deposit)
  const left = home.movements
    .filter(({ hash, token }) => hash === originHash && token === addressOf(sent))
    .reduce((sum, { units }) => sum - units, 0n)
  const returned = payouts.filter(({ type }) => type === 'Refunded').reduce((sum, { amount }) => sum + amount, 0n)
  const said = new Set(
    arrivals.map(({ chain, hash, amount }) => `${amount.units} of ${addressOf(amount)} on ${chain} by ${hash}`),
  )
  const seen = new Set(payouts.map(({ chain, hash, amount, token }) => `${amount} of ${token} on ${chain} by ${hash}`))
  const end = endOf(transfer, payouts)
  return [
    ...(left === sent.units
      ? []
      : [found('transfer-unbalanced', origin, `the row says ${sent.units} left, the chain ${left}`)]),
    ...(returned <= deposit.amount
      ? []
      : [found('transfer-unbalanced', origin, `${deposit.amount} was deposited and ${returned} came back`)]),
    ...[...said]
      .filter((arrival) => hasEnded(transfer) && !seen.has(arrival))
      .map((arrival) => found('transfer-wrong', origin, `${bridge} never paid out ${arrival}, as the row says`)),
    ...payouts
      .filter(({ hash }) => !arrivals.some((arrival) => arrival.hash === hash && arrival.finalAt !== null))
      .filter(({ record, block, minedAt }) => hasEnded(transfer) || isOverdue(record, block, minedAt, grace))
      .map(({ chain, hash }) =>
        found('stuck-transfer', chain, `${hash} paid it out, and the ${state} row has not booked it`),
      ),
    ...(!hasEnded(transfer) || end === state
      ? []
      : [found('transfer-wrong', origin, `it is ${state}; by what ${bridge} paid out it is ${end}`)]),
  ]
}

const addressOf = ({ token }: AmountDocument) => token.address.toLowerCase() as Address

type PaidOut = EscrowEvent & { readonly chain: string; readonly record: ChainRecord }

/** Everything the bridge paid out for a deposit, there and back. */
function payoutsOf(records: readonly ChainRecord[], { bridge, transferId }: EscrowEvent): PaidOut[] {
  return records.flatMap((record) =>
    record.escrow
      .filter((event) => event.type !== 'Deposited' && event.bridge === bridge && event.transferId === transferId)
      .map((event) => ({ ...event, chain: record.chain, record })),
  )
}

function endOf({ minimum }: TransferRow, payouts: readonly PaidOut[]): string {
  const isExpected = ({ chain, token }: PaidOut) => chain === minimum.token.chain && token === addressOf(minimum)
  const delivered = payouts.filter(({ type }) => type === 'Delivered')
  const came = delivered.filter(isExpected).reduce((sum, { amount }) => sum + amount, 0n)
  if (came >= minimum.units) return 'full'
  if (delivered.length < payouts.length) return 'refunded'
  if (payouts.length === 0) return 'in flight'
  return delivered.every(isExpected) ? 'short' : 'other_token'
}

/** What the ledger has in flight is what left in crossings that have not ended: sent = received + returned + fees + in flight. */
function checkInFlight({ postings, transfers, intents }: Rows): Finding[] {
  const sums = new Map<string, bigint>()
  const add = (chain: string, token: string, units: bigint) => {
    const place = `${chain} ${token.toLowerCase()}`
    sums.set(place, (sums.get(place) ?? 0n) + units)
  }
  for (const { book, account, chain, token, units } of postings)
    if (book === 'final' && account.startsWith('in_flight:')) add(chain, token, units)
  for (const transfer of transfers)
    if (!hasEnded(transfer)) add(transfer.origin, transfer.sent.token.address, -transfer.sent.units)
  for (const intent of intents) {
    const isUnwritten = !transfers.some(({ id }) => id === intent.legId)
    if (intent.kind !== 'bridge' || intent.state !== 'final_ok' || !isUnwritten) continue
    for (const { token, units } of intent.inclusion?.movements ?? []) add(intent.chain, token, units)
  }
  return [...sums]
    .filter(([, units]) => units !== 0n)
    .map(([place, units]) => ({
      kind: 'transfer-unbalanced',
      chain: place.split(' ')[0]!,
      detail: `The ledger has ${units} more of ${place.split(' ')[1]} in flight than the open crossings explain.`,
    }))
}
