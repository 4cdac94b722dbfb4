/** An HTTPRoute of the Gateway API, version 1, as far as the chart may write one. No package of ours has its types. */
export interface IHTTPRoute {
  apiVersion: 'gateway.networking.k8s.io/v1'
  kind: 'HTTPRoute'
  metadata: {
    name: string
    namespace: string
    labels: Record<string, string>
    annotations?: Record<string, string>
  }
  spec: {
    parentRefs: {
      group?: string
      kind?: string
      namespace?: string
      name: string
      sectionName?: string
      port?: number
    }[]
    hostnames?: string[]
    rules: {
      matches: { path: { type: 'Exact' | 'PathPrefix' | 'RegularExpression'; value: string } }[]
      backendRefs: { group?: string; kind?: string; namespace?: string; name: string; port: number; weight?: number }[]
    }[]
  }
}
