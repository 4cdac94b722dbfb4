import type { CycleLine, CycleOutcome } from '../../api/cycles.js'
import { OUTCOMES, outcomeWords } from '../../parts/words.js'

/** What a reader wants to see of the cycles. */
export interface Choice {
  /** Undefined for every outcome; null for those that run. */
  readonly outcome: CycleOutcome | null | undefined
  readonly mode: CycleLine['mode'] | undefined
  readonly isTradedOnly: boolean
}

export const EVERYTHING: Choice = { outcome: undefined, mode: undefined, isTradedOnly: false }

/** Whether it set out to change anything: it is live and has legs. */
export function hasTraded({ mode, legs }: CycleLine): boolean {
  return mode === 'live' && legs > 0
}

/** The one line that says why a cycle did what it did: how its first reason begins. The cycle shows all of them. */
export function whyLine({ outcome, reasons }: Pick<CycleLine, 'outcome' | 'reasons'>): string {
  const [first, ...others] = reasons
  if (first === undefined) return outcomeWords(outcome).meaning
  const sentence = /^.+?[.!?](?=\s+\p{Lu})/u.exec(first)?.[0] ?? first
  return others.length === 0 ? sentence : `${sentence} (+${others.length} more)`
}

const RUNS = 'running'

/** What the API chooses by. */
export function choiceToQuery({ outcome, mode }: Choice): Record<string, string> {
  return { ...(outcome !== undefined && { outcome: outcome ?? RUNS }), ...(mode !== undefined && { mode }) }
}

/** A choice as the parameters of an address, without what is not chosen. */
export function choiceToParams(choice: Choice): Record<string, string> {
  return { ...choiceToQuery(choice), ...(choice.isTradedOnly && { traded: 'yes' }) }
}

/** The choice that an address names; what it does not know is not chosen. */
export function choiceOfParams(params: URLSearchParams): Choice {
  const outcome = params.get('outcome')
  const mode = params.get('mode')
  return {
    outcome: outcome === RUNS ? null : isOutcome(outcome) ? outcome : undefined,
    mode: mode === 'live' || mode === 'dry-run' ? mode : undefined,
    isTradedOnly: params.get('traded') === 'yes',
  }
}

function isOutcome(text: string | null): text is CycleOutcome {
  return text !== null && Object.hasOwn(OUTCOMES, text)
}
