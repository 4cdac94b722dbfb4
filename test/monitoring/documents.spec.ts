import { describe, expect, it } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseCommand } from '../../src/interface/cli.js'
import { anchorsOf, linksOf } from './links.js'
import { linesOf } from './runbook.js'

const root = fileURLToPath(new URL('../../', import.meta.url))
const pages = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '' && existsSync(join(root, file)))
const read = (file: string) => readFileSync(join(root, file), 'utf8')

/** What is wrong with a link of a page, or nothing. */
function faultOf(page: string, link: string): string | undefined {
  const [path = '', anchor] = link.split('#')
  const file = path === '' ? page : relative(root, join(root, dirname(page), decodeURIComponent(path)))
  if (file.startsWith('..')) return `${link}: leads out of the repository`
  if (!existsSync(join(root, file))) return `${link}: there is no ${file}`
  if (anchor === undefined || !file.endsWith('.md') || statSync(join(root, file)).isDirectory()) return undefined
  return anchorsOf(read(file)).includes(anchor) ? undefined : `${link}: ${file} has no heading of that name`
}

const forOperators = pages.filter((page) => page.startsWith('docs/operations/'))
const textForOperators = forOperators.map(read).join('\n')

describe('the documents', () => {
  it('are found', () => expect(pages.length).toBeGreaterThan(40))

  it.each(pages)('%s has links that lead somewhere', (page) => {
    const faults = linksOf(read(page)).flatMap((link) => faultOf(page, link) ?? [])
    expect(faults).toEqual([])
  })

  it('for operators are all in the table of README.md', () => {
    const linked = new Set(linksOf(read('README.md')))
    expect(forOperators.length).toBeGreaterThan(7)
    expect(forOperators.filter((page) => !linked.has(page))).toEqual([])
  })

  it('for operators name metrics and alerts that exist', () => {
    const metrics = read('docs/metrics.md')
    const rules = read('helm/evenkeel/files/rules/evenkeel.yaml')
    const names = textForOperators.match(/\bevenkeel(?:_[a-z0-9]+){2,}\b/g) ?? []
    expect(names.length).toBeGreaterThan(20)
    expect(names.filter((name) => !metrics.includes(`\`${name}\``))).toEqual([])
    const alerts = textForOperators.match(/\bEvenkeel[A-Z]\w+/g) ?? []
    expect(alerts.length).toBeGreaterThan(10)
    // One that is made by hand to try the way to a person.
    expect(alerts.filter((name) => name !== 'EvenkeelTest' && !rules.includes(`alert: ${name}\n`))).toEqual([])
  })

  it('for operators run commands that the program takes', () => {
    const begins = /(?:^|URL=?\S* |silent )evenkeel (?:-- )?|main\.js /
    const commands = linesOf(textForOperators, 'sh').flatMap((line) => line.split(begins)[1]?.split(' | ')[0] ?? [])
    expect(commands.length).toBeGreaterThan(8)
    for (const command of commands) {
      const words = command.replace('$FILE', 'evenkeel.yaml').replace(/ ID$/, ' abcdefghijkl').split(/\s+/)
      expect(parseCommand(words)).toMatchObject({ name: words[0] })
    }
  })

  it('would not pass with a link or a heading that does not exist', () => {
    expect(faultOf('docs/operations.md', 'runbooks/nowhere.md')).toMatch('there is no docs/runbooks/nowhere.md')
    expect(faultOf('docs/operations.md', '#nowhere')).toMatch('no heading of that name')
    expect(faultOf('README.md', '../elsewhere.md')).toMatch('leads out of the repository')
    expect(linksOf('[a](b.md) ![c](<d.png>) `[e](f.md)` [g](https://h)\n```\n[i](j.md)\n```\n')).toEqual([
      'b.md',
      'd.png',
    ])
    expect(anchorsOf('# A, `b` & c\n## Twice\n## Twice\n```\n# no\n```\n')).toEqual(['a-b--c', 'twice', 'twice-1'])
  })
})
