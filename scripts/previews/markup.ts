/** Text that may stand between and in tags. */
export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

export interface TextStyle {
  readonly size?: number
  readonly fill?: string
  readonly anchor?: 'start' | 'middle' | 'end'
  readonly weight?: 'bold'
}

export function text(x: number, y: number, content: string, style: TextStyle = {}): string {
  const { size = 12, fill = '#ccccdc', anchor = 'start', weight } = style
  const bold = weight === undefined ? '' : ` font-weight="${weight}"`
  return `<text x="${x}" y="${y}" font-size="${size}" fill="${fill}" text-anchor="${anchor}"${bold}>${escaped(content)}</text>`
}

export function box(x: number, y: number, width: number, height: number, fill: string, more = ''): string {
  return `<rect x="${x}" y="${y}" width="${Math.max(0, width)}" height="${Math.max(0, height)}" fill="${fill}" ${more}/>`
}

/** Cut so that it fits into so many pixels at this size. */
export function cut(content: string, width: number, size = 12): string {
  const most = Math.max(1, Math.floor(width / (size * 0.58)))
  return content.length <= most ? content : `${content.slice(0, most - 1)}…`
}
