import { parser } from '@prometheus-io/lezer-promql'

type SyntaxNode = ReturnType<typeof parser.parse>['topNode']

export interface Matcher {
  readonly label: string
  readonly operator: string
  readonly value: string
}

/** A selection of series in an expression. */
export interface Selector {
  readonly metric: string
  readonly matchers: readonly Matcher[]
  /** The window of a range selection, as it is written; undefined for one of an instant. */
  readonly range: string | undefined
  /** The function that the selection is given to, if any. */
  readonly givenTo: string | undefined
}

/** What an expression selects, and where it does not parse. */
export function read(expr: string): { readonly selectors: readonly Selector[]; readonly faults: readonly string[] } {
  const selectors: Selector[] = []
  const faults: string[] = []
  parser.parse(expr).iterate({
    enter: ({ node, type, from }) => {
      if (type.isError) faults.push(`at ${from}: ${JSON.stringify(expr.slice(Math.max(0, from - 20), from + 20))}`)
      if (node.name === 'VectorSelector') selectors.push(selectorOf(node, expr))
    },
  })
  return { selectors, faults }
}

/** What an expression selects; one that does not parse is an error. */
export function selectorsOf(expr: string): readonly Selector[] {
  const { selectors, faults } = read(expr)
  if (faults.length > 0) throw new Error(`This is no PromQL ${faults.join(', ')}: ${expr}`)
  return selectors
}

function selectorOf(node: SyntaxNode, expr: string): Selector {
  const text = (one: SyntaxNode | null) => (one ? expr.slice(one.from, one.to) : '')
  const matchers = (node.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? []).map((one) => ({
    label: text(one.getChild('LabelName')),
    operator: text(one.getChild('MatchOp')),
    value: JSON.parse(text(one.getChild('StringLiteral'))) as string,
  }))
  const matrix = node.parent?.name === 'MatrixSelector' ? node.parent : undefined
  const call = (matrix ?? node).parent?.parent
  const callee = call?.name === 'FunctionCall' ? text(call.getChild('FunctionIdentifier')) : undefined
  return {
    metric: text(node.getChild('Identifier')),
    matchers,
    range: matrix && text(matrix).slice(node.to - matrix.from + 1, -1),
    givenTo: callee,
  }
}

/** Variables of Grafana as values that parse. */
export function substitute(expr: string): string {
  return expr
    .replaceAll('$__rate_interval', '4m')
    .replaceAll('$__range', '6h')
    .replaceAll(/\$(\w+)/g, '.*')
}

/** The metric whose series has this name: that of a histogram has suffixes. */
export function metricOf(series: string, isMetric: (name: string) => boolean): string | undefined {
  if (isMetric(series)) return series
  const bare = series.replace(/_(bucket|sum|count)$/, '')
  return bare !== series && isMetric(bare) ? bare : undefined
}
