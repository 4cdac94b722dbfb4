import { parser } from '@prometheus-io/lezer-promql'

export interface Selector {
  /** As it is written, with its matchers and without a range. */
  readonly text: string
  readonly metric: string
  readonly matchers: readonly { readonly label: string; readonly operator: string; readonly value: string }[]
}

/** Everything that an expression selects. An expression that does not parse is an error. */
export function selectorsOf(expr: string): Selector[] {
  const found: Selector[] = []
  parser.parse(expr).iterate({
    enter: ({ name, type, from, to }) => {
      if (type.isError) throw new Error(`This is no PromQL at ${from}: ${expr}`)
      if (name === 'VectorSelector') found.push(readSelector(expr.slice(from, to)))
    },
  })
  return found
}

function readSelector(text: string): Selector {
  const [, metric = '', inner = ''] = /^([\w:]+)\s*(?:\{(.*)\})?/s.exec(text) ?? []
  const matchers = [...inner.matchAll(/(\w+)\s*(=~|!=|!~|=)\s*"([^"]*)"/g)].map(
    ([, label = '', operator = '', value = '']) => ({ label, operator, value }),
  )
  return { text, metric, matchers }
}
