import { Controller, Get, type OnModuleDestroy, Query, Req, Res } from '@nestjs/common'
import type { Request, Response } from 'express'
import type { z } from 'zod'
import { Authenticate } from '../../application/authenticate.js'
import { FollowEvents, type Joined, type Listener, type Opening } from '../../application/follow-events.js'
import type { Principal } from '../../domain/access/principal.js'
import { Clock } from '../../ports/clock.js'
import { eventAsTold, type FeedEvent } from '../../ports/event-feed.js'
import { Caller } from './access/caller.js'
import { accountOf, bearerOf } from './access/request.js'
import { Route } from './access/route.js'
import { eventSchema, eventsQuery } from './events-schema.js'
import { timeText } from './figures.js'
import { Portfolios } from './portfolios.controller.js'
import { Problem } from './problem.js'
import { parseOrRefuse } from './wire.js'

const RETRY_MS = 1_000
const END_MS = 1_000

const RESETS = {
  expired: 'What came after this event is no longer kept. Read everything anew.',
  unknown: 'There is no such event. Read everything anew.',
} as const

@Controller('v1/events')
export class EventsController implements OnModuleDestroy {
  constructor(
    private readonly followEvents: FollowEvents,
    private readonly authenticate: Authenticate,
    private readonly portfolios: Portfolios,
    private readonly clock: Clock,
  ) {}

  @Get()
  @Route({
    scope: 'status:read',
    bucket: 'read',
    summary: 'What happens, as server-sent events',
    description:
      'Begins with `opened` and goes on until the credential or the daemon ends. Send the id of the last event as `Last-Event-ID` to go on after it; `reset` comes instead of `opened` where that cannot be done without a gap. Seven days are kept. A comment comes every 15 seconds.',
    query: eventsQuery,
    answer: eventSchema,
    isStream: true,
  })
  async stream(
    @Query() query: unknown,
    @Caller() caller: Principal,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const { portfolio, types, after } = parseOrRefuse(eventsQuery, query)
    if (portfolio !== undefined) this.portfolios.asked(portfolio)
    const wanted = types === undefined ? undefined : new Set(types.split(','))
    const listener = this.listenerOf(request, response, caller, (event) => {
      const isOfPortfolio = portfolio === undefined || event.portfolio === undefined || event.portfolio === portfolio
      return isOfPortfolio && (wanted === undefined || wanted.has(event.type))
    })
    let isGone = false
    let leave: (() => void) | undefined
    response.on('close', () => {
      isGone = true
      leave?.()
    })
    const joined = await this.followEvents.join(listener, request.header('last-event-id') || after)
    if (joined.status === 'refused') throw turnedAway(joined.code)
    leave = joined.leave
    if (isGone) leave()
    if (request.method === 'HEAD') response.end()
  }

  /** Before the server waits for its connections to end. */
  onModuleDestroy(): void {
    this.followEvents.end()
  }

  private listenerOf(
    request: Request,
    response: Response,
    caller: Principal,
    wants: (event: FeedEvent) => boolean,
  ): Listener {
    const credentials = { bearer: bearerOf(request), source: request.ip }
    const write = (text: string) => {
      if (!response.writableEnded && !response.destroyed) response.write(text)
    }
    return {
      account: accountOf(caller),
      expiresAt: caller.expiresAt,
      isAllowed: async () => {
        const found = await this.authenticate.run(credentials)
        return found.status === 'known' && found.principal.scopes.has('status:read')
      },
      wants,
      begin: (opening) => {
        response.writeHead(200, {
          'Content-Type': 'text/event-stream; charset=utf-8',
          'Cache-Control': 'no-store, no-transform',
          'X-Accel-Buffering': 'no',
        })
        write(`retry: ${RETRY_MS}\n${frameOf(opening.type, opening.position, openingWire(opening, this.clock.now()))}`)
      },
      send: (event) => write(eventFrame(event)),
      beat: () => write(': still here\n\n'),
      unsent: () => response.writableLength,
      taken: () => drained(response),
      end: () => {
        response.end()
        // Whoever does not take the end either is not waited for.
        setTimeout(() => response.destroy(), END_MS).unref()
      },
      cut: () => void response.destroy(),
    }
  }
}

type Told = z.output<typeof eventSchema>

function openingWire(opening: Opening, now: number): Told {
  const at = timeText(now)
  if (opening.type === 'opened') return { type: 'opened', at, isResumed: opening.isResumed }
  return { type: 'reset', at, reason: opening.reason, detail: RESETS[opening.reason] }
}

const frames = new WeakMap<FeedEvent, string>()

/** Made once for everybody who gets it. */
function eventFrame(event: FeedEvent): string {
  const known = frames.get(event)
  if (known !== undefined) return known
  const frame = frameOf(event.type, event.sequence, eventAsTold(event))
  frames.set(event, frame)
  return frame
}

/** JSON has no line breaks, so that all of it stands in one line. */
function frameOf(type: string, id: string, data: object): string {
  return `event: ${type}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`
}

function drained(response: Response): Promise<void> {
  return new Promise((resolve) => {
    if (response.writableEnded || response.destroyed) return resolve()
    response.once('close', resolve)
    // A comment, which nobody is told of: taken when everything before it is.
    response.write(':\n\n', () => {
      response.off('close', resolve)
      resolve()
    })
  })
}

function turnedAway(code: Extract<Joined, { status: 'refused' }>['code']): Problem {
  const retryAfter = 30
  if (code === 'ending') return new Problem(503, 'unavailable', 'The daemon is about to end.', [], { retryAfter: 5 })
  const why =
    code === 'full' ? 'This process has as many streams as it serves.' : 'You have as many streams open as one may.'
  return new Problem(429, 'rate-limited', `${why} Close one, or try again in ${retryAfter} s.`, [], { retryAfter })
}
