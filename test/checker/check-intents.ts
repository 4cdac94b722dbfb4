import { decodeFunctionData, zeroAddress, type Address } from 'viem'
import { tokenAbi } from './chain-abi.js'
import type { ChainRecord, SentTransaction } from './chain-record.js'
import { leftoverAllowances } from './check-chains.js'
import type { Finding, FindingKind } from './finding.js'
import type { AttemptRow, IntentRow, Rows } from './rows.js'

/** Whether the chain has called a transaction final for longer than the rows may lag behind. */
export function isOverdue({ finalizedBlock, finalizedAt }: ChainRecord, block: bigint, at: number, grace: number) {
  return block <= finalizedBlock && finalizedAt - at >= grace
}

export const isFinal = ({ state }: IntentRow) => state.startsWith('final_')
export const isLive = ({ state }: IntentRow) => state === 'reserved' || state === 'signed' || state === 'mined'

/** The intent of a nonce; a released one gave it back. */
export function ownerOf({ intents }: Rows, { chain }: ChainRecord, nonce: number): IntentRow | undefined {
  return intents.find((one) => one.chain === chain && one.nonce === nonce && one.state !== 'released')
}

/**
 * Holds every nonce the chain saw against its intent, and every intent that claims to have ended against the chain.
 * `grace` is how many seconds of chain time the rows may be behind a final block.
 */
export function checkIntents(records: readonly ChainRecord[], rows: Rows, grace: number): Finding[] {
  return [
    ...records.flatMap((record) => record.sent.flatMap((sent) => checkSent(record, sent, rows, grace))),
    ...records.flatMap((record) => checkClaims(record, rows)),
    ...checkTradesPerLeg(records, rows),
    ...records.flatMap((record) => checkAllowances(record, rows)),
  ]
}

function checkSent(record: ChainRecord, sent: SentTransaction, rows: Rows, grace: number): Finding[] {
  const { chain } = record
  const { hash, nonce } = sent
  const found = (kind: FindingKind, detail: string): Finding => ({ kind, chain, detail })
  const transaction = `Transaction ${hash} (nonce ${nonce})`
  const owners = rows.intents.filter((one) => one.chain === chain && one.nonce === nonce && one.state !== 'released')
  const [intent] = owners
  if (!intent) return [found('unknown-nonce', `${transaction} belongs to no intent.`)]
  if (owners.length > 1)
    return [found('shared-nonce', `${transaction} belongs to intents ${owners.map(({ id }) => id).join(' and ')}.`)]
  const attempts = rows.attempts.filter(({ intentId }) => intentId === intent.id)
  const attempt = attempts.find((one) => one.hash === hash)
  if (!attempt)
    return [
      found(
        'unknown-bytes',
        `${transaction} is none of the ${attempts.length} attempts of intent ${intent.id} (${intent.state}).`,
      ),
    ]
  const expected = endOf(attempt, sent)
  if (isFinal(intent) && intent.state !== expected)
    return [found('wrong-state', `Intent ${intent.id} is ${intent.state}; by ${transaction} it is ${expected}.`)]
  if (isFinal(intent)) return checkInclusion(record, sent, intent)
  if (!isLive(intent) || intent.state === 'reserved')
    return [found('wrong-state', `Intent ${intent.id} is ${intent.state}, but ${transaction} carries it out.`)]
  if (!isOverdue(record, sent.block, sent.minedAt, grace)) return []
  const detail = `Intent ${intent.id} is ${intent.state}; ${transaction} is final in block ${sent.block}, the chain's finalised one is ${record.finalizedBlock}.`
  return [found('stuck-intent', detail)]
}

function endOf({ payload }: AttemptRow, { isSuccess }: SentTransaction): string {
  if (payload === 'cancel') return 'final_cancelled'
  return isSuccess ? 'final_ok' : 'final_reverted'
}

