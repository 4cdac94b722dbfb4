/** A value as Grafana would write it, nearly. Units are Grafana's; `decimals` undefined leaves them to the size. */
export function formatValue(value: number, unit: string, decimals?: number): string {
  if (!Number.isFinite(value)) return ''
  switch (unit) {
    case 'percentunit':
      return `${fixed(value * 100, decimals ?? (Math.abs(value) < 0.01 ? 2 : 1))}%`
    case 'currencyUSD': {
      const size = Math.abs(value)
      const [divisor, suffix] = size >= 1e6 ? [1e6, ' Mil'] : size >= 1e3 ? [1e3, 'K'] : [1, '']
      const text = fixed(size / divisor, suffix === '' ? (decimals ?? 2) : (decimals ?? 2))
      return `${value < 0 ? '-' : ''}$${text}${suffix}`
    }
    case 's':
      return seconds(value)
    case 'bytes':
      return value >= 1048576 ? `${fixed(value / 1048576, 0)} MiB` : `${fixed(value / 1024, 0)} KiB`
    case 'ops':
      return `${fixed(value, value < 10 ? 2 : 1)} ops/s`
    default:
      return fixed(value, decimals ?? (Number.isInteger(value) ? 0 : 2))
  }
}

function fixed(value: number, decimals: number): string {
  const isNothing = Math.abs(value) < 0.5 / 10 ** decimals
  return (isNothing ? 0 : value).toLocaleString('en-US', { minimumFractionDigits: 0, maximumFractionDigits: decimals })
}

function seconds(value: number): string {
  const size = Math.abs(value)
  if (size < 1) return `${fixed(value * 1000, 0)} ms`
  if (size < 120) return `${fixed(value, 1)} s`
  return size < 7200 ? `${fixed(value / 60, 1)} min` : `${fixed(value / 3600, 1)} h`
}

/** Colours that panels name, and those that lines take in turn. */
const NAMED: Readonly<Record<string, string>> = {
  green: '#73bf69',
  'light-green': '#b8dd9f',
  orange: '#ff9830',
  red: '#f2495c',
  'dark-red': '#c4162a',
  blue: '#5794f2',
  text: '#d8d9da',
  transparent: 'none',
}
export const PALETTE = ['#73bf69', '#f2cc0c', '#5794f2', '#ff9830', '#b877d9', '#8ab8ff', '#fa6400', '#37872d', '#e0b400', '#96d98d', '#a352cc', '#ffb357'] // prettier-ignore

export function colourOf(name: string): string {
  return NAMED[name] ?? name
}

export interface Step {
  readonly value: number | null
  readonly color: string
}

/** The colour of a value by thresholds, which are in rising order. */
export function colourAt(value: number, steps: readonly Step[]): string {
  return colourOf(steps.findLast((step) => step.value === null || value >= step.value)?.color ?? 'text')
}
