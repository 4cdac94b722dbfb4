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
    [
      ['keystore', 'create', '--out', 'a.json', '--password-file', 'b'],
      { name: 'keystore', act: 'create', out: 'a.json', passwordFile: 'b' },
    ],
    [['keystore', 'show', '--file', 'a.json'], { name: 'keystore', act: 'show', file: 'a.json' }],
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
    [['keystore'], 'Expected keystore create --out FILE --password-file FILE, or keystore show --file FILE'],
    [['keystore', 'create', '--out', 'a.json'], 'Expected keystore create'],
    [['keystore', 'show', '--file', 'a', '--password-file', 'b'], 'Expected keystore create'],
    [['keystore', 'show', '--file', 'a', '--config', 'b'], 'Expected keystore create'],
    [['keystore', 'show', 'more', '--file', 'a'], 'Expected keystore create'],
    [['start', '--config', 'a', '--out', 'b'], 'Expected --out, --file and --password-file only with keystore.'],
    [['plan', '--config'], 'evenkeel help lists the commands.'],
  ])('%j is refused with what was expected', (args, message) => {
    expect(() => parseCommand(args)).toThrow(UsageError)
    expect(() => parseCommand(args)).toThrow(message)
  })

  test('the usage names every command', () => {
    for (const name of ['start', 'plan', 'check-config', 'migrate', 'keystore', 'version'])
      expect(USAGE).toContain(`\n  ${name} `)
  })
})
