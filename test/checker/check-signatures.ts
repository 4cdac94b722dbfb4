import { isAddressEqual, keccak256, parseTransaction, recoverTransactionAddress } from 'viem'
import type { ChainRecord } from './chain-record.js'
import type { Finding, FindingKind } from './finding.js'
import type { AttemptRow, IntentRow, JournalRow, Rows } from './rows.js'

/** Replacements of one payload that a build may sign when nothing else is said. */
export const usualReplacements = 8

/**
 * Holds every signature against the rules of a nonce: bytes that say what the intent says, one payload of each class,
 * every signature journaled, no more signatures than replacements explain, and leases in order.
 */
export async function checkSignatures(
  records: readonly ChainRecord[],
  rows: Rows,
  replacements: number,
): Promise<Finding[]> {
  const bytes = await Promise.all(
    rows.attempts.map(async (attempt): Promise<Finding[]> => {
      const intent = rows.intents.find(({ id }) => id === attempt.intentId)!
      const chainId = records.find(({ chain }) => chain === intent.chain)?.chainId
      const why = await wrongBytes(rows, intent, attempt, chainId)
      const detail = `Attempt ${attempt.ordinal} of intent ${intent.id} (nonce ${intent.nonce}): ${why}.`
      return why === undefined ? [] : [{ kind: 'wrong-bytes', chain: intent.chain, detail }]
    }),
  )
  return [
    ...bytes.flat(),
    ...checkJournaled(records, rows),
    ...checkPayloads(records, rows),
    ...checkNumbers(records, rows, replacements),
    ...checkEpochs(rows),
  ]
}

async function wrongBytes(
  { account }: Rows,
  { call, nonce }: IntentRow,
  { raw, hash, payload }: AttemptRow,
  chainId: number | undefined,
): Promise<string | undefined> {
  if (keccak256(raw) !== hash) return `its bytes hash to ${keccak256(raw)}, its row says ${hash}`
  const signed = parseTransaction(raw)
  const signer = await recoverTransactionAddress({
    serializedTransaction: raw as Parameters<typeof recoverTransactionAddress>[0]['serializedTransaction'],
  })
  const said = payload === 'cancel' ? { to: account, data: '0x', value: 0n } : call
  if (!isAddressEqual(signer, account)) return `it is signed by ${signer}`
  if (chainId !== undefined && signed.chainId !== chainId) return `it is signed for chain id ${signed.chainId}`
  if ((signed.nonce ?? 0) !== nonce) return `it is signed for nonce ${signed.nonce ?? 0}`
  if (!signed.to || !isAddressEqual(signed.to, said.to)) return `it calls ${signed.to}, its ${payload} calls ${said.to}`
  if ((signed.data ?? '0x') !== said.data) return `its calldata is not that of the ${payload}`
  if ((signed.value ?? 0n) !== said.value)
    return `it sends ${signed.value ?? 0n} wei, its ${payload} sends ${said.value}`
  return undefined
}

function checkJournaled(records: readonly ChainRecord[], rows: Rows): Finding[] {
  return rows.attempts.flatMap((attempt): Finding[] => {
    const { id, chain, nonce } = rows.intents.find((one) => one.id === attempt.intentId)!
    const chainId = records.find((one) => one.chain === chain)?.chainId
    const isJournaled = rows.journal.some(
      (entry) =>
        entry.chainId === chainId &&
        entry.nonce === nonce &&
        entry.payload === attempt.payload &&
        entry.maxFeePerGas === attempt.maxFeePerGas &&
        entry.maxPriorityFeePerGas === attempt.maxPriorityFeePerGas,
    )
    if (isJournaled) return []
    const detail = `The journal has no ${attempt.payload} of nonce ${nonce} at ${attempt.maxFeePerGas} wei per gas, attempt ${attempt.ordinal} of intent ${id}.`
    return [{ kind: 'unjournaled', chain, detail }]
  })
}

