// Reads what `npm audit --json` answers: advisories about packages that go out with a release, and what was said of them.

const byText = (one, other) => (one < other ? -1 : one > other ? 1 : 0)

/**
 * Advisories about released packages, one for each advisory and package, by name of the package. Undefined where this is no
 * report, as when the service did not answer.
 * @param {any} report
 * @param {(path: string) => { name: string, version: string } | undefined} releasedAt the package at a path of the lock file,
 * undefined where it does not go out
 */
export const advisoriesIn = (report, releasedAt) => {
  if (report?.auditReportVersion !== 2 || typeof report.vulnerabilities !== 'object') return undefined
  const found = Object.values(report.vulnerabilities).flatMap(({ via, nodes }) => {
    const versions = nodes.flatMap((path) => releasedAt(path)?.version ?? [])
    if (versions.length === 0) return []
    // Names stand for advisories about what this package needs; those are told of it.
    return via
      .filter((one) => typeof one === 'object')
      .map(({ source, name, severity, title, url }) => ({
        id: /GHSA(-\w{4}){3}/.exec(url ?? '')?.[0] ?? String(source),
        package: name,
        versions: [...new Set(versions)].toSorted(byText),
        severity,
        title,
        url,
      }))
  })
  return found.toSorted((one, other) => byText(one.package + one.id, other.package + other.id))
}

/**
 * Advisories that nobody explained, and explanations of what is found no more.
 * @param {readonly { id: string, package: string }[]} advisories
 * @param {readonly { id: string, package: string, reason: string }[]} explained
 */
export const compared = (advisories, explained) => {
  const isOf = (one) => (other) => one.id === other.id && one.package === other.package
  return {
    open: advisories.filter((one) => !explained.some(isOf(one))),
    outdated: explained.filter((one) => !advisories.some(isOf(one))),
  }
}
