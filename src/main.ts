#!/usr/bin/env node
import 'reflect-metadata'
import { readFileSync } from 'node:fs'
import { runCommand } from './commands.js'
import { Failpoints } from './ports/failpoints.js'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
process.exitCode = await runCommand(process.argv.slice(2), {
  version,
  failpoints: new Failpoints(),
  environment: process.env,
})
