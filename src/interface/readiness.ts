/** Whether start-up is complete: configuration, schema and unfinished work have been seen to. */
export class Readiness {
  isReady = false
}
