export interface Advisory {
  /** Of GitHub's database where it has one, else the number of npm. */
  readonly id: string
  readonly package: string
  readonly versions: readonly string[]
  readonly severity: string
  readonly title: string
  readonly url: string
}

export interface Explanation {
  readonly id: string
  readonly package: string
  /** Why it does no harm here. */
  readonly reason: string
}

export function advisoriesIn(
  report: unknown,
  releasedAt: (path: string) => { readonly name: string; readonly version: string } | undefined,
): readonly Advisory[] | undefined

export function compared<T extends Pick<Advisory, 'id' | 'package'>>(
  advisories: readonly T[],
  explained: readonly Explanation[],
): { readonly open: readonly T[]; readonly outdated: readonly Explanation[] }
