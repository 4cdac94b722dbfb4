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
    [['import-prices', '--prices', 'p.csv', '--config', 'a'], { name: 'import-prices', config: 'a', prices: 'p.csv' }],
    [
      ['backtest', '--prices', 'p.csv', '--config', 'a'],
      {
        name: 'backtest',
        config: 'a',
        prices: 'p.csv',
        portfolio: undefined,
        policies: [],
        from: undefined,
        to: undefined,
        nav: 1_000_000,
        costs: 'flat:30bp',
        trackingError: 0.02,
        points: 30,
        settlementDays: 0,
        failureRate: 0,
        report: undefined,
        json: undefined,
      },
    ],
    [
      ['key', 'create', '--config', 'a', '--name', 'bot', '--scopes', 'pause,status:read'],
      {
        name: 'key',
        act: 'create',
        config: 'a',
        wish: { name: 'bot', scopes: ['pause', 'status:read'], days: 30, networks: [] },
      },
    ],
    [
      ['key', 'create', '--config=a', '--name=bot', '--scopes=pause', '--days=90', '--networks=10.0.0.0/8,::1/128'],
      {
        name: 'key',
        act: 'create',
        config: 'a',
        wish: { name: 'bot', scopes: ['pause'], days: 90, networks: ['10.0.0.0/8', '::1/128'] },
      },
    ],
    [['key', 'list', '--config', 'a'], { name: 'key', act: 'list', config: 'a', json: false }],
    [['--json', 'key', 'list', '--config', 'a'], { name: 'key', act: 'list', config: 'a', json: true }],
    [['key', 'revoke', '--id', 'abc', '--config', 'a'], { name: 'key', act: 'revoke', config: 'a', id: 'abc' }],
    ...(['deny', 'allow'] as const).map((act): [string[], object] => [
      ['person', act, '--subject', 'ada', '--reason', 'Leaves today.', '--config', 'a'],
      { name: 'person', act, config: 'a', subject: 'ada', reason: 'Leaves today.' },
    ]),
    [['person', 'list', '--config', 'a'], { name: 'person', act: 'list', config: 'a', json: false }],
    [['--json', 'person', 'list', '--config', 'a'], { name: 'person', act: 'list', config: 'a', json: true }],
    [['audit', 'verify', '--config', 'a'], { name: 'audit', act: 'verify', config: 'a' }],
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
    [['start', 'plan', '--config', 'a'], 'Expected one command, got start and also plan.'],
    [['start', '--json', '--config', 'a'], "Unknown option '--json' with start. evenkeel help lists the commands."],
    [['migrate', '--portfolio', 'core', '--config', 'a'], "Unknown option '--portfolio' with migrate."],
    [['plan', '--confg', 'a'], "Unknown option '--confg' with plan. evenkeel help lists the commands."],
    [['backtest', '--config', 'a'], 'Expected --prices FILE with backtest.'],
    ...Object.entries({
      policy: ['best', 'Expected --policy to be one of impulse-band, absolute-threshold,'],
      from: ['2024-02-30', 'Expected --from to be a date such as 2024-12-31, got 2024-02-30.'],
      to: ['yesterday', 'Expected --to to be a date'],
      nav: ['0.99', 'Expected --nav to be an amount of USD from 1 to 1000000000000, such as 1000000, got 0.99.'],
      'tracking-error': ['2%', 'Expected --tracking-error in basis points, such as 30bp, got 2%.'],
      points: ['1', 'Expected --points to be a whole number from 2 to 1000, got 1.'],
      'settlement-days': ['1.5', 'Expected --settlement-days to be a whole number from 0 to 30, got 1.5.'],
      'failure-rate': ['2', 'Expected --failure-rate to be a share from 0 to 1, got 2.'],
    }).map(([option, [value, message]]): [string[], string] => [
      ['backtest', '--prices', 'p', '--config', 'a', `--${option}`, value!],
      message!,
    ]),
    ...['1e6', '-5', '1,000', '1000000000000.01', ''].map((nav): [string[], string] => [
      ['tune', '--prices', 'p', '--config', 'a', `--nav=${nav}`],
      `such as 1000000, got ${nav || 'nothing'}.`,
    ]),
    [['tune', '--prices', 'p', '--config', 'a', '--policy', 'hybrid', '--policy', 'calendar'], 'Expected one --policy'],
    [['backtest', '--prices', 'p', '--config', 'a', '--fit-days', '90'], "Unknown option '--fit-days' with backtest."],
    [['keystore'], 'Expected keystore create --out FILE --password-file FILE, or keystore show --file FILE'],
    [['keystore', 'create', '--out', 'a.json'], 'Expected keystore create'],
    [['keystore', 'show', '--file', 'a', '--password-file', 'b'], 'Expected keystore create'],
    [['keystore', 'show', '--file', 'a', '--config', 'b'], "Unknown option '--config' with keystore."],
    [['keystore', 'show', 'more', '--file', 'a'], 'Expected keystore create'],
    [['start', '--config', 'a', '--out', 'b'], "Unknown option '--out' with start."],
    [['plan', '--config'], 'evenkeel help lists the commands.'],
    [['key', '--config', 'a'], 'Expected key create, key list or key revoke, got key.'],
    [['key', 'constructor', '--config', 'a'], 'got key constructor.'],
    [['key', 'list', 'all', '--config', 'a'], 'got key list all.'],
    [['key', 'list'], 'Expected --config FILE with key list.'],
    [['key', 'list', '--config', 'a', '--id', 'abc'], "Unknown option '--id' with key list."],
    [['key', 'create', '--config', 'a', '--scopes', 'pause'], 'Expected --name with key create.'],
    [['key', 'create', '--config', 'a', '--name', 'bot'], 'Expected --scopes with key create.'],
    [
      ['key', 'create', '--config', 'a', '--name', 'bot', '--scopes', 'pause', '--days', '91'],
      'Expected --days to be a whole number from 1 to 90, got 91.',
    ],
    [['key', 'revoke', '--config', 'a'], 'Expected --id with key revoke.'],
    [['person', '--config', 'a'], 'Expected person deny, person allow or person list, got person.'],
    [['person', 'deny', 'ada', '--config', 'a'], 'got person deny ada.'],
    [['person', 'deny', '--config', 'a', '--reason', 'b'], 'Expected --subject with person deny.'],
    [['person', 'allow', '--config', 'a', '--subject', 'b'], 'Expected --reason with person allow.'],
    [['person', 'list', '--config', 'a', '--subject', 'b'], "Unknown option '--subject' with person list."],
    [['person', 'list'], 'Expected --config FILE with person list.'],
    [['audit', '--config', 'a'], 'Expected audit verify --config FILE, and nothing else.'],
    [['audit', 'verify'], 'Expected --config FILE with audit verify.'],
  ])('%j is refused with what was expected', (args, message) => {
    expect(() => parseCommand(args)).toThrow(UsageError)
    expect(() => parseCommand(args)).toThrow(message)
  })

  test('everything that a history is played with', () => {
    const args = ['tune', '--prices', 'p', '--config', 'a', '--policy', 'tracking-error', '--from', '2020-01-02']
    const more = ['--nav', '26000000.5', '--costs', 'curve', '--tracking-error', '150bp', '--failure-rate', '0.02']
    expect(
      parseCommand([...args, ...more, '--points', '200', '--judge-days', '90', '--json', 'out.json']),
    ).toMatchObject({
      name: 'tune',
      policies: ['tracking-error'],
      from: 18_263,
      nav: 26_000_000.5,
      costs: 'curve',
      trackingError: 0.015,
      failureRate: 0.02,
      points: 200,
      fitDays: 730,
      judgeDays: 90,
      json: 'out.json',
    })
  })

  test('the usage names every command', () => {
    for (const name of [
      'start',
      'plan',
      'backtest',
      'tune',
      'import-prices',
      'check-config',
      'migrate',
      'keystore',
      'key',
      'person',
      'audit',
      'version',
    ])
      expect(USAGE).toContain(`\n  ${name} `)
  })
})
