import { execFileSync } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { AxeBuilder } from '@axe-core/playwright'
import { chromium, type Page } from 'playwright-core'
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

interface Look {
  readonly size?: typeof DESK
  readonly theme?: 'light' | 'dark'
}

/** Every wait of a page ends with a failure after this. */
const PATIENCE_MS = 20_000

/**
 * A sandbox world with a daemon whose plans one other person approves, and whose resumes take two people. It
 * runs one cycle when it starts; every other one somebody asks for.
 */
export interface Stage {
  readonly world: SandboxWorld
  readonly daemon: DaemonProcess
  readonly people: IdentityProvider
  /** What the admin API answers GET `path` with, to somebody who may read everything. */
  read<T>(path: string): Promise<T>
  /** A page of somebody's own at an address of the console, with nobody logged in. Not from the daemon itself where an `origin` is given. */
  visit(hash: string, look?: Look, origin?: string): Promise<Page>
  /** The same, logged in with a token that is good for 15 minutes. */
  open(person: string, look?: Look, origin?: string): Promise<Page>
  /** Closes a page; throws where anything went wrong in it as its console says: errors, and what its policy kept out. */
  leave(page: Page, expected?: RegExp): Promise<void>
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
        file.server.approvals = { resume: 2, plan: 1, planAboveUsd: '1', cooldownMinutes: 0 }
      },
      {
        schedule: '0 0 0 1 1 *',
        oidc: { issuer: people.issuer, audience: people.audience, consoleClientId: 'evenkeel-console' },
      },
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
    const faults = new Map<Page, string[]>()
    const visit: Stage['visit'] = async (hash, { size = DESK, theme = 'light' } = {}, origin = daemon.adminUrl) => {
      const context = await browser.newContext({ viewport: size, colorScheme: theme, timezoneId: 'UTC' })
      context.setDefaultTimeout(PATIENCE_MS)
      const page = await context.newPage()
      const found: string[] = []
      faults.set(page, found)
      page.on('console', (message) => {
        if (message.type() === 'error') found.push(`${page.url()}: ${message.text()}`)
      })
      page.on('pageerror', (error) => found.push(`${page.url()}: ${error.message}`))
      await page.goto(`${origin}/console/${hash}`)
      return page
    }
    const open: Stage['open'] = async (person, look, origin) =>
      visit(`#key=${await people.tokenFor(person, ACCESS_SCOPES)}`, look, origin)
    const leave: Stage['leave'] = async (page, expected) => {
      await page.context().close()
      const unexpected = faults.get(page)!.filter((fault) => expected?.test(fault) !== true)
      if (unexpected.length > 0) throw new Error(`The console of the page says:\n${unexpected.join('\n')}`)
    }
    const read = async <T>(path: string) => {
      const { status, body } = await daemon.get(path, await people.tokenFor('reader', ACCESS_SCOPES))
      if (status !== 200) throw new Error(`GET ${path} answered ${status}: ${JSON.stringify(body)}`)
      return body as T
    }
    return { world, daemon, people, read, visit, open, leave, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** What axe finds that keeps somebody from using the page: serious and critical violations, in words. */
export async function violationsOn(page: Page): Promise<string[]> {
  // The pages have no frames, without which all of it is done in the page itself.
  const { violations } = await new AxeBuilder({ page })
    .setLegacyMode()
    .withTags(['wcag2a', 'wcag2aa', 'wcag21aa'])
    .analyze()
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
