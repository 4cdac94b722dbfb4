import type { z } from 'zod'
import type { cancelAnswer } from '../../interface/http/cancel-schema.js'
import type { costsAnswer } from '../../interface/http/costs-schema.js'
import type { cycleAnswer, cyclesAnswer, intentAnswer, intentsAnswer } from '../../interface/http/cycle-schema.js'
import type { driftAnswer } from '../../interface/http/drift-schema.js'
import type { investigatedAnswer } from '../../interface/http/investigation-schema.js'
import type { transferAnswer, transfersAnswer } from '../../interface/http/transfers-schema.js'

/** What the API answers, by the names that plan and history use. */
export type CyclesPage = z.output<typeof cyclesAnswer>
export type CycleLine = CyclesPage['cycles'][number]
export type Cycle = z.output<typeof cycleAnswer>
export type CycleOutcome = NonNullable<Cycle['outcome']>
export type DecisionCode = Cycle['decision']['code']
export type Leg = Cycle['legs'][number]
export type LegState = Leg['state']
export type PlannedLeg = NonNullable<Cycle['plan']>['legs'][number]
export type Cost = PlannedLeg['cost']
export type Intent = Cycle['intents'][number]
export type IntentState = Intent['state']
export type IntentDetail = z.output<typeof intentAnswer>
export type DecodedCall = IntentDetail['call']
export type Transfer = Cycle['transfers'][number]
export type TransferState = Transfer['state']
export type TransferDetail = z.output<typeof transferAnswer>
export type TransferEvent = TransferDetail['timeline'][number]['event']
export type IntentsPage = z.output<typeof intentsAnswer>
export type IntentLine = IntentsPage['intents'][number]
export type TransfersPage = z.output<typeof transfersAnswer>
export type TransferLine = TransfersPage['transfers'][number]
export type CancelOrdered = z.output<typeof cancelAnswer>
export type Investigated = z.output<typeof investigatedAnswer>
export type DriftPage = z.output<typeof driftAnswer>
export type DriftPoint = DriftPage['points'][number]
export type Costs = z.output<typeof costsAnswer>
export type CostGroup = Costs['groups'][number]
export type CostGrouping = Costs['by']
