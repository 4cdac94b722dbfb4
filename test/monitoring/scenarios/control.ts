import { setTimeout as sleep } from 'node:timers/promises'
import { runDaemonCommand } from '../../support/daemon-process.js'
import { until } from '../../support/until.js'
import { startReceiver } from '../receiver.js'
import type { Scenario } from '../scenario.js'

const reason = 'A scenario wants it.'

export const control: readonly Scenario[] = [
  {
    name: 'one replica leads, one stands by, the market is calm',
    alerts: [{ alert: 'EvenkeelWatchdog', labels: { severity: 'none' } }],
    quietFor: 45,
    async play(stage) {
      await stage.start()
      await stage.start(undefined, { place: 'b' })
      await stage.silent('EvenkeelDown')
      stage.cause()
    },
  },
  {
    name: 'the only daemon is killed',
    alerts: [{ alert: 'EvenkeelDown' }],
    async play(stage) {
      await stage.start()
      await stage.silent('EvenkeelDown')
      stage.cause()
      await stage.kill()
    },
    async cure(stage) {
      await stage.start()
    },
  },
  {
    name: 'the leader dies, and the standby has to wait for its lease to run out',
    alerts: [{ alert: 'EvenkeelNoLeaseHolder' }],
    async play(stage) {
      const slow = { ttlSeconds: 60, renewSeconds: 5, selfFenceSeconds: 40 }
      await stage.start((file) => (file.lease = slow))
      await stage.start((file) => (file.lease = slow), { place: 'b' })
      stage.cause()
      await stage.kill('a')
    },
    // The lease runs out by itself.
    cure: () => Promise.resolve(),
  },
  {
    name: 'a second installation with a database of its own serves the same portfolio',
    alerts: [{ alert: 'EvenkeelTwoLeaseHolders' }],
    async play(stage) {
      await stage.start()
      const databaseUrl = await stage.otherDatabase()
      stage.cause()
      await stage.start((file) => (file.portfolios['treasury']!.mode = 'dry-run'), { place: 'b', databaseUrl })
    },
    cure: (stage) => stage.kill('b'),
  },
  {
    name: 'a person halts everything and pauses a chain hard',
    alerts: [
      { alert: 'EvenkeelHalted', labels: { scope: 'global' } },
      { alert: 'EvenkeelPausedHard', labels: { scope: 'chain', id: 'bay' } },
    ],
    async play(stage) {
      const daemon = await stage.start()
      stage.cause()
      await stage.told(daemon, '/v1/halt', { reason })
      await stage.told(daemon, '/v1/pause', { reason, scope: 'chain:bay', level: 'hard' })
    },
    async cure(stage) {
      await stage.told(stage.daemon(), '/v1/resume', { reason })
      await stage.told(stage.daemon(), '/v1/resume', { reason, scope: 'chain:bay' })
    },
  },
  {
    name: 'a pause is forgotten',
    alerts: [{ alert: 'EvenkeelPausedLong', labels: { scope: 'global' } }],
    async play(stage) {
      const daemon = await stage.start()
      stage.cause()
      await stage.told(daemon, '/v1/pause', { reason })
    },
    cure: (stage) => stage.told(stage.daemon(), '/v1/resume', { reason }),
  },
  {
    name: 'somebody asks again and again for what his key does not allow',
    alerts: [{ alert: 'EvenkeelAdminDenied' }],
    async play(stage) {
      const daemon = await stage.start()
      const made = await runDaemonCommand(
        ['key', 'create', '--config', stage.configFile, '--name', 'reader', '--scopes', 'status:read'],
        { DATABASE_URL: stage.databaseUrl, EVENKEEL_ADMIN_TOKEN: 'unused' },
      )
      const key = made.stdout.trim()
      if (!key.startsWith('ek_')) throw new Error(`No key was made: ${made.stderr}`)
      await stage.scraped('evenkeel_admin_requests_total{action="pause",outcome="denied"}')
      stage.cause()
      for (let times = 0; times < 12; times++) {
        const { status } = await daemon.post('/v1/pause', { reason }, key)
        if (status !== 403) throw new Error(`Expected 403, got ${status}.`)
        await sleep(300)
      }
    },
    // Nobody asks any more.
    cure: () => Promise.resolve(),
  },
  {
    name: 'a plan waits for the word of a person',
    alerts: [{ alert: 'EvenkeelApprovalWaiting', labels: { kind: 'plan' } }],
    async play(stage) {
      stage.cause()
      await stage.startTrading((file) => {
        file.server.approvals = { resume: 1, plan: 1, planAboveUsd: '1', cooldownMinutes: 0 }
      })
    },
    // It is turned down, and nothing is planned any more.
    async cure(stage) {
      const daemon = stage.daemon()
      await stage.told(daemon, '/v1/pause', { reason })
      const { body } = await daemon.get('/v1/proposals?state=open')
      const { proposals } = body as { proposals: { id: string; kind: string; digest: string }[] }
      for (const { id, kind, digest } of proposals)
        await stage.told(daemon, `/v1/proposals/${kind}/${id}/reject`, { digest, reason })
    },
  },
  {
    name: 'a record of the audit log is edited',
    alerts: [
      { alert: 'EvenkeelAuditBroken' },
      { alert: 'EvenkeelBreakerTripped', labels: { breaker: 'B-16', scope: 'global' } },
    ],
    async play(stage) {
      const daemon = await stage.start()
      await stage.told(daemon, '/v1/pause', { reason, scope: 'chain:bay' })
      await stage.kill()
      await stage.query('alter table audit_log disable trigger user')
      await stage.query(`update audit_log set record = replace(record::text, 'chain:bay', 'chain:cove')::json`)
      stage.cause()
      await stage.start()
    },
  },
  {
    name: 'the receiver of notifications is gone',
    alerts: [{ alert: 'EvenkeelNotificationsFailing', labels: { channel: 'desk' } }],
    async play(stage) {
      stage.cause()
      const daemon = await stage.start((file) => {
        file.notifications = [
          { kind: 'slack', name: 'desk', url: 'http://127.0.0.1:9/', on: ['state', 'daemon'] },
        ] as typeof file.notifications
      })
      for (let times = 0; times < 15 && !stage.isOver(); times++) {
        await stage.told(daemon, '/v1/pause', { reason, scope: 'chain:bay' })
        await sleep(3_000)
        await stage.told(daemon, '/v1/resume', { reason, scope: 'chain:bay' })
      }
    },
    // Nobody is to be told any more.
    async cure(stage) {
      await stage.kill()
      await stage.start()
    },
  },
  {
    name: 'the receiver of notifications does not know the address any more',
    alerts: [{ alert: 'EvenkeelNotificationsGivenUp', labels: { channel: 'desk' } }],
    async play(stage) {
      const receiver = await startReceiver(404)
      try {
        const daemon = await stage.start((file) => {
          file.notifications = [
            { kind: 'slack', name: 'desk', url: receiver.url, on: ['state'] },
          ] as typeof file.notifications
        })
        await stage.scraped('evenkeel_notifications_total{channel="desk",outcome="given_up"}')
        stage.cause()
        await stage.told(daemon, '/v1/pause', { reason, scope: 'chain:bay' })
        await until('the alert', 120_000, () => (stage.isOver() ? true : undefined))
      } finally {
        await receiver.stop()
      }
    },
    // Nothing more is told, and the hour of it passes.
    cure: () => Promise.resolve(),
  },
  {
    name: 'the daemon gets the processor for a tenth of the time',
    alerts: [{ alert: 'EvenkeelEventLoopSlow' }],
    async play(stage) {
      const daemon = await stage.start()
      stage.cause()
      const signal = (name: NodeJS.Signals) => daemon.signal(name)
      const deadline = Date.now() + 60_000
      await until('a slow event loop', 61_000, async () => {
        signal('SIGSTOP')
        await sleep(450)
        signal('SIGCONT')
        return Date.now() > deadline || stage.isOver() ? true : undefined
      })
    },
    // It has the processor to itself again.
    cure: () => Promise.resolve(),
  },
]