/** Signatures of one (chain, nonce), with what they were for. */
function noncesIn(records: readonly ChainRecord[], { journal }: Rows) {
  const groups = new Map<string, { chain: string; nonce: number; entries: JournalRow[] }>()
  for (const entry of journal) {
    const chain = records.find(({ chainId }) => chainId === entry.chainId)?.chain ?? `chain id ${entry.chainId}`
    const key = `${chain} ${entry.nonce}`
    const group = groups.get(key) ?? { chain, nonce: entry.nonce, entries: [] }
    group.entries.push(entry)
    groups.set(key, group)
  }
  return [...groups.values()]
}

/** One step and one cancel at most were ever signed for a nonce. */
function checkPayloads(records: readonly ChainRecord[], rows: Rows): Finding[] {
  return noncesIn(records, rows).flatMap(({ chain, nonce, entries }) =>
    ['step', 'cancel'].flatMap((payload): Finding[] => {
      const digests = new Set(entries.filter((entry) => entry.payload === payload).map(({ digest }) => digest))
      if (digests.size <= 1) return []
      const detail = `${digests.size} different payloads were signed as ${payload} of nonce ${nonce}: ${[...digests].join(', ')}.`
      return [{ kind: 'second-payload', chain, detail }]
    }),
  )
}

/**
 * Each class of a nonce has its first signature and its replacements. A process that dies between the journal and the row
 * loses one signature, so that each lease may explain one more in the journal than there are attempts.
 */
function checkNumbers(records: readonly ChainRecord[], rows: Rows, replacements: number): Finding[] {
  const found = (chain: string, detail: string): Finding => ({
    kind: 'too-many-signatures' satisfies FindingKind,
    chain,
    detail,
  })
  const attempted = rows.intents.flatMap((intent) =>
    ['step', 'cancel'].flatMap((payload): Finding[] => {
      const count = rows.attempts.filter((one) => one.intentId === intent.id && one.payload === payload).length
      if (count <= replacements + 1) return []
      const detail = `Intent ${intent.id} (nonce ${intent.nonce}) has ${count} signatures as ${payload}; ${replacements} replacements explain ${replacements + 1}.`
      return [found(intent.chain, detail)]
    }),
  )
  const lost = noncesIn(records, rows).flatMap(({ chain, nonce, entries }): Finding[] => {
    const distinct = new Set(entries.map((one) => `${one.payload} ${one.maxFeePerGas} ${one.maxPriorityFeePerGas}`))
    const leases = new Set(entries.map(({ epoch }) => epoch))
    const ids = new Set(entries.map(({ intentId }) => intentId))
    const attempts = rows.attempts.filter(({ intentId }) => ids.has(intentId)).length
    if (distinct.size <= attempts + leases.size) return []
    const detail = `The journal has ${distinct.size} signatures of nonce ${nonce}; ${attempts} attempts under ${leases.size} leases explain ${attempts + leases.size}.`
    return [found(chain, detail)]
  })
  return [...attempted, ...lost]
}

function checkEpochs({ journal, events, leaseEpoch, signerEpoch }: Rows): Finding[] {
  const found = (detail: string): Finding => ({ kind: 'epoch-went-back', chain: 'all', detail })
  const backwards = (name: string, list: readonly { readonly epoch: number; readonly intentId: string }[]) =>
    list.flatMap(({ epoch, intentId }, index): Finding[] => {
      const before = list[index - 1]
      if (before === undefined || before.epoch <= epoch) return []
      return [found(`${name} of intent ${intentId} is of lease ${epoch}, after one of lease ${before.epoch}.`)]
    })
  const highest = Math.max(0, signerEpoch, ...journal.map(({ epoch }) => epoch), ...events.map(({ epoch }) => epoch))
  return [
    ...backwards('A signature', journal),
    ...backwards('An event', events),
    ...(highest > leaseEpoch ? [found(`Lease ${highest} was written under; the lease row is at ${leaseEpoch}.`)] : []),
  ]
}
