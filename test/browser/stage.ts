import { execFileSync } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { AxeBuilder } from '@axe-core/playwright'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { type IdentityProvider, startIdentityProvider } from '../../sandbox/identity-provider.js'
import { ACCESS_SCOPES } from '../../src/domain/access/scopes.js'
import { type DaemonProcess, startDaemon } from '../support/daemon-process.js'
import { createTestDatabase, type TestDatabase } from '../support/database.js'
import { type SandboxWorld, startSandboxWorld } from '../support/sandbox-world.js'

const pathOf = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))

/** Where pictures of the pages go when EVENKEEL_PICTURES is set. */
const pictures = pathOf('../../docs/media/')

export const DESK = { width: 1280, height: 900 }
export const PHONE = { width: 390, height: 844 }

/** A sandbox world with a daemon whose plans one other person approves, and whose resumes take two people. */
export interface Stage {
  readonly world: SandboxWorld
  readonly daemon: DaemonProcess
  readonly people: IdentityProvider
  readonly browser: Browser
  /** A page of somebody's own, logged in with a token that is good for 15 minutes. */
  open(person: string, options?: { readonly size?: typeof DESK; readonly theme?: 'light' | 'dark' }): Promise<Page>
  stop(): Promise<void>
}

export async function startStage(): Promise<Stage> {
  const ends: (() => Promise<unknown>)[] = []
  const stop = async () => {
    for (const end of ends.toReversed()) await end()
  }
  try {
    const database: TestDatabase = await createTestDatabase()
    ends.push(() => database.drop())
    const world = await startSandboxWorld('rally')
    ends.push(() => world.stop())
    const people = await startIdentityProvider(0)
    ends.push(() => people.stop())
    const config = await world.config(
      (file) => {
        file.portfolios['treasury']!.rebalancing.cooldownSeconds = 0
        file.server.approvals = { resume: 2, plan: 1, planAboveUsd: '1' }
      },
      { schedule: '*/3 * * * * *', oidc: { issuer: people.issuer, audience: people.audience } },
    )
    const daemon = await startDaemon({
      config,
      databaseUrl: database.url,
      environment: { EVENKEEL_ADMIN_TOKEN: '' },
    })
    ends.push(() => daemon.kill())
    const executablePath = execFileSync(process.execPath, [pathOf('../../scripts/find-chromium.mjs')], {
      encoding: 'utf8',
    }).trim()
    // In a container the browser has no namespaces of its own to be shut into.
    const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
    ends.push(() => browser.close())
    const open: Stage['open'] = async (person, { size = DESK, theme = 'light' } = {}) => {
      const context: BrowserContext = await browser.newContext({
        viewport: size,
        colorScheme: theme,
        timezoneId: 'UTC',
      })
      const page = await context.newPage()
      const token = await people.tokenFor(person, ACCESS_SCOPES)
      await page.goto(`${daemon.adminUrl}/console/#key=${token}`)
      return page
    }
    return { world, daemon, people, browser, open, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** What axe finds that keeps somebody from using the page: serious and critical violations, in words. */
export async function violationsOn(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21aa']).analyze()
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`)
}

/** Keeps a picture for the documents, where they are asked for. */
export async function picture(page: Page, name: string): Promise<void> {
  if (process.env['EVENKEEL_PICTURES'] === undefined) return
  await mkdir(pictures, { recursive: true })
  await page.screenshot({ path: `${pictures}${name}.png` })
}
