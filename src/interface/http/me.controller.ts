import { Controller, Get } from '@nestjs/common'
import type { Principal } from '../../domain/access/principal.js'
import { ACCESS_SCOPES } from '../../domain/access/scopes.js'
import { usdToText } from '../../domain/units/usd.js'
import { Caller } from './access/caller.js'
import { Route } from './access/route.js'
import { configAnswer } from './config-schema.js'
import { Installation } from './installation.js'
import { meAnswer } from './me-schema.js'
import { Approvals } from './operations.controller.js'
import { Portfolios } from './portfolios.controller.js'

/** Who asks, and of whom. */
@Controller('v1')
export class MeController {
  constructor(
    private readonly approvals: Approvals,
    private readonly portfolios: Portfolios,
    private readonly installation: Installation,
  ) {}

  @Get('me')
  @Route({
    scope: 'status:read',
    bucket: 'read',
    summary: 'Who asks, what they may do, and whose word it takes here',
    isPersonal: true,
    answer: meAnswer,
  })
  me(@Caller() { subject, kind, keyId, scopes }: Principal) {
    const { resume } = this.approvals
    // The same for every portfolio.
    const plan = this.portfolios.all[0]?.planApproval
    const { version, revision, configHash } = this.installation.facts
    return {
      subject,
      kind,
      keyId: keyId ?? null,
      scopes: ACCESS_SCOPES.filter((scope) => scopes.has(scope)),
      approvals: {
        resume,
        plan: plan?.people ?? 0,
        planAboveUsd: usdToText(plan?.above ?? 0n),
        bigPlanUsd: plan?.bigAbove === undefined ? null : usdToText(plan.bigAbove),
      },
      version,
      revision,
      configHash,
    }
  }

  @Get('config')
  @Route({
    scope: 'status:read',
    bucket: 'read',
    summary: 'The effective configuration with its hash',
    description: 'With every default. Of addresses nothing but scheme and host is shown, of secrets nothing.',
    answer: configAnswer,
  })
  config() {
    const { configHash, version, revision, config } = this.installation.facts
    return { hash: configHash, version, revision, config }
  }
}
