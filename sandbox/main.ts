import { readFile, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { isAlive } from './is-alive.js'
import { type DaemonConfigOptions, writeDaemonConfig } from './daemon-config.js'
import { type IdentityProvider, startIdentityProvider } from './identity-provider.js'
import { type PoolLayout, poolLayouts } from './pools.js'
import { scenarioNames, type ScenarioName } from './scenarios.js'
import { SandboxStartError } from './start-error.js'
import { portsUsed, startWorld, type RunningWorld } from './start-world.js'

const modes = ['live', 'dry-run'] as const
const signers = ['development', 'remote', 'none'] as const
const usage = `npm run sandbox -- [--seed N] [--scenario ${scenarioNames.join('|')}] [--pools ${poolLayouts.join('|')}] [--port-base P] [--dir DIR] [--identity-provider] [--mode ${modes.join('|')}] [--signer ${signers.join('|')}] [--host ADDRESS]`

interface Arguments {
  seed: number
  scenario: ScenarioName
  pools: PoolLayout
  portBase: number
  dir: string
  identityProvider: boolean
  daemon: DaemonConfigOptions
}

function readArguments(): Arguments {
  const options = {
    seed: { type: 'string', default: '1' },
    scenario: { type: 'string', default: 'rally' },
    pools: { type: 'string', default: 'default' },
    'port-base': { type: 'string', default: '18545' },
    dir: { type: 'string', default: '.evenkeel/sandbox' },
    'identity-provider': { type: 'boolean', default: false },
    mode: { type: 'string', default: 'live' },
    signer: { type: 'string', default: 'development' },
    host: { type: 'string', default: '127.0.0.1' },
  } as const
  let values
  try {
    ;({ values } = parseArgs({ options, strict: true, allowPositionals: false }))
  } catch (error) {
    throw new SandboxStartError(
      `${error instanceof Error ? error.message.split('. ')[0] : String(error)}. Usage: ${usage}`,
    )
  }
  return {
    seed: wholeNumber('--seed', values.seed),
    scenario: oneOf('--scenario', scenarioNames, values.scenario),
    pools: oneOf('--pools', poolLayouts, values.pools),
    portBase: wholeNumber('--port-base', values['port-base']),
    dir: resolve(values.dir),
    identityProvider: values['identity-provider'],
    daemon: {
      mode: oneOf('--mode', modes, values.mode),
      signer: oneOf('--signer', signers, values.signer),
      host: values.host,
    },
  }
}

function oneOf<T extends string>(flag: string, known: readonly T[], came: string): T {
  const found = known.find((name) => name === came)
  if (found === undefined) throw new SandboxStartError(`Expected ${flag} ${known.join(' or ')}, came "${came}".`)
  return found
}

function wholeNumber(flag: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new SandboxStartError(`Expected a whole number after ${flag}, came "${text}".`)
  return Number(text)
}

function introduce({ world }: RunningWorld, people: IdentityProvider | undefined, configFile: string): string {
  const treasury = world.accounts.find(({ alias }) => alias === 'treasury')?.address
  return [
    '',
    ...world.chains.map(
      (chain) =>
        `  ${chain.key.padEnd(10)} ${chain.rpcUrl}  chain id ${chain.chainId}, providers ${chain.rpcUrls.map((url) => new URL(url).port).join(' ')}`,
    ),
    `  LI.FI      ${world.apis.lifi.url}`,
    `  0x         ${world.apis.zeroex.restUrl}  tRPC ${world.apis.zeroex.trpcUrl}`,
    `  prices     ${world.apis.prices.url}/v1/prices?assets=ETH,BTC`,
    `  control    ${world.apis.control.url}/state`,
    `  treasury   ${treasury}`,
    ...(people ? [`  people     ${people.issuer}/token {"subject":"ada","scopes":["status:read","pause"]}`] : []),
    '',
    `Start the daemon in another terminal: npm run build && npm run evenkeel -- start --config ${configFile}`,
    'Ctrl-C ends the world.',
    '',
  ].join('\n')
}

async function main(): Promise<void> {
  const startedAt = Date.now()
  const seconds = () => `${((Date.now() - startedAt) / 1000).toFixed(1).padStart(5)} s`
  const say = (line: string) => process.stdout.write(`${line}\n`)
  const options = readArguments()

  let running: RunningWorld | undefined
  let ending = false
  const end = () => {
    if (ending) return
    ending = true
    say('Stopping the world.')
    // A start under way is not waited for: the nodes end with this process.
    const stopped = running ? running.stop() : Promise.resolve()
    void stopped.finally(() => process.exit(0))
  }
  process.on('SIGINT', end)
  process.on('SIGTERM', end)

  const configFile = resolve(options.dir, 'evenkeel.yaml')
  await removeOldDatabase(resolve(options.dir, 'postgres'))
  await rm(configFile, { force: true })
  running = await startWorld({ ...options, onProgress: (line) => say(`${seconds()}  ${line}`) })
  const people = options.identityProvider ? await startIdentityProvider(identityPort(options)) : undefined
  await writeDaemonConfig(running.world, configFile, {
    ...options.daemon,
    ...(people && { oidc: { issuer: people.issuer, audience: people.audience, consoleClientId: 'console' } }),
  })
  running.control.startScenario()
  say(`${seconds()}  ready: seed ${options.seed}, scenario ${options.scenario}, described in ${options.dir}/world.json`)
  say(introduce(running, people, configFile))
}

/** The last port of the world. */
function identityPort({ portBase }: Arguments): number {
  return portBase === 0 ? 0 : portBase + portsUsed - 1
}

/** What a daemon wrote down about an earlier world of this folder is untrue of the next one. */
async function removeOldDatabase(folder: string): Promise<void> {
  const owner = Number(await readFile(join(folder, 'owner'), 'utf8').catch(() => ''))
  if (owner > 0 && isAlive(owner))
    throw new SandboxStartError(`Process ${owner} uses the database of the earlier world in ${folder}. End it first.`)
  await rm(folder, { recursive: true, force: true })
}

main().catch((error: unknown) => {
  const isExpected = error instanceof SandboxStartError
  process.stderr.write(isExpected ? `${error.message}\n` : `${error instanceof Error ? error.stack : String(error)}\n`)
  process.exit(1)
})
