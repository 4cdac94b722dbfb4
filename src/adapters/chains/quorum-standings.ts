import { type ChainStanding, ChainStandings, type EndpointStanding } from '../../ports/chain-standings.js'
import type { Endpoint, EndpointOptions } from './clients.js'
import type { QuorumReader } from './quorum-reader.js'

/** A part of an address so long may be a key. */
const SHORTEST_KEY = 6

/** Tells what a quorum reader remembers. */
export class QuorumStandings extends ChainStandings {
  constructor(private readonly reader: QuorumReader) {
    super()
  }

  override all(): readonly ChainStanding[] {
    const { endpoints, views } = this.reader
    return endpoints.chains().map((chain) => {
      const { chainId, quorum, endpoints: options } = endpoints.chain(chain)
      const look = views.lastLook(chain)
      return {
        chain,
        chainId,
        quorum,
        lookedAt: look?.at,
        isAgreed: look !== undefined && look.failure === undefined,
        reason: look?.failure === undefined ? undefined : withoutKeys(look.failure, options),
        head: look?.view?.head,
        finalized: look?.view?.finalized,
        endpoints: endpoints.all(chain).map((endpoint, index) => this.endpoint(endpoint, options[index]!)),
      }
    })
  }

  private endpoint(endpoint: Endpoint, options: EndpointOptions): EndpointStanding {
    const { endpoints, views } = this.reader
    const { complaint, ...standing } = endpoints.standing(endpoint)
    const look = views.lastLook(endpoint.chain)
    return {
      name: endpoint.name,
      host: new URL(options.url).host,
      ...standing,
      reason: complaint === undefined ? undefined : withoutKeys(complaint, [options]),
      isAgreeing: look?.view?.endpoints.includes(endpoint) ?? false,
      head: look?.heads.get(endpoint),
    }
  }
}

/** An endpoint's own words may repeat the address that it was asked at. */
function withoutKeys(text: string, endpoints: readonly EndpointOptions[]): string {
  return endpoints
    .map(({ url }) => new URL(url))
    .flatMap(({ username, password, pathname, searchParams }) => [
      username,
      password,
      ...pathname.split('/'),
      ...searchParams.values(),
    ])
    .filter((part) => part.length >= SHORTEST_KEY)
    .reduce((rest, part) => rest.replaceAll(part, '…'), text)
}
