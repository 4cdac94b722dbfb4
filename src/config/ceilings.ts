import { parseDecimal } from '../domain/units/decimal.js'
import type { ConfigFile } from './schema.js'

/**
 * What no configuration may exceed on a chain that is not the sandbox's (safety catalogue, section 8). To raise one is a
 * change of this file, with a review, a build and a release.
 */
export const CEILINGS = {
  /** Largest leg, in USD, where no contract of ours guarantees its minimum (D-04). */
  maxLegUsd: '100000',
  /** Shares of NAV and counts. */
  limits: {
    turnoverPerCycle: '0.5',
    turnoverPerHour: '0.5',
    turnoverPerDay: '0.5',
    assetTurnoverPerDay: '0.5',
    venueTurnoverPerDay: '0.5',
    legShare: '0.25',
    lossPerDay: '0.005',
    gasPerLeg: '0.02',
    gasPerDay: '0.004',
    transactionsPerHour: 200,
    cyclesPerDay: 300,
    inFlightPerBridge: '0.1',
    inFlightOverall: '0.2',
    bridgePerDay: '0.5',
    failuresInRow: 10,
    failuresPerHour: 20,
    balanceMove: '0.02',
  },
  guard: {
    maxMoveBps: { stable: 300, major: 1_500, other: 2_500 },
    maxOffPegBps: 300,
  },
  /** Of a push feed, whose price may be a tenth older; and age of any other price, in seconds (D-17). */
  heartbeatSeconds: 86_400,
  priceAgeSeconds: 120,
  /** Of replacements (D-21). */
  feeBump: '1.5',
  feeCeiling: '5',
} as const

/** What no configuration may go below there. */
export const FLOORS = {
  driftFall: '0.1',
  windowSeconds: 60,
  pauseSeconds: 300,
  replaceBlocks: 3,
  replaceSeconds: 20,
  quarantineSeconds: 60,
  cooldownMinutes: 10,
} as const

/** Every value beyond its bound, with its path. */
export function ceilingFindings({
  server,
  portfolios,
  prices,
  execution,
  endpoints,
}: ConfigFile): [path: string, finding: string][] {
  const findings: [string, string][] = []
  const most = (path: string, value: string | number, ceiling: string | number) => {
    if (scaled(value) > scaled(ceiling))
      findings.push([path, `expected at most ${ceiling}, the ceiling of this build outside the sandbox, got ${value}`])
  }
  const least = (path: string, value: string | number, floor: string | number) => {
    if (scaled(value) < scaled(floor))
      findings.push([path, `expected at least ${floor}, the floor of this build outside the sandbox, got ${value}`])
  }
  for (const [key, { limits, maxLegUsd }] of Object.entries(portfolios)) {
    const path = `portfolios.${key}`
    most(`${path}.maxLegUsd`, maxLegUsd, CEILINGS.maxLegUsd)
    for (const [name, ceiling] of Object.entries(CEILINGS.limits))
      most(`${path}.limits.${name}`, limits[name as keyof typeof CEILINGS.limits], ceiling)
    least(`${path}.limits.driftFall`, limits.driftFall, FLOORS.driftFall)
    if (limits.mayReverse)
      findings.push([`${path}.limits.mayReverse`, 'expected false: outside the sandbox undoing a trade needs a person'])
  }
  most('execution.feeBump', execution.feeBump, CEILINGS.feeBump)
  most('execution.feeCeiling', execution.feeCeiling, CEILINGS.feeCeiling)
  least('server.approvals.cooldownMinutes', server.approvals.cooldownMinutes, FLOORS.cooldownMinutes)
  least('execution.replaceBlocks', execution.replaceBlocks, FLOORS.replaceBlocks)
  least('execution.replaceSeconds', execution.replaceSeconds, FLOORS.replaceSeconds)
  least('endpoints.quarantineSeconds', endpoints.quarantineSeconds, FLOORS.quarantineSeconds)
  for (const [asset, { heartbeatSeconds }] of Object.entries(prices.feeds))
    most(`prices.feeds.${asset}.heartbeatSeconds`, heartbeatSeconds, CEILINGS.heartbeatSeconds)
  for (const [index, { maxAgeSeconds }] of prices.http.entries())
    most(`prices.http.${index}.maxAgeSeconds`, maxAgeSeconds, CEILINGS.priceAgeSeconds)
  const { guard } = prices
  for (const name of ['stable', 'major', 'other'] as const)
    most(`prices.guard.maxMoveBps.${name}`, guard.maxMoveBps[name], CEILINGS.guard.maxMoveBps[name])
  most('prices.guard.maxOffPegBps', guard.maxOffPegBps, CEILINGS.guard.maxOffPegBps)
  least('prices.guard.windowSeconds', guard.windowSeconds, FLOORS.windowSeconds)
  least('prices.guard.pauseSeconds', guard.pauseSeconds, FLOORS.pauseSeconds)
  return findings
}

/** What is no number is another finding's. */
function scaled(value: string | number): bigint {
  return parseDecimal(String(value), 18) ?? 0n
}
