import { describe, expect, test } from '@jest/globals'
import { parseCommand, USAGE, UsageError } from './cli.js'

describe('parseCommand', () => {
  test.each([
    [['start', '--config', 'a.yaml'], { name: 'start', config: 'a.yaml' }],
    [['--config=a.yaml', 'migrate'], { name: 'migrate', config: 'a.yaml' }],
    [['check-config', '--config', 'a.yaml'], { name: 'check-config', config: 'a.yaml' }],
    [['plan', '--config', 'a.yaml'], { name: 'plan', config: 'a.yaml', json: false, portfolio: undefined }],
    [
      ['plan', '--json', '--portfolio', 'core', '--config', 'a.yaml'],
      { name: 'plan', config: 'a.yaml', json: true, portfolio: 'core' },
    ],
    [['version'], { name: 'version' }],
    [['--version'], { name: 'version' }],
    [['help'], { name: 'help' }],
    [['-h'], { name: 'help' }],
    [['start', '--help'], { name: 'help' }],
  ])('%j', (args, command) => {
    expect(parseCommand(args)).toEqual(command)
  })

  test.each([
    [[], 'Expected a command, got none.'],
    [['trade'], 'Expected a command, got trade.'],
    [['start'], 'Expected --config FILE with start.'],
    [['start', 'plan', '--config', 'a'], 'Expected one command, got also plan.'],
    [['start', '--json', '--config', 'a'], 'Expected --json and --portfolio only with plan.'],
    [['migrate', '--portfolio', 'core', '--config', 'a'], 'Expected --json and --portfolio only with plan.'],
    [['plan', '--confg', 'a'], "Unknown option '--confg'. evenkeel help lists the commands."],
    [['plan', '--config'], 'evenkeel help lists the commands.'],
  ])('%j is refused with what was expected', (args, message) => {
    expect(() => parseCommand(args)).toThrow(UsageError)
    expect(() => parseCommand(args)).toThrow(message)
  })

  test('the usage names every command', () => {
    for (const name of ['start', 'plan', 'check-config', 'migrate', 'version']) expect(USAGE).toContain(`\n  ${name} `)
  })
})
