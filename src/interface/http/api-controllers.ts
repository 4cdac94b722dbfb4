import type { Type } from '@nestjs/common'
import { AuditController } from './audit.controller.js'
import { BreakersController } from './breakers.controller.js'
import { ChainsController } from './chains.controller.js'
import { CostsController } from './costs.controller.js'
import { CyclesController } from './cycles.controller.js'
import { DecisionsController } from './decisions.controller.js'
import { DriftController } from './drift.controller.js'
import { EventsController } from './events.controller.js'
import { GreeksController } from './greeks.controller.js'
import { InflowsController } from './inflows.controller.js'
import { IntentsController } from './intents.controller.js'
import { LedgerController } from './ledger.controller.js'
import { LimitsController } from './limits.controller.js'
import { MeController } from './me.controller.js'
import { OperationsController } from './operations.controller.js'
import { OrdersController } from './orders.controller.js'
import { PortfoliosController } from './portfolios.controller.js'
import { PositionsController } from './positions.controller.js'
import { PreviewsController } from './previews.controller.js'
import { PricesController } from './prices.controller.js'
import { ProposalsController } from './proposals.controller.js'
import { TargetsController } from './targets.controller.js'
import { TransfersController } from './transfers.controller.js'
import { VersionController } from './version.controller.js'

/** Everything under /v1: what the daemon serves, what the OpenAPI document describes, and what the tests of the gate ask. */
export const API_CONTROLLERS: Type[] = [
  MeController,
  VersionController,
  PortfoliosController,
  PositionsController,
  DriftController,
  CostsController,
  DecisionsController,
  GreeksController,
  TargetsController,
  LedgerController,
  InflowsController,
  CyclesController,
  IntentsController,
  TransfersController,
  PricesController,
  ChainsController,
  BreakersController,
  LimitsController,
  OperationsController,
  ProposalsController,
  OrdersController,
  PreviewsController,
  AuditController,
  EventsController,
]
