import { CronTime, validateCronExpression } from 'cron'
import { createPolicy } from '../domain/rebalancing/registry.js'
import { readParameters } from '../domain/targets/parameters.js'
import { targetAssets } from '../domain/targets/target-assets.js'
import { TARGET_SETTERS } from '../domain/targets/registry.js'
import { SOURCE_SETTER } from '../domain/targets/target-setting.js'
import { boundsOf } from '../domain/targets/weight-limits.js'
import { parseDecimal } from '../domain/units/decimal.js'
import { mulDiv, RATIO_ONE } from '../domain/units/ratio.js'
import { assetsOf, configuredPolicyOf, targetSettingOf } from './portfolios.js'
import { isPrivate } from './private-address.js'
import { type ConfigFile, TOKEN_VARIABLE } from './schema.js'

type PortfolioFile = ConfigFile['portfolios'][string]
type Finding = [path: string, finding: string]

/** What is wrong with the policies of a portfolio and with how its weights are set; paths within the portfolio. */
export function rebalancingFindings(config: ConfigFile, portfolio: PortfolioFile, isPlay: boolean): Finding[] {
  const findings = [...policyFindings(portfolio.rebalancing, 'rebalancing', portfolio)]
  if (portfolio.shadow) findings.push(...policyFindings(portfolio.shadow, 'shadow', portfolio))
  findings.push(...stressFindings(portfolio))
  return [...findings, ...settingFindings(config, portfolio), ...sourceFindings(portfolio, isPlay)]
}

function policyFindings(given: PortfolioFile['rebalancing'], path: string, { targets }: PortfolioFile): Finding[] {
  const findings = Object.keys(given.overrides)
    .filter((asset) => !Object.hasOwn(targets, asset))
    .map((asset): Finding => [
      `${path}.overrides.${asset}`,
      `expected one of the targets (${Object.keys(targets).join(', ')})`,
    ])
  try {
    const { choice, calendar } = configuredPolicyOf(given)
    if (calendar && !comesDue(calendar.schedule))
      findings.push([`${path}.calendar`, 'expected a schedule that comes due'])
    createPolicy(choice, { ...(calendar && { nextDue: () => undefined }), solve: () => undefined })
  } catch (error) {
    findings.push([path, error instanceof Error ? error.message : String(error)])
  }
  return findings
}

/** An expression that is none is another finding already. */
function comesDue(schedule: string): boolean {
  try {
    new CronTime(schedule, 'UTC').sendAt()
    return true
  } catch {
    return !validateCronExpression(schedule).valid
  }
}

/** In stress something can still be traded. */
function stressFindings({ stress, maxLegUsd, minimumTradeUsd, slippageBps }: PortfolioFile): Finding[] {
  const findings: Finding[] = []
  const [leg, share, least] = [maxLegUsd, stress.legShare, minimumTradeUsd].map((text) => parseDecimal(text, 18) ?? 0n)
  if (mulDiv(leg!, share!, RATIO_ONE, 'down') < least!)
    findings.push(['stress.legShare', `expected a share that leaves a leg of minimumTradeUsd, got ${stress.legShare}`])
  if (slippageBps > 0 && slippageBps * Number(stress.slippageShare) < 1)
    findings.push([
      'stress.slippageShare',
      `expected a share that leaves 1 bp of slippageBps, got ${stress.slippageShare}`,
    ])
  return findings
}

function settingFindings(config: ConfigFile, portfolio: PortfolioFile): Finding[] {
  const setting = targetSettingOf(config, portfolio)
  const targets = Object.keys(portfolio.targets).map((asset) => ({ asset, weight: 0n }))
  const assets = targetAssets({ assets: assetsOf(config), policy: { targets }, targetSetting: setting }, undefined)
  const findings: Finding[] = []
  const setter = TARGET_SETTERS.find(({ name }) => name === setting.setter)
  if (setting.setter === 'fixed') {
    if (Object.keys(portfolio.targetSetting.parameters).length > 0)
      findings.push(['targetSetting.parameters', 'expected none: fixed weights are those under targets'])
  } else if (setter) {
    const read = readParameters(setter.name, setter.parameters, setting.parameters, assets)
    if (read.status === 'refused') findings.push(['targetSetting.parameters', read.detail])
  }
  findings.push(...unknownLimits(config, portfolio))
  const bounds = boundsOf(assets, setting.limits)
  if (bounds.status === 'refused') findings.push(['targetSetting.limits', bounds.detail])
  return findings
}

/** A limit of something that is not there would limit nothing. */
function unknownLimits(
  { assets, chains }: ConfigFile,
  { targets, targetSetting: { limits } }: PortfolioFile,
): Finding[] {
  const issuers = new Set(Object.values(assets).flatMap(({ issuer }) => (issuer === undefined ? [] : [issuer])))
  const kinds = [
    ['assets', 'one of the targets', Object.keys(targets)],
    ['issuers', 'the issuer of an asset', [...issuers]],
    ['chains', 'one of the chains', Object.keys(chains)],
  ] as const
  return kinds.flatMap(([kind, what, known]) =>
    Object.keys(limits[kind])
      .filter((name) => !known.includes(name))
      .map((name): Finding => [
        `targetSetting.limits.${kind}.${name}`,
        `expected ${what} (${known.join(', ') || 'none has one'})`,
      ]),
  )
}

function sourceFindings({ mode, targetSetting: { setter, source } }: PortfolioFile, isPlay: boolean): Finding[] {
  const path = 'targetSetting.source'
  if (setter !== SOURCE_SETTER)
    return source ? [[path, `expected none, for the setter ${setter} does not ask it; or the setter source`]] : []
  if (!source) return [[path, 'expected where the weights come from']]
  const findings: Finding[] = []
  if (mode === 'live' && !isPlay && source.publicKey === undefined)
    findings.push([`${path}.publicKey`, 'expected the key with which the weights of a live portfolio are signed'])
  if (source.kind === 'file' && source.tokenVariable !== TOKEN_VARIABLE)
    findings.push([`${path}.tokenVariable`, 'expected none: a file is read without a token'])
  if (source.kind === 'http' && !(URL.canParse(source.location) && isPrivate(new URL(source.location))))
    findings.push([`${path}.location`, 'expected an address with https, or plain http to this machine only'])
  return findings
}
