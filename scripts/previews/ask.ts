/** One series: its labels, and its values by time in milliseconds since 1970. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>
  readonly points: readonly (readonly [time: number, value: number])[]
}

/** What is shown: seconds since 1970, and the distance of two points. */
export interface Window {
  readonly from: number
  readonly to: number
  readonly step: number
}

export class AskError extends Error {
  override readonly name = 'AskError'
}

type Result = { metric: Record<string, string>; values?: [number, string][]; value?: [number, string] }[]

/** Asks a Prometheus about the time shown. Variables of Grafana stand for everything. */
export class Asker {
  constructor(
    private readonly url: string,
    readonly window: Window,
  ) {}

  /** `minimum` is the least window of a rate in seconds, as a panel sets it. */
  async range(expr: string, minimum = 0): Promise<Series[]> {
    const { from, to, step } = this.window
    const query = this.fill(expr, Math.max(minimum, step, 4 * SCRAPE_SECONDS))
    return this.get('query_range', { query, start: String(from), end: String(to), step: String(step) })
  }

  async instant(expr: string): Promise<Series[]> {
    return this.get('query', { query: this.fill(expr, 4 * SCRAPE_SECONDS), time: String(this.window.to) })
  }

  private fill(expr: string, rate: number): string {
    const { from, to } = this.window
    return expr
      .replaceAll('$__rate_interval', `${Math.ceil(rate)}s`)
      .replaceAll('$__range', `${Math.ceil(to - from)}s`)
      .replaceAll(/"\$\w+\|?"/g, '".*"')
  }

  private async get(what: string, query: Record<string, string>): Promise<Series[]> {
    const answer = await fetch(new URL(`/api/v1/${what}`, this.url), {
      method: 'POST',
      body: new URLSearchParams(query),
    })
    const { data, error } = (await answer.json()) as { data?: { result: Result }; error?: string }
    if (!data) throw new AskError(`Prometheus refused ${query['query']}: ${error ?? answer.status}`)
    return data.result.map(({ metric, values, value }) => ({
      labels: metric,
      points: (values ?? (value ? [value] : [])).map(([time, text]) => [time * 1000, Number(text)] as const),
    }))
  }
}

/** How often the daemon was scraped. */
const SCRAPE_SECONDS = 2

/** A legend with the labels of a series in it. */
export function nameOf(legend: string | undefined, labels: Readonly<Record<string, string>>): string {
  const name = (legend ?? '').replaceAll(/\{\{(\w+)\}\}/g, (_, label: string) => labels[label] ?? '')
  return name.replaceAll(/\s+/g, ' ').trim()
}
