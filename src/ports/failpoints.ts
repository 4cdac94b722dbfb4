/** Named moments between two effects, at which a test may end the process. In the shipped build nothing happens there. */
export class Failpoints {
  reach(_point: CrashPoint): Promise<void> {
    return Promise.resolve()
  }
}

/**
 * Crash points of the safety catalogue (section 4.9) that the code passes through. K-11 is reached when the first endpoint
 * has answered a broadcast and before the others are waited for: signed bytes go to all at once, so those may have them too.
 */
// prettier-ignore
export const CRASH_POINTS = [
  'K-01', 'K-02', 'K-03', 'K-04', 'K-05', 'K-06', 'K-07', 'K-08', 'K-09', 'K-10',
  'K-11', 'K-12', 'K-13', 'K-14', 'K-15', 'K-16', 'K-17', 'K-18', 'K-19', 'K-20',
  'K-21', 'K-22', 'K-23', 'K-24', 'K-25', 'K-26', 'K-27', 'K-28', 'K-29',
] as const
export type CrashPoint = `K-${'0' | '1' | '2'}${number}`
