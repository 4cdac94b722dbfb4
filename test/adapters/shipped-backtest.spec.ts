import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { loadConfig } from '../../src/config/load.js'
import { backtest, tune } from '../../src/history-commands.js'
import { parseCommand } from '../../src/interface/cli.js'

const ROOT = new URL('../../', import.meta.url)

/** What a document tells to type after `npm run evenkeel --`, of this command. */
function typed(document: string, command: string): string[] {
  const text = readFileSync(new URL(document, ROOT), 'utf8').replaceAll('\\\n', ' ')
  return [...text.matchAll(new RegExp(`^npm run evenkeel -- (${command} [^#\n]*)`, 'gm'))].map(([, line]) =>
    line!.trim(),
  )
}

describe.each(['README.md', 'docs/policies.md'])('what %s tells to type', (document) => {
  test.each(['backtest', 'tune'])(
    '%s finds its files and can be played',
    async (name) => {
      const lines = typed(document, name)
      expect(lines.length).toBeGreaterThan(0)
      for (const line of lines) {
        const command = parseCommand(line.split(/\s+/))
        if (command.name !== 'backtest' && command.name !== 'tune') throw new Error(`Expected ${name}, got ${line}.`)
        expect([command.config, command.prices].filter((file) => !existsSync(new URL(file, ROOT)))).toEqual([])
        const said: string[] = []
        const say = (text: string) => void said.push(text)
        const config = loadConfig(command.config, {})
        const quick = { ...command, points: 2, report: undefined, json: undefined }
        if (quick.name === 'tune') await tune(config, { ...quick, costs: 'curve' }, say)
        else await backtest(config, { ...quick, policies: ['absolute-threshold'], nav: 26_000_000 }, say)
        expect(said.join('\n')).toContain(
          quick.name === 'tune' ? 'Costs are assumed: DATABASE_URL names no database' : 'Start $26,000,000',
        )
      }
    },
    60_000,
  )
})
