import type { EffectiveConfig } from '../api/answers.js'

/** Everything that can be paused, by kind, as the configuration names it. */
export function scopesIn({
  config,
}: Pick<EffectiveConfig, 'config'>): { readonly group: string; readonly scopes: readonly string[] }[] {
  const named = (kind: string, of: unknown) => namesOf(of).map((name) => `${kind}:${name}`)
  const groups = [
    { group: 'Everything', scopes: ['all'] },
    { group: 'Portfolios', scopes: named('portfolio', config['portfolios']) },
    { group: 'Chains', scopes: named('chain', config['chains']) },
    { group: 'Assets', scopes: named('asset', config['assets']) },
    { group: 'Venues', scopes: named('venue', config['venues']) },
    {
      group: 'Bridges',
      scopes: [...new Set([...named('bridge', config['bridges']), ...bridgesOfVenues(config['venues'])])],
    },
  ]
  return groups.filter(({ scopes }) => scopes.length > 0)
}

/** Bridges that a venue may use, whether or not more is known of them. */
function bridgesOfVenues(venues: unknown): string[] {
  if (typeof venues !== 'object' || venues === null) return []
  return Object.values(venues).flatMap((venue: unknown) =>
    typeof venue === 'object' && venue !== null && 'bridges' in venue && Array.isArray(venue.bridges)
      ? venue.bridges.map((name) => `bridge:${String(name)}`)
      : [],
  )
}

function namesOf(value: unknown): string[] {
  return typeof value === 'object' && value !== null ? Object.keys(value) : []
}
