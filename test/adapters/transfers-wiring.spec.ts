import { expect, test } from '@jest/globals'
import type { FactoryProvider } from '@nestjs/common'
import { AppModule, type Parts } from '../../src/app.module.js'
import { configSchema } from '../../src/config/schema.js'
import { Transfers } from '../../src/ports/transfers.js'
import { aCycle, addressOf, aRun, aTransfer } from '../support/builders.js'
import { FakeClock } from '../support/fake-clock.js'
import { RecordingObserver } from '../support/fake-ports.js'
import { minimalConfig } from '../support/minimal-config.js'

test('a bridge with events is searched on the chains although no LI.FI venue is configured', async () => {
  const file = configSchema.parse({
    ...minimalConfig(),
    bridges: {
      swift: {
        tier: 'liquidity',
        events: {
          contracts: { alpha: addressOf(0xe1) },
          deposit: 'event Sent(bytes32 indexed id)',
          payout: 'event Paid(bytes32 indexed id, address receiver, uint256 amount)',
          id: 'id',
        },
        expectedSeconds: 300,
        lostAfterSeconds: 86_400,
      },
    },
  })
  expect(Object.values(file.venues).map(({ kind }) => kind)).toEqual(['zeroex'])
  const { providers = [] } = AppModule.of({ config: { file, secrets: {} }, build: {} } as unknown as Parts)
  const provider = providers.find((one) => (one as FactoryProvider).provide === Transfers) as FactoryProvider<Transfers>
  const chain = { receipt: () => Promise.reject(new Error('The chain was asked.')) }
  const transfers = await provider.useFactory(chain, new FakeClock(), new RecordingObserver())
  const flight = { ...aTransfer(aCycle(), aRun()), bridge: 'swift' }
  await expect(transfers.find(flight, [])).rejects.toThrow('The chain was asked.')
  expect(await transfers.find({ ...flight, bridge: 'ferry' }, [])).toEqual([])
})
