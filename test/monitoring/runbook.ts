import { readdirSync, readFileSync } from 'node:fs'

export const headings = [
  'What you see',
  'Which metric tells causes apart',
  'What to do, cause by cause',
  'How to know it worked',
] as const

export interface Runbook {
  /** `down`, of down.md. */
  readonly name: string
  readonly text: string
  /** Those that its second line names. */
  readonly alerts: readonly string[]
}

const folder = new URL('../../docs/runbooks/', import.meta.url)

export function readRunbooks(): Runbook[] {
  return readdirSync(folder)
    .filter((file) => file !== 'README.md')
    .toSorted()
    .map((file) => {
      const text = readFileSync(new URL(file, folder), 'utf8')
      const line = /^Alerts?: (.*)$/m.exec(text)?.[1] ?? ''
      return { name: file.replace(/\.md$/, ''), text, alerts: line.match(/Evenkeel\w+/g) ?? [] }
    })
}

export function readIndex(): string {
  return readFileSync(new URL('README.md', folder), 'utf8')
}

/** Lines of all blocks of a language, without comments and empty ones. */
export function linesOf(text: string, language: 'sh' | 'sql' | 'promql'): string[] {
  return [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```/gm)]
    .filter(([, of]) => of === language)
    .flatMap(([, , body = '']) => body.split('\n'))
    .map((line) => (language === 'sh' ? line.replace(/(^|\s+)#.*$/, '') : line).trim())
    .filter((line) => line !== '')
}
