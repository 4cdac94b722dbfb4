import { type ChainStanding, ChainStandings, type EndpointStanding } from '../../ports/chain-standings.js'
import type { Endpoint, EndpointOptions } from './clients.js'
import type { QuorumReader } from './quorum-reader.js'

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
        reason: look?.failure,
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
      reason: complaint,
      isAgreeing: look?.view?.endpoints.includes(endpoint) ?? false,
      head: look?.heads.get(endpoint),
    }
  }
}
