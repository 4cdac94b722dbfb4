import { Alertmanager } from './adapters/notifications/alertmanager.js'
import { SlackChannel } from './adapters/notifications/slack-channel.js'
import { WebhookChannel } from './adapters/notifications/webhook-channel.js'
import { EventObserver } from './adapters/observability/observer.js'
import { TraceIds } from './adapters/observability/traces/trace-ids.js'
import { NoTraces, Traces } from './adapters/observability/traces/traces.js'
import { PostgresOutbox } from './adapters/store/postgres-outbox.js'
import type { Parts } from './app.module.js'
import { AuditEvents } from './application/audit-events.js'
import { FollowEvents } from './application/follow-events.js'
import { type AlertSubscription, KeepAlerts } from './application/keep-alerts.js'
import { SendNotifications } from './application/send-notifications.js'
import { TellNews } from './application/tell-news.js'
import { TellUntold } from './application/tell-untold.js'
import { TripBreaker } from './application/trip-breaker.js'
import { VerifyAudit } from './application/verify-audit.js'
import type { Config } from './config/load.js'
import { secretTexts } from './config/secret-texts.js'
import { AuditLog } from './ports/audit-log.js'
import type { Channel } from './ports/channels.js'
import { Clock } from './ports/clock.js'
import { EventFeed } from './ports/event-feed.js'
import { Lease } from './ports/lease.js'
import { Observer, Observers } from './ports/observer.js'
import { Outbox } from './ports/outbox.js'
import { Proposals } from './ports/proposals.js'
import { Stopping } from './ports/stopping.js'
import { Store } from './ports/store.js'

/** What tells people and programs outside of what happens, and what looks whether the audit log says the truth. */
export function liveProviders({ config, database, build }: Parts) {
  const { file } = config
  return [
    { provide: Outbox, useFactory: () => new PostgresOutbox(database) },
    {
      provide: TellNews,
      useFactory: (feed: EventFeed, clock: Clock, observer: EventObserver) =>
        new TellNews({ feed, clock, observer, subscriptions: subscriptionsOf(config) }),
      inject: [EventFeed, Clock, EventObserver],
    },
    {
      provide: TellUntold,
      useFactory: (
        store: Store,
        proposals: Proposals,
        feed: EventFeed,
        news: TellNews,
        lease: Lease,
        clock: Clock,
        observer: Observer,
      ) => new TellUntold({ store, proposals, feed, news, lease, clock, observer }),
      inject: [Store, Proposals, EventFeed, TellNews, Lease, Clock, Observer],
    },
    {
      provide: AuditEvents,
      useFactory: (audit: AuditLog, clock: Clock, observer: EventObserver) =>
        new AuditEvents({ audit, clock, observer, build: build.version }),
      inject: [AuditLog, Clock, EventObserver],
    },
    {
      provide: Traces,
      useFactory: (clock: Clock, observer: EventObserver) => tracesOf(config, build.version, clock, observer),
      inject: [Clock, EventObserver],
    },
    {
      provide: Observer,
      useFactory: (...all: Observer[]) => new Observers(all),
      inject: [EventObserver, TellNews, AuditEvents, Traces],
    },
    {
      provide: FollowEvents,
      useFactory: (feed: EventFeed, clock: Clock, observer: Observer, { signal: stopping }: Stopping) =>
        new FollowEvents({ feed, clock, observer, stopping }),
      inject: [EventFeed, Clock, Observer, Stopping],
    },
    {
      provide: SendNotifications,
      useFactory: (outbox: Outbox, clock: Clock, observer: Observer) =>
        new SendNotifications({ outbox, clock, observer, channels: channelsOf(config), random: Math.random }),
      inject: [Outbox, Clock, Observer],
    },
    {
      provide: KeepAlerts,
      useFactory: (store: Store, proposals: Proposals, clock: Clock, observer: Observer) =>
        new KeepAlerts({
          subscriptions: alertSubscriptionsOf(config),
          portfolios: Object.keys(file.portfolios),
          store,
          proposals,
          clock,
          observer,
        }),
      inject: [Store, Proposals, Clock, Observer],
    },
    {
      provide: VerifyAudit,
      useFactory: (audit: AuditLog, tripBreaker: TripBreaker, store: Store, clock: Clock, observer: Observer) =>
        new VerifyAudit({ audit, tripBreaker, store, clock, observer }),
      inject: [AuditLog, TripBreaker, Store, Clock, Observer],
    },
  ]
}

/** What they are made with is loaded only where they are wanted. */
async function tracesOf(config: Config, version: string, clock: Clock, observer: Observer): Promise<Traces> {
  const { environment, traces } = config.file
  if (!traces) return new NoTraces()
  const { openTraces } = await import('./adapters/observability/traces/open-traces.js')
  const headers = config.secrets.tracesHeaders
  const secrets = secretTexts(config)
  const ids = new TraceIds(environment)
  return openTraces({ ids, clock, version, environment, secrets, observer, url: traces.url, headers })
}

function subscriptionsOf({ file }: Config) {
  return file.notifications.flatMap((one) =>
    one.kind === 'alertmanager' ? [] : [{ channel: one.name, on: one.on, portfolios: one.portfolios }],
  )
}

function channelsOf({ file, secrets }: Config): Channel[] {
  return file.notifications.flatMap(({ kind, name }): Channel[] => {
    const { url = '', signature = '' } = secrets.notificationSecrets[name] ?? {}
    if (kind === 'webhook') return [new WebhookChannel({ name, url, secret: signature })]
    return kind === 'slack' ? [new SlackChannel({ name, url, environment: file.environment })] : []
  })
}

function alertSubscriptionsOf({ file, secrets }: Config): AlertSubscription[] {
  const labels = { environment: file.environment }
  return file.notifications.flatMap((one) => {
    if (one.kind !== 'alertmanager') return []
    const { name, on, portfolios } = one
    const { url = '' } = secrets.notificationSecrets[name] ?? {}
    return [{ receiver: new Alertmanager({ name, url, labels }), on, portfolios }]
  })
}
