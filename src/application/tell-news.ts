import type { Event } from '../domain/events.js'
import type { News } from '../domain/news/news.js'
import { NewsDesk } from '../domain/news/news-desk.js'
import { noticeKeyOf, type NoticeKind, noticeKindOf } from '../domain/news/notice.js'
import type { Clock } from '../ports/clock.js'
import type { EventFeed, NewEvent } from '../ports/event-feed.js'
import { Observer } from '../ports/observer.js'
import { WriteBehind } from './write-behind.js'

/** What a channel wants to hear of. */
export interface Subscription {
  readonly channel: string
  readonly on: readonly NoticeKind[]
  /** Undefined for all; what is of no portfolio is for everybody. */
  readonly portfolios: readonly string[] | undefined
}

/**
 * Writes what is news into the feed, together with the messages to be sent of it. Events stand in the feed in the order in
 * which they happened, as far as one process tells them; a process that dies takes with it what it has not written yet.
 */
export class TellNews extends Observer {
  private readonly desk = new NewsDesk()
  private readonly behind: WriteBehind<NewEvent>

  constructor(
    private readonly deps: {
      feed: EventFeed
      subscriptions: readonly Subscription[]
      clock: Clock
      /** Must not lead back to here. */
      observer: Observer
    },
  ) {
    super()
    const { feed, clock, observer } = deps
    this.behind = new WriteBehind({
      what: 'writing the feed of events',
      place: 'feed',
      write: (events) => feed.append(events),
      gapOf: (count) => this.eventOf({ type: 'events-dropped', portfolio: undefined, data: { count } }, clock.now()),
      clock,
      observer,
    })
  }

  override notify(event: Event): void {
    const { clock, observer } = this.deps
    try {
      const at = clock.now()
      for (const news of this.desk.newsOf(event, at)) this.behind.add(this.eventOf(news, at))
    } catch (error) {
      observer.notify({ type: 'failed', what: `telling of ${event.type}`, isRetried: false, error })
    }
  }

  settled(signal: AbortSignal): Promise<void> {
    return this.behind.settled(signal)
  }

  private eventOf(news: News, at: number): NewEvent {
    const { type, portfolio, data } = news
    const kind = noticeKindOf(news)
    const isWanted = ({ on, portfolios }: Subscription) =>
      kind !== undefined &&
      on.includes(kind) &&
      (portfolio === undefined || portfolios === undefined || portfolios.includes(portfolio))
    const key = noticeKeyOf(news)
    const messages = this.deps.subscriptions.filter(isWanted).map(({ channel }) => ({ channel, key }))
    return { at, type, portfolio, data: { ...data }, messages }
  }
}
