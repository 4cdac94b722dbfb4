// Draws previews of three dashboards from what a running Prometheus has scraped, and writes them to docs/media. They show
// the shipped queries with real answers, not the pixels of Grafana: lines and heat maps are drawn by echarts, the rest here.
import { readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { Resvg } from '@resvg/resvg-js'
import { Asker, AskError } from './previews/ask.js'
import { box, cut, text } from './previews/markup.js'
import { drawPanel, type Panel } from './previews/panels.js'

const usage = 'npm run docs:previews -- --prometheus http://127.0.0.1:9090 [--minutes 15] [--to SECONDS_SINCE_1970]'
const root = join(import.meta.dirname, '..')
const WIDTH = 1600
const CELL = WIDTH / 24
const LINE = 38
const GAP = 8
const HEADER = 56

interface Dashboard {
  readonly title: string
  readonly description: string
  readonly panels: readonly Panel[]
}

/** What is drawn of each: so many of its rows. */
const DRAWN: Readonly<Record<string, number>> = { overview: 2, portfolio: 2, execution: 4 }

async function draw(name: string, most: number, asker: Asker): Promise<string> {
  const file = join(root, 'helm', 'evenkeel', 'files', 'dashboards', `${name}.json`)
  const { title, description, panels: all } = JSON.parse(readFileSync(file, 'utf8')) as Dashboard
  const isRow = ({ type }: Panel) => type === 'row'
  const panels = all.filter((_, index) => all.slice(0, index + 1).filter(isRow).length <= most)
  const drawn = await Promise.all(panels.map((panel) => drawOne(panel, asker)))
  const height = HEADER + LINE * Math.max(...panels.map(({ gridPos }) => gridPos.y + gridPos.h)) + GAP
  const note =
    'Preview: the shipped queries, answered by a Prometheus that scraped the daemon in the sandbox. Not Grafana.'
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" font-family="DejaVu Sans">`,
    box(0, 0, WIDTH, height, '#111217'),
    text(GAP + 4, 26, title, { size: 18, fill: '#ffffff', weight: 'bold' }),
    text(GAP + 4, 46, description, { size: 13, fill: '#9fa7b3' }),
    text(WIDTH - GAP - 4, 26, note, { size: 12, fill: '#9fa7b3', anchor: 'end' }),
    ...drawn,
    '</svg>',
  ].join('')
  const png = new Resvg(svg, { font: { loadSystemFonts: true, defaultFontFamily: 'DejaVu Sans' } }).render().asPng()
  const target = join(root, 'docs', 'media', `dashboard-${name}.png`)
  writeFileSync(target, png)
  return `${relative(root, target)}, ${Math.round(png.length / 1024)} KiB`
}

async function drawOne(panel: Panel, asker: Asker): Promise<string> {
  const { x, y, w, h } = panel.gridPos
  const [left, top] = [x * CELL + GAP / 2, HEADER + y * LINE + GAP / 2]
  const at = (inside: string) => `<g transform="translate(${left},${top})">${inside}</g>`
  if (panel.type === 'row') return at(text(4, LINE / 2 + 4, panel.title, { size: 15, fill: '#ffffff' }))
  const [width, height] = [w * CELL - GAP, h * LINE - GAP]
  const inside = await drawPanel(panel, { width: width - 16, height: height - 38 }, asker)
  return at(
    box(0, 0, width, height, '#181b1f', 'rx="3" stroke="#25272e"') +
      text(8, 20, cut(panel.title, width - 16, 13), { size: 13, fill: '#d8d9da' }) +
      `<g transform="translate(8,30)">${inside}</g>`,
  )
}

function readArguments() {
  const options = { prometheus: { type: 'string' }, minutes: { type: 'string' }, to: { type: 'string' } } as const
  const { values } = parseArgs({ options, strict: true, allowPositionals: false })
  const minutes = Number(values.minutes ?? 15)
  const to = Number(values.to ?? Math.floor(Date.now() / 1000))
  if (values.prometheus === undefined || !(minutes > 0) || !Number.isInteger(to)) throw new AskError(`Usage: ${usage}`)
  return { url: values.prometheus, minutes, to }
}

try {
  const { url, minutes, to } = readArguments()
  const from = to - minutes * 60
  const asker = new Asker(url, { from, to, step: Math.max(2, Math.round((minutes * 60) / 150)) })
  for (const [name, most] of Object.entries(DRAWN)) process.stdout.write(`${await draw(name, most, asker)}\n`)
} catch (error) {
  const isExpected = error instanceof AskError || error instanceof TypeError
  process.stderr.write(`${isExpected ? (error as Error).message : (error as Error).stack}\n`)
  process.exitCode = 1
}
