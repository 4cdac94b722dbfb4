import type { CancelAnswer } from '../../application/cancel-intent.js'
import type { CancelOrder } from '../../domain/execution/cancel-order.js'
import { timeText } from './figures.js'
import { Problem } from './problem.js'

export function cancelOrderWire({ by, reason, at }: CancelOrder) {
  return { by, reason, orderedAt: timeText(at) }
}

/** Why a cancel is refused. */
export function notCancelled(id: string, answer: Exclude<CancelAnswer, { status: 'ordered' }>): Problem {
  return answer.status === 'refused'
    ? new Problem(409, 'conflict', answer.reason)
    : new Problem(404, 'not-found', `No intent ${JSON.stringify(id)}; GET /v1/intents lists them.`)
}
