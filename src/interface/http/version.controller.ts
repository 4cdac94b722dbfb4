import { Controller, Get } from '@nestjs/common'
import { Route } from './access/route.js'
import { Installation } from './installation.js'
import { versionAnswer } from './version-schema.js'

/** Which build answers, in the words of `evenkeel_build_info` and `evenkeel_config_info`. */
@Controller('v1')
export class VersionController {
  constructor(private readonly installation: Installation) {}

  @Get('version')
  @Route({
    scope: 'status:read',
    bucket: 'read',
    summary: 'What runs here: version, revision, Node.js, schema and configuration',
    answer: versionAnswer,
  })
  version() {
    const { version, revision, schema, configHash } = this.installation.facts
    return { version, revision, nodeVersion: process.version, schema, configHash }
  }
}
