import { nextDueOf } from '../adapters/time/cron-calendar.js'
import { createPolicy } from '../domain/rebalancing/registry.js'
import { readParameters } from '../domain/targets/parameters.js'
import { TARGET_SETTERS } from '../domain/targets/registry.js'
import { SOURCE_SETTER } from '../domain/targets/target-setting.js'
import { boundsOf } from '../domain/targets/weight-limits.js'
import { configuredPolicyOf, targetAssetsOf, targetSettingOf } from './portfolios.js'
import type { ConfigFile } from './schema.js'
import { isTimeZone } from './time-zone.js'

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
    // A time zone that is none is another finding already.
    const nextDue = calendar && (isTimeZone(calendar.timeZone) ? nextDueOf(calendar) : () => 1)
    if (nextDue && nextDue(0) === undefined) findings.push([`${path}.calendar`, 'expected a schedule that comes due'])
    createPolicy(choice, { ...(nextDue && { nextDue }), solve: () => undefined })
  } catch (error) {
    findings.push([path, error instanceof Error ? error.message : String(error)])
  }
  return findings
}

/** In stress something can still be traded. */
function stressFindings({ stress, maxLegUsd, minimumTradeUsd, slippageBps }: PortfolioFile): Finding[] {
  const findings: Finding[] = []
  if (Number(maxLegUsd) * Number(stress.legShare) < Number(minimumTradeUsd))
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
  const assets = targetAssetsOf(config, portfolio)
  const findings: Finding[] = []
  const setter = TARGET_SETTERS.find(({ name }) => name === setting.setter)
  if (setting.setter === 'fixed') {
    if (Object.keys(portfolio.targetSetting.parameters).length > 0)
      findings.push(['targetSetting.parameters', 'expected none: fixed weights are those under targets'])
  } else if (setter) {
    const read = readParameters(setter.name, setter.parameters, setting.parameters, assets)
    if (read.status === 'refused') findings.push(['targetSetting.parameters', read.detail])
  }
  const bounds = boundsOf(assets, setting.limits)
  if (bounds.status === 'refused') findings.push(['targetSetting.limits', bounds.detail])
  return findings
}

function sourceFindings({ mode, targetSetting: { setter, source } }: PortfolioFile, isPlay: boolean): Finding[] {
  const path = 'targetSetting.source'
  if (setter !== SOURCE_SETTER)
    return source ? [[path, `expected none, for the setter ${setter} does not ask it; or the setter source`]] : []
  if (!source) return [[path, 'expected where the weights come from']]
  const findings: Finding[] = []
  if (mode === 'live' && !isPlay && source.publicKey === undefined)
    findings.push([`${path}.publicKey`, 'expected the key with which the weights of a live portfolio are signed'])
  if (source.kind === 'http' && !isSafeAddress(source.location))
    findings.push([`${path}.location`, 'expected an address with https, or plain http to this machine only'])
  return findings
}

function isSafeAddress(text: string): boolean {
  const address = URL.canParse(text) ? new URL(text) : undefined
  if (!address) return false
  const isHere = ['localhost', '127.0.0.1', '[::1]'].includes(address.hostname)
  return address.protocol === 'https:' || (address.protocol === 'http:' && isHere)
}
