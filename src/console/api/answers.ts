import type { z } from 'zod'
import type { chainsAnswer } from '../../interface/http/chains-schema.js'
import type { configAnswer } from '../../interface/http/config-schema.js'
import type { meAnswer } from '../../interface/http/me-schema.js'
import type { portfolioAnswer, portfoliosAnswer } from '../../interface/http/portfolio-schema.js'
import type { positionsAnswer } from '../../interface/http/positions-schema.js'
import type { pricesAnswer } from '../../interface/http/prices-schema.js'
import type { proposalSchema, proposalsAnswer } from '../../interface/http/proposals-wire.js'
import type { breakersAnswer, stateSchema, statesAnswer } from '../../interface/http/safety-schema.js'
import type { transfersAnswer } from '../../interface/http/transfers-schema.js'

/** What the API answers, by the names that the frame and the overview use. */
export type Me = z.output<typeof meAnswer>
export type AccessScope = Me['scopes'][number]
export type Portfolio = z.output<typeof portfolioAnswer>
export type Portfolios = z.output<typeof portfoliosAnswer>
export type State = z.output<typeof stateSchema>
export type OperatingLevel = State['state']
export type States = z.output<typeof statesAnswer>
export type Positions = z.output<typeof positionsAnswer>
export type Breakers = z.output<typeof breakersAnswer>
export type Breaker = Breakers['open'][number]
export type Proposal = z.output<typeof proposalSchema>
export type Proposals = z.output<typeof proposalsAnswer>
export type Prices = z.output<typeof pricesAnswer>
export type Chains = z.output<typeof chainsAnswer>
export type Transfers = z.output<typeof transfersAnswer>
export type EffectiveConfig = z.output<typeof configAnswer>
