import { execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'

/** What the operating system has counted for one process. Memory in bytes. */
export interface ProcessUsage {
  /** User and system time of all its threads since it started. */
  readonly cpuMs: number
  readonly residentBytes: number
  /** The most it ever had resident. */
  readonly peakResidentBytes: number
}

let ticksPerSecond: number | undefined

/** Reads `/proc`, so Linux only. Processor time comes in ticks, 10 ms each on most machines. */
export async function usageOf(pid: number): Promise<ProcessUsage> {
  ticksPerSecond ??= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))
  const [stat, status] = await Promise.all([
    readFile(`/proc/${pid}/stat`, 'utf8'),
    readFile(`/proc/${pid}/status`, 'utf8'),
  ])
  // The second field is the name in brackets and may hold spaces; `utime` and `stime` are fields 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1])
  return {
    cpuMs: ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond,
    residentBytes: kilobytes('VmRSS') * 1024,
    peakResidentBytes: kilobytes('VmHWM') * 1024,
  }
}
