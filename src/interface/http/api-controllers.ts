import type { Type } from '@nestjs/common'
import { AuditController } from './audit.controller.js'
import { BreakersController } from './breakers.controller.js'
import { CyclesController } from './cycles.controller.js'
import { DecisionsController } from './decisions.controller.js'
import { GreeksController } from './greeks.controller.js'
import { InflowsController } from './inflows.controller.js'
import { IntentsController } from './intents.controller.js'
import { LedgerController } from './ledger.controller.js'
import { LimitsController } from './limits.controller.js'
import { OperationsController } from './operations.controller.js'
import { OrdersController } from './orders.controller.js'
import { PortfoliosController } from './portfolios.controller.js'
import { ProposalsController } from './proposals.controller.js'
import { TargetsController } from './targets.controller.js'

/** Everything under /v1: what the daemon serves, what the OpenAPI document describes, and what the tests of the gate ask. */
export const API_CONTROLLERS: Type[] = [
  PortfoliosController,
  DecisionsController,
  GreeksController,
  TargetsController,
  LedgerController,
  InflowsController,
  CyclesController,
  IntentsController,
  BreakersController,
  LimitsController,
  OperationsController,
  ProposalsController,
  OrdersController,
  AuditController,
]
