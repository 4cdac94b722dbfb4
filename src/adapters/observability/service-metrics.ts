import type { Registry } from 'prom-client'
import { PROPOSAL_KINDS } from '../../domain/access/proposal.js'
import { type Event, QUERY_OPERATIONS } from '../../domain/events.js'
import { FILLING_CAPS } from '../../domain/policy/cap-use.js'
import { ratioToNumber } from '../../domain/units/ratio.js'
import { ANSWER_BUCKETS, combine, metricMakers, REQUEST_BUCKETS } from './metric-makers.js'
import { labelOf, type MetricLabels, OTHER } from './metrics.js'

type EventOf<T extends Event['type']> = Extract<Event, { type: T }>

/** Connections to the database, at this moment. */
export interface PoolStanding {
  readonly idle: number
  readonly inUse: number
  /** Statements that wait for a connection. */
  readonly waiting: number
}

const REQUEST_OUTCOMES = ['ok', 'denied', 'conflict', 'invalid', 'rate_limited', 'error'] as const
const METHODS: readonly string[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** What is asked of the admin port and of the database, what waits for people, and how full the caps are. */
export class ServiceMetrics {
  private readonly metrics: ReturnType<typeof createServiceMetrics>

  constructor(
    registry: Registry,
    private readonly labels: MetricLabels,
    connections: (() => Readonly<Record<string, PoolStanding>>) | undefined,
  ) {
    this.metrics = createServiceMetrics(registry, labels, connections)
  }

  requestAnswered({ method, route, action, status, seconds }: EventOf<'request-answered'>): void {
    const known = action !== undefined && this.labels.actions.includes(action) ? action : OTHER
    this.metrics.adminRequests.inc({ action: known, outcome: outcomeOf(status) })
    this.metrics.httpDuration.observe(
      { method: methodOf(method), route: route ?? OTHER, status: `${Math.floor(status / 100)}xx` },
      seconds,
    )
  }

  queried({ operation, seconds }: EventOf<'queried'>): void {
    this.metrics.queryDuration.observe({ operation }, seconds)
  }

  proposalsCounted({ open }: EventOf<'proposals-counted'>): void {
    for (const kind of PROPOSAL_KINDS) this.metrics.approvalsPending.set({ kind }, open[kind])
  }

  capsRead({ portfolio, use, dayLoss }: EventOf<'caps-read'>): void {
    for (const cap of FILLING_CAPS)
      this.metrics.budgetUsed.set({ portfolio, budget: labelOf(cap) }, ratioToNumber(use[cap]))
    this.metrics.dailyLoss.set({ portfolio }, ratioToNumber(dayLoss))
  }

  /** Another process counts now. */
  stoodDown(): void {
    for (const gauge of [this.metrics.approvalsPending, this.metrics.budgetUsed, this.metrics.dailyLoss]) gauge.reset()
  }
}

/** The head of an answer is asked for as the answer is. */
function methodOf(method: string): string {
  if (method === 'HEAD') return 'GET'
  return METHODS.includes(method) ? method : OTHER
}

function outcomeOf(status: number): (typeof REQUEST_OUTCOMES)[number] {
  if (status < 400) return 'ok'
  if (status === 401 || status === 403) return 'denied'
  if (status === 409 || status === 412 || status === 422) return 'conflict'
  if (status === 429) return 'rate_limited'
  return status < 500 ? 'invalid' : 'error'
}

function createServiceMetrics(
  registry: Registry,
  labels: MetricLabels,
  connections: (() => Readonly<Record<string, PoolStanding>>) | undefined,
) {
  const { gauge, counter, histogram } = metricMakers(registry)
  const { histogram: bareHistogram } = metricMakers(registry, '')
  gauge(
    'db_pool_connections',
    'Connections to the database, and statements that wait for one: of the pool for work, and of that for reads over the admin API.',
    ['pool', 'state'],
    (self) => {
      for (const [pool, { idle, inUse, waiting }] of Object.entries(connections?.() ?? {})) {
        self.set({ pool, state: 'idle' }, idle)
        self.set({ pool, state: 'in_use' }, inUse)
        self.set({ pool, state: 'waiting' }, waiting)
      }
    },
  )
  return {
    adminRequests: counter(
      'admin_requests_total',
      'Requests to the admin port by what the audit log calls them; read for those that change nothing.',
      ['action', 'outcome'],
      combine({ action: [...labels.actions, OTHER], outcome: REQUEST_OUTCOMES }),
    ),
    httpDuration: bareHistogram(
      'http_request_duration_seconds',
      'Time to the whole answer of the admin port, by pattern of the path and class of the status; streams excepted.',
      ['method', 'route', 'status'],
      REQUEST_BUCKETS,
      [],
    ),
    queryDuration: histogram(
      'db_query_duration_seconds',
      'Time to the answer of the database by kind of statement, without the wait for a connection.',
      ['operation'],
      ANSWER_BUCKETS,
      combine({ operation: QUERY_OPERATIONS }),
    ),
    approvalsPending: gauge(
      'approvals_pending',
      'Proposals of a kind, plan, resume, cancel, investigation or inflow, that wait for a person and have not expired.',
      ['kind'],
    ),
    budgetUsed: gauge('budget_used_ratio', 'Use of a cap, of 1; of several alike the fullest.', [
      'portfolio',
      'budget',
    ]),
    dailyLoss: gauge(
      'daily_loss_ratio',
      'Losses of the last 24 hours against decision prices over net value, gas aside.',
      ['portfolio'],
    ),
  }
}
