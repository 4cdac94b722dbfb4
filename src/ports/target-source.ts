import type { TargetDocument } from '../domain/targets/target-document.js'
import type { TargetRefusal } from '../domain/targets/target-refusal.js'

export type DocumentReading = { readonly status: 'read'; readonly document: TargetDocument } | TargetRefusal

/** Where the weights of one portfolio come from that the fund itself controls. */
export abstract class TargetSource {
  /** What it says now; whatever goes wrong is a refusal, of which the text holds neither addresses nor secrets. */
  abstract read(): Promise<DocumentReading>
}

/** All configured sources, by portfolio. */
export class TargetSources {
  constructor(private readonly sources: ReadonlyMap<string, TargetSource>) {}

  of(portfolio: string): TargetSource | undefined {
    return this.sources.get(portfolio)
  }
}
