/** Named moments between two effects, at which a test may end the process. In the shipped build nothing happens there. */
export class Failpoints {
  reach(_point: CrashPoint): Promise<void> {
    return Promise.resolve()
  }
}

/** Crash points of the safety catalogue (section 4.9) that the code passes through. */
export type CrashPoint = 'K-03' | 'K-05' | 'K-08' | 'K-10' | 'K-13' | 'K-15' | 'K-25' | 'K-26'
