import type { ConfigFile } from './schema.js'

interface TargetTokens {
  /** By portfolio; those without a token, or without a source that is asked over HTTP, are absent. */
  readonly tokens: Readonly<Record<string, string>>
  /** One for each variable that is set and whose token would go to more than one origin. */
  readonly findings: readonly string[]
}

/** The bearer tokens of sources that are asked over HTTP. `read` gives what a variable holds, undefined when unset. */
export function targetTokens({ portfolios }: ConfigFile, read: (variable: string) => string | undefined): TargetTokens {
  const asked = Object.entries(portfolios).flatMap(
    ([
      portfolio,
      {
        targetSetting: { source },
      },
    ]) => {
      if (source?.kind !== 'http') return []
      const token = read(source.tokenVariable)
      const { origin } = new URL(source.location)
      return token === undefined ? [] : [{ portfolio, token, origin, variable: source.tokenVariable }]
    },
  )
  const findings = [...new Set(asked.map(({ variable }) => variable))].flatMap((variable) => {
    const sharing = asked.filter((one) => one.variable === variable)
    const origins = [...new Set(sharing.map(({ origin }) => origin))]
    if (origins.length < 2) return []
    const second = sharing.find(({ origin }) => origin === origins[1])!
    return [
      `portfolios.${second.portfolio}.targetSetting.source.tokenVariable: expected a variable of its own, for the token in ${variable} is sent to one host alone, got sources at ${origins.join(' and ')}; name EVENKEEL_TARGETS_TOKEN_… with the token meant for each`,
    ]
  })
  return { tokens: Object.fromEntries(asked.map(({ portfolio, token }) => [portfolio, token])), findings }
}
