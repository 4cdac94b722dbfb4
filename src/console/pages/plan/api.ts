import type { z } from 'zod'
import type { previewAnswer, previewBody } from '../../../interface/http/preview-schema.js'
import type { Cycle } from '../../api/cycles.js'

/** What the API answers and takes, by the names that these pages use. */
export type { Cost, Cycle, CyclesPage, Intent, IntentDetail, Leg, LegState, PlannedLeg } from '../../api/cycles.js'
export type Plan = NonNullable<Cycle['plan']>
export type Preview = z.output<typeof previewAnswer>
export type PreviewOrder = z.input<typeof previewBody>
