// Draws captured terminal output as an SVG: colours kept, long lines cut, skipped lines counted.
//
//   script -qec 'npm run --silent demo' demo.txt
//   node scripts/draw-terminal.mjs demo.txt docs/media/demo.svg --keep 1-24,87-99 --title 'npm run demo'
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    keep: { type: 'string' },
    columns: { type: 'string', default: '128' },
    title: { type: 'string', default: '' },
  },
})
const [input, output] = positionals
if (!input || !output) {
  console.error('Expected an input and an output: node scripts/draw-terminal.mjs IN OUT [--keep 1-9,20-30].')
  process.exit(2)
}
const columns = Number(values.columns)

const palette = {
  text: '#d6dbe3',
  dim: '#7d8796',
  red: '#ff7b72',
  green: '#6fce7d',
  yellow: '#e3b341',
  cyan: '#56c8d8',
}
const colours = { 31: palette.red, 32: palette.green, 33: palette.yellow, 36: palette.cyan }
const [cell, line, top, left] = [7.8, 18, 44, 18]

/** Runs of equally styled characters. */
function runsOf(text) {
  const runs = []
  let style = { fill: palette.text, isBold: false }
  let column = 0
  // oxlint-disable-next-line no-control-regex
  for (const part of text.split(/(\u001b\[[0-9;]*m)/)) {
    // oxlint-disable-next-line no-control-regex
    const codes = /^\u001b\[([0-9;]*)m$/.exec(part)?.[1]
    if (codes === undefined) {
      const shown = part.slice(0, Math.max(0, columns - column))
      const isCut = shown.length < part.length
      if (shown !== '') runs.push({ ...style, column, text: isCut ? `${shown.slice(0, -1)}…` : shown })
      column += part.length
      continue
    }
    for (const code of codes.split(';').map(Number)) {
      if (code === 1) style = { ...style, isBold: true }
      else if (code === 2) style = { ...style, fill: palette.dim }
      else if (code === 22) style = { fill: palette.text, isBold: false }
      else if (code === 0 || code === 39) style = { ...style, fill: palette.text }
      else if (colours[code]) style = { ...style, fill: colours[code] }
    }
  }
  return runs
}

const escape = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** Words stand at the columns they had, whatever the widths of the viewer's font. */
function draw(text, row) {
  const y = top + row * line
  return runsOf(text)
    .flatMap((run) =>
      [...run.text.matchAll(/\S+(?: \S+)*/g)].map((match) => ({
        ...run,
        words: match[0],
        at: run.column + match.index,
      })),
    )
    .map(({ words, at, fill, isBold }) => {
      const x = (left + at * cell).toFixed(1)
      const width = (words.length * cell).toFixed(1)
      return `<text x="${x}" y="${y}" fill="${fill}"${isBold ? ' font-weight="700"' : ''} textLength="${width}">${escape(words)}</text>`
    })
    .join('')
}

const captured = readFileSync(input, 'utf8')
  .split(/\r?\n/)
  .filter((text) => !/^Script (started|done) on /.test(text))
while (captured[0] === '') captured.shift()
while (captured.at(-1) === '') captured.pop()

const ranges = values.keep?.split(',').map((range) => range.split('-').map(Number)) ?? [[1, captured.length]]
const rows = []
let next = 1
for (const [from, to = from] of ranges) {
  if (from > next) rows.push(`\u001b[2m          … ${from - next} more line${from - next === 1 ? '' : 's'}\u001b[22m`)
  rows.push(...captured.slice(from - 1, to))
  next = to + 1
}

const width = Math.round(2 * left + columns * cell)
const height = top + rows.length * line + 6
const dots = ['#ff5f57', '#febc2e', '#28c840'].map(
  (fill, index) => `<circle cx="${20 + index * 18}" cy="16" r="5.5" fill="${fill}"/>`,
)
const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="'DejaVu Sans Mono', ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="13">
<rect width="${width}" height="${height}" rx="8" fill="#161b22"/>
${dots.join('')}<text x="${width / 2}" y="21" fill="${palette.dim}" text-anchor="middle">${escape(values.title)}</text>
${rows.map(draw).filter(Boolean).join('\n')}
</svg>
`
writeFileSync(output, svg)
console.log(`Drew ${rows.length} lines to ${output}.`)
