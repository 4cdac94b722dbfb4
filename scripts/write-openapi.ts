// Writes docs/openapi.json from the routes of the API. With --check it writes nothing and fails when the committed file
// differs. Nothing is started: only what the controllers declare is read.
import 'reflect-metadata'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import prettier from 'prettier'
import { API_CONTROLLERS } from '../src/interface/http/api-controllers.js'
import { describeApi } from '../src/interface/http/openapi.js'

const root = join(import.meta.dirname, '..')
const file = join(root, 'docs', 'openapi.json')
const name = relative(root, file)

@Module({ controllers: API_CONTROLLERS })
class DocumentModule {}

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
const app = await NestFactory.create(DocumentModule, { logger: false, preview: true })
const options = { ...(await prettier.resolveConfig(file)), filepath: file }
const text = await prettier.format(JSON.stringify(describeApi(app, version)), options)

if (!process.argv.includes('--check')) {
  writeFileSync(file, text)
  console.log(`${name} is written.`)
} else if (readFileSync(file, 'utf8') !== text) {
  console.error(`${name} is not what the controllers declare. Run \`npm run docs:openapi\` and commit the result.`)
  process.exitCode = 1
} else console.log(`${name} is what the controllers declare.`)
