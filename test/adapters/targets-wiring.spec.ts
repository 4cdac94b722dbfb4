import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { FactoryProvider } from '@nestjs/common'
import { stringify } from 'yaml'
import { AppModule, type Parts } from '../../src/app.module.js'
import { loadConfig } from '../../src/config/load.js'
import { TargetSources } from '../../src/ports/target-source.js'
import { addressOf } from '../support/builders.js'
import { minimalConfig } from '../support/minimal-config.js'
import { ReplayServer } from '../support/replay-server.js'

const servers = [new ReplayServer(), new ReplayServer()] as const
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evenkeel-targets-wiring-'))
  for (const server of servers) await server.start()
})
afterAll(async () => {
  for (const server of servers) await server.stop()
  await rm(folder, { recursive: true })
})

test('every source of weights is sent the token of its own variable, and no other', async () => {
  const document = minimalConfig()
  const ask = (server: ReplayServer, tokenVariable: string) => ({
    setter: 'source',
    source: { kind: 'http', location: `${server.url}/weights`, tokenVariable },
  })
  const core = document.portfolios['core']!
  const account = { alias: 'second', address: addressOf(0xacd) }
  document.portfolios['other'] = { ...core, account, targetSetting: ask(servers[1], 'EVENKEEL_TARGETS_TOKEN_OTHER') }
  core['targetSetting'] = ask(servers[0], 'EVENKEEL_TARGETS_TOKEN')
  const path = join(folder, 'evenkeel.yaml')
  await writeFile(path, stringify(document))
  const config = loadConfig(path, { EVENKEEL_TARGETS_TOKEN: 'for-core', EVENKEEL_TARGETS_TOKEN_OTHER: 'for-other' })
  const { providers = [] } = AppModule.of({ config, build: {} } as unknown as Parts)
  const provider = providers.find((one) => (one as FactoryProvider).provide === TargetSources)
  const sources = (await (provider as FactoryProvider<TargetSources>).useFactory()) as TargetSources
  for (const portfolio of ['core', 'other']) await sources.of(portfolio)!.read()
  const sent = servers.map(({ requests }) => requests.map(({ headers }) => headers.authorization))
  expect(sent).toEqual([['Bearer for-core'], ['Bearer for-other']])
})
