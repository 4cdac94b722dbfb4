import { z } from 'zod'
import { address, decimal, units } from './figures-schema.js'

const argument = z
  .strictObject({
    name: z.string().describe('With the names of what it stands in: `bridgeData.receiver`, `swapData[0].callTo`.'),
    type: z.string(),
    value: z.string().describe('Whole numbers in decimals, addresses in full; long bytes and texts are cut.'),
    isCut: z.boolean(),
  })
  .meta({ id: 'CallArgument' })

const tokenUnits = z
  .strictObject({
    chain: z.string(),
    token: address,
    symbol: z.string().nullable().describe('Null for a token that is not configured.'),
    amount: decimal.nullable(),
    units: units.nullable().describe('Null where the calldata guarantees none.'),
  })
  .meta({ id: 'CallAmount' })

/** What calldata says, read from its bytes by the daemon's own code. */
export const callSchema = z
  .strictObject({
    status: z
      .enum(['decoded', 'undecoded'])
      .describe('`undecoded`: the bytes are not those of a function that is known; nothing is said about them.'),
    reason: z.string().nullable().describe('Why it is undecoded, or what the calldata contradicts itself about.'),
    selector: z.string().nullable(),
    contract: z.string().nullable().describe('What kind of contract has this function.'),
    function: z.string().nullable().describe('Its name.'),
    arguments: z.array(argument),
    inner: z
      .array(z.strictObject({ at: z.string(), function: z.string(), arguments: z.array(argument) }))
      .describe('Calls within its arguments that are known; `at` says where they stand.'),
    means: z
      .strictObject({
        spender: address.nullable().describe('Who may take the token, of an approval.'),
        takes: tokenUnits.nullable().describe('Everything that it takes, or allows to be taken.'),
        brings: tokenUnits.nullable().describe('What comes of it, and the least that may.'),
        receivers: z.array(z.strictObject({ role: z.string(), address, isOurs: z.boolean() })),
        bridge: z
          .strictObject({ name: z.string(), destinationChain: z.string().nullable(), destinationChainId: z.number() })
          .nullable(),
        calls: z.array(address).describe('Other contracts that it is told to call.'),
      })
      .nullable()
      .describe('In the words of the firewall that judged it.'),
  })
  .meta({ id: 'DecodedCall' })