/** What was written down about the receipt is what the chain has, to the base unit. */
function checkInclusion(record: ChainRecord, sent: SentTransaction, intent: IntentRow): Finding[] {
  const { inclusion } = intent
  const moved = record.movements.filter(({ hash }) => hash === sent.hash)
  const seen = factsOf(sent.hash, sent.blockHash, sent.isSuccess, sent.gasPaid, [
    ...moved,
    { token: zeroAddress, units: sent.coinMoved ?? 0n },
  ])
  const told = inclusion
    ? factsOf(inclusion.hash, inclusion.block.hash, inclusion.isSuccess, inclusion.gasPaid, inclusion.movements)
    : new Map<string, string>()
  const differing = [...new Set([...told.keys(), ...seen.keys()])].filter(
    (fact) => told.get(fact) !== seen.get(fact) && (fact !== zeroAddress || sent.coinMoved !== undefined),
  )
  if (differing.length === 0) return []
  const detail = differing
    .map(
      (fact) => `${fact} is ${told.get(fact) ?? 'missing'} in the row and ${seen.get(fact) ?? 'missing'} on the chain`,
    )
    .join('; ')
  return [{ kind: 'wrong-inclusion', chain: record.chain, detail: `Intent ${intent.id}: ${detail}.` }]
}

/** What a receipt shows, by name; what moved under the token's address. */
function factsOf(
  hash: string,
  block: string,
  isSuccess: boolean,
  gasPaid: bigint,
  movements: readonly { readonly token: Address; readonly units: bigint }[],
): Map<string, string> {
  const sums = new Map<string, bigint>()
  for (const { token, units } of movements) {
    const key = token.toLowerCase()
    sums.set(key, (sums.get(key) ?? 0n) + units)
  }
  return new Map([
    ['hash', hash],
    ['block', block],
    ['success', String(isSuccess)],
    ['gas', String(gasPaid)],
    ...[...sums].filter(([, units]) => units !== 0n).map(([token, units]) => [token, String(units)] as const),
  ])
}

/** Intents that say more than the chain does. */
function checkClaims({ chain, baseline, sent }: ChainRecord, rows: Rows): Finding[] {
  return rows.intents
    .filter((intent) => intent.chain === chain && intent.nonce >= baseline.nonce)
    .flatMap((intent): Finding[] => {
      if (isFinal(intent) && !sent.some(({ nonce }) => nonce === intent.nonce)) {
        const detail = `Intent ${intent.id} is ${intent.state}, but the chain never saw its nonce ${intent.nonce}.`
        return [{ kind: 'wrong-state', chain, detail }]
      }
      const signatures =
        rows.attempts.filter(({ intentId }) => intentId === intent.id).length +
        rows.journal.filter(({ intentId }) => intentId === intent.id).length
      if (intent.state === 'released' && signatures > 0) {
        const detail = `Intent ${intent.id} gave nonce ${intent.nonce} back although something was signed for it.`
        return [{ kind: 'wrong-state', chain, detail }]
      }
      return []
    })
}

/** A leg's money moves once. */
function checkTradesPerLeg(records: readonly ChainRecord[], rows: Rows): Finding[] {
  const trades = new Map<string, string[]>()
  for (const record of records)
    for (const { hash, nonce, isSuccess, call } of record.sent) {
      const leg = ownerOf(rows, record, nonce)?.legId
      if (!isSuccess || call.type !== 'spend' || !leg) continue
      trades.set(leg, [...(trades.get(leg) ?? []), `${hash} on ${record.chain}`])
    }
  return [...trades]
    .filter(([, hashes]) => hashes.length > 1)
    .map(([leg, hashes]) => ({
      kind: 'double-spend',
      chain: 'all',
      detail: `Leg ${leg} traded ${hashes.length} times: ${hashes.join(', ')}.`,
    }))
}

/** An allowance stands only while the leg it was given for, or what takes it back, is under way. */
function checkAllowances(record: ChainRecord, rows: Rows): Finding[] {
  const ended = new Set(
    rows.legs.filter(({ state }) => ['done', 'failed', 'skipped'].includes(state)).map(({ id }) => id),
  )
  const standing = record.allowances.filter(({ token, spender }) => {
    const given = rows.intents.filter(
      (intent) =>
        intent.chain === record.chain && intent.call.to.toLowerCase() === token && spenderIn(intent) === spender,
    )
    return !given.some((intent) => (intent.legId === null ? isLive(intent) : !ended.has(intent.legId)))
  })
  return leftoverAllowances({ ...record, allowances: standing })
}

function spenderIn({ call }: IntentRow): string | undefined {
  try {
    const { functionName, args } = decodeFunctionData({ abi: tokenAbi, data: call.data })
    return functionName === 'approve' ? args[0].toLowerCase() : undefined
  } catch {
    return undefined
  }
}
