import type { Proposal } from '../../api/answers.js'
import type { Tone } from '../../parts/badges.js'
import { amountFigure } from '../../parts/figures.js'
import type { Plan, PlannedLeg } from './api.js'

interface Words {
  readonly label: string
  readonly tone: Tone
}

export const PROPOSALS: Readonly<Record<Proposal['state'], Words>> = {
  open: { label: 'Waits for approval', tone: 'warn' },
  approved: { label: 'Approved', tone: 'busy' },
  rejected: { label: 'Rejected', tone: 'bad' },
  void: { label: 'Void', tone: 'quiet' },
  used: { label: 'Approved and begun', tone: 'good' },
  expired: { label: 'Expired', tone: 'quiet' },
}

export const METHODS: Readonly<Record<Plan['method'], string>> = {
  milp: 'the optimiser',
  rounding: 'the optimiser, rounded',
  'water-filling': 'water-filling',
  greedy: 'best single routes',
}

export const KINDS: Readonly<Record<PlannedLeg['kind'], string>> = { swap: 'Swap', bridge: 'Bridge' }

type Titled = Pick<PlannedLeg['sell'], 'chain' | 'symbol' | 'amount'>
type TitledLeg = Pick<PlannedLeg, 'kind'> & { readonly sell: Titled; readonly expectedOut: Titled }

/** One leg in a line: `Swap 85.96 WETH for 303,346.3 USDC on cove`. */
export function legTitle({ kind, sell, expectedOut }: TitledLeg): string {
  const [out, back] = [sell, expectedOut].map(({ amount, symbol }) => amountFigure(amount, symbol).readable)
  return kind === 'swap'
    ? `Swap ${out} for ${back} on ${sell.chain}`
    : `Bridge ${out} from ${sell.chain} to ${expectedOut.chain}, where ${back} arrive`
}
