import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { getAddress, isAddress, type Address } from 'viem'
import type { World } from '../../sandbox/world.js'
import { type BooksVerdict, checkBooks } from './check-books.js'
import { accountsIn } from './rows.js'

const usage =
  'npm run checker -- --world DIR/world.json --database URL [--account 0x…] [--journal URL] [--grace SECONDS] [--replacements N] [--json]'

/** A reason why nothing was judged, in one line that says what to do. */
class UsageError extends Error {}

function readArguments() {
  const options = {
    world: { type: 'string' },
    database: { type: 'string' },
    account: { type: 'string' },
    journal: { type: 'string' },
    grace: { type: 'string', default: '60' },
    replacements: { type: 'string', default: '8' },
    json: { type: 'boolean', default: false },
  } as const
  let values
  try {
    ;({ values } = parseArgs({ options, strict: true, allowPositionals: false }))
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message.split('. ')[0] : String(error)}. Usage: ${usage}`)
  }
  const { world, database, account, journal } = values
  if (world === undefined || database === undefined)
    throw new UsageError(`Expected --world and --database. Usage: ${usage}`)
  if (account !== undefined && !isAddress(account, { strict: false }))
    throw new UsageError(`Expected --account with 20 bytes as 0x…, came "${account}".`)
  return {
    file: world.endsWith('.json') ? world : join(world, 'world.json'),
    database,
    account: account as Address | undefined,
    journal,
    graceSeconds: wholeNumber('--grace', values.grace),
    replacements: wholeNumber('--replacements', values.replacements),
    json: values.json,
  }
}

function wholeNumber(flag: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new UsageError(`Expected a whole number after ${flag}, came "${text}".`)
  return Number(text)
}

async function worldIn(file: string): Promise<World> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new UsageError(`Expected the world's description in ${file}: ${firstLine(error)}`)
  })
  try {
    const world = JSON.parse(text) as World
    if (!Array.isArray(world.chains) || !Array.isArray(world.tokens)) throw new Error('it has no chains or no tokens')
    return world
  } catch (error) {
    throw new UsageError(`${file} is no world.json: ${firstLine(error)}`)
  }
}

async function main(): Promise<number> {
  const { file, database, account, json, ...options } = readArguments()
  const world = await worldIn(file)
  const known = await accountsIn(database).catch((error: unknown) => {
    throw new UsageError(`The database cannot be read: ${firstLine(error)}`)
  })
  const accounts = account ? [account] : known
  if (accounts.length === 0)
    throw new UsageError('The database knows no account yet. Name one with --account, or wait for the first cycle.')
  const verdicts: BooksVerdict[] = []
  for (const one of accounts) verdicts.push(await checkBooks(world, database, one, options))
  process.stdout.write(json ? `${JSON.stringify(verdicts, null, 2)}\n` : verdicts.map(describe).join('\n'))
  return verdicts.every(({ findings }) => findings.length === 0) ? 0 : 1
}

function describe({ account, findings, counts, open }: BooksVerdict): string {
  const under = Object.entries(open).filter(([, count]) => count > 0)
  const rest =
    under.length === 0 ? 'at rest' : `under way: ${under.map(([what, count]) => `${count} ${what}`).join(', ')}`
  return [
    `${getAddress(account)}, ${rest}`,
    ...Object.entries(counts).map(([what, count]) => `  ${what.padEnd(14)}${String(count).padStart(6)}`),
    ...(findings.length === 0 ? ['  nothing is wrong'] : [`  ${findings.length} broken`]),
    ...findings.map(({ kind, chain, detail }) => `${kind} [${chain}] ${detail}`),
    '',
  ].join('\n')
}

function firstLine(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(firstLine).join('; ')
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    process.stderr.write(
      error instanceof UsageError
        ? `${error.message}\n`
        : `Nothing was judged: ${firstLine(error)} Is the world of --world running, and the database of --database reachable?\n`,
    )
    process.exitCode = 2
  },
)
