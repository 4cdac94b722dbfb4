#!/usr/bin/env node
import 'reflect-metadata'
import { readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { runCommand } from './commands.js'
import { Failpoints } from './ports/failpoints.js'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
// As PID 1 a signal without a handler is ignored: it ends every command but `start`, which ends in order.
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, () => process.exit(128 + constants.signals[signal]))
process.exitCode = await runCommand(process.argv.slice(2), {
  version,
  failpoints: new Failpoints(),
  environment: process.env,
})
