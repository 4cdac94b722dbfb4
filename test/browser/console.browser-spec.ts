import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import type { Locator, Page } from 'playwright-core'
import { ACCESS_SCOPES } from '../../src/domain/access/scopes.js'
import { type CycleDetail, type CycleSummary, playScenario, standStill } from '../support/rally.js'
import { until } from '../support/until.js'
import { breakableWay } from './breakable-way.js'
import { DESK, PHONE, picture, type Stage, startStage, violationsOn } from './stage.js'

/** Money last: by then some is under way between the chains. */
const PAGES = ['overview', 'plan', 'history', 'operations', 'money'] as const

interface PortfolioAnswer {
  readonly navUsd: string
  readonly operatingState: { readonly state: string }
  readonly assets: readonly { readonly asset: string; readonly weight: string; readonly drift: string }[]
}

jest.setTimeout(180_000)

let stage: Stage
const portfolio = () => stage.read<PortfolioAnswer>('/v1/portfolios/treasury')
const stateOf = async () => (await portfolio()).operatingState.state
const cycles = async () => (await stage.read<{ cycles: CycleSummary[] }>('/v1/cycles')).cycles
const cycleOf = (id: string) => stage.read<CycleDetail>(`/v1/cycles/${id}`)

beforeAll(async () => {
  stage = await startStage()
  await until('the first cycle to end', 30_000, async () =>
    (await cycles()).some(({ outcome }) => outcome === 'within_band') ? true : undefined,
  )
}, 120_000)
afterAll(() => stage?.stop(), 60_000)

const goTo = (page: Page, hash: string) => page.goto(new URL(hash, page.url()).href)
const titled = (page: Page, name: string | RegExp) => page.getByRole('heading', { level: 1, name })
const panel = (page: Page, name: string) => page.getByRole('region', { name, exact: true })
const button = (within: Page | Locator, name: string | RegExp) => within.getByRole('button', { name, exact: true })
/** What a figure says of itself to whoever wants it exactly. */
const exactly = (within: Locator) => within.getByRole('button').first().getAttribute('title')

describe('the console in a browser', () => {
  let cycleId: string

  test('shows NAV and every weight as the API has them, soon', async () => {
    const page = await stage.open('ada')
    const rows = panel(page, 'Drift against band').getByRole('row')
    await rows.nth(1).waitFor()
    const ms = await page.evaluate(() => performance.now())
    process.stdout.write(`first view interactive after ${ms.toFixed(0)} ms\n`)
    expect(ms).toBeLessThan(process.env['EVENKEEL_BENCH'] === undefined ? Infinity : 1500)

    const { navUsd, assets } = await portfolio()
    expect(await exactly(panel(page, 'Value'))).toBe(`${navUsd} USD`)
    expect(assets).toHaveLength(6)
    for (const { asset, weight, drift } of assets) {
      const cells = rows.filter({ has: page.getByRole('rowheader', { name: asset, exact: true }) }).getByRole('cell')
      expect(await exactly(cells.nth(1))).toBe(`${weight} of 1`)
      expect(await exactly(cells.nth(3))).toBe(`${drift} of 1`)
    }
    await stage.leave(page)
  })

  test('a plan waits: its picture and its list, tried otherwise without a trace, not approved by who asked', async () => {
    await playScenario(stage.world)
    await standStill(stage.world)
    const page = await stage.open('bob')
    await page.getByRole('link', { name: 'Plan', exact: true }).click()
    await button(page, 'Run a cycle now…').click()
    await page.getByText('Live: trade').click()
    await button(page.getByRole('dialog'), 'Run it live').click()

    await panel(page, 'Proposed').waitFor()
    const [waiting] = await cycles()
    cycleId = waiting!.id
    expect(page.url()).toContain(cycleId)
    const { plan, intents } = await cycleOf(cycleId)
    expect(intents).toEqual([])
    expect(await exactly(panel(page, 'What it costs').getByRole('row', { name: /^Total/ }))).toBe(
      `${plan!.cost.totalUsd} USD`,
    )
    expect(await panel(page, 'Legs').getByRole('listitem').count()).toBe(plan!.legs.length)
    const drawn = page.getByRole('region', { name: 'The plan as a graph' }).getByRole('button')
    expect(await drawn.first().getAttribute('aria-label')).toMatch(/^Leg 1.*Show it in the list$/)
    expect(await drawn.count()).toBeGreaterThan(1)

    const approval = panel(page, 'Approval')
    await approval.getByText('You asked for it yourself').waitFor()
    expect(await button(approval, 'Approve…').isDisabled()).toBe(true)
    const [proposal] = (await stage.read<ProposalsAnswer>('/v1/proposals')).proposals
    expect(proposal!.proposedBy).toBe('bob')
    const own = await stage.daemon.post(
      `/v1/proposals/plan/${cycleId}/approve`,
      { digest: proposal!.digest },
      await stage.people.tokenFor('bob', ACCESS_SCOPES),
    )
    expect(own.status).toBe(403)

    await page.getByRole('link', { name: 'What if' }).click()
    await page.getByText('Nothing is saved and nothing is done').waitFor()
    await page.getByLabel('ETH', { exact: true }).fill('30')
    await page.getByText('10 % are missing.').waitFor()
    await page.getByLabel('USDC', { exact: true }).fill('30')
    await button(page, 'See what it would do').click()
    const tried = panel(page, 'What a cycle would do')
    await tried.waitFor()
    expect(await tried.getByRole('row', { name: /ETH.*0\.4.*0\.3/ }).count()).toBe(1)
    expect((await cycles()).map(({ id }) => id)).toContain(cycleId)
    expect(await cycles()).toHaveLength(2)
    await stage.leave(page)
  })

  test('somebody else approves it by its digest, and it begins', async () => {
    const page = await stage.open('ada')
    await page.getByRole('link', { name: 'A plan waits for one approval' }).click()
    const approval = panel(page, 'Approval')
    await approval.getByText('This browser reckoned the same').waitFor()
    const drawn = page.getByRole('region', { name: 'The plan as a graph' })
    await drawn.getByRole('button').first().waitFor()
    await panel(page, 'What it costs').evaluate((costs) =>
      scrollTo(0, costs.getBoundingClientRect().top + scrollY - 110),
    )
    await picture(page, 'console-plan')
    await button(approval, 'Approve…').click()
    await button(page.getByRole('dialog'), 'Approve').click()
    await panel(page, 'Running').waitFor()
    const { proposals } = await stage.read<ProposalsAnswer>('/v1/proposals')
    expect(proposals.find(({ id }) => id === cycleId)?.approvedBy).toEqual(['ada'])
    await stage.leave(page)
  })

  const looks = [
    { name: 'at a desk, light', look: { size: DESK, theme: 'light' } },
    { name: 'on a phone, dark', look: { size: PHONE, theme: 'dark' } },
  ] as const
  test.each(looks)('everybody can use every page $name', async ({ look }) => {
    const page = await stage.open('ada', look)
    for (const hash of [
      '#/plan/what-if',
      `#/plan/${cycleId}`,
      `#/history/${cycleId}`,
      ...PAGES.map((name) => `#/${name}`),
    ]) {
      await goTo(page, hash)
      await settled(page)
      if (look.theme === 'light' && hash === '#/money') await somethingUnderWay(page)
      expect({ hash, violations: await violationsOn(page) }).toEqual({ hash, violations: [] })
      expect({ hash, width: await page.evaluate(() => document.documentElement.scrollWidth) }).toEqual({
        hash,
        width: look.size.width,
      })
      expect({ hash, hidden: await page.evaluate(hiddenSideways) }).toEqual({ hash, hidden: [] })
      const name = PAGES.find((one) => hash === `#/${one}`)
      if (look.theme === 'light' && name !== undefined && name !== 'plan') await picture(page, `console-${name}`)
      if (look.theme === 'dark' && name === 'overview') await picture(page, 'console-phone')
    }
    await stage.leave(page)
  })

  /** What is drawn over the table is there to be looked at. */
  async function somethingUnderWay(page: Page): Promise<void> {
    await panel(page, 'Under way between chains').getByRole('row').nth(1).waitFor({ timeout: 60_000 })
    const { inTransit } = await stage.read<PositionsAnswer>('/v1/portfolios/treasury/positions')
    const total = inTransit.reduce((sum, { valueUsd }) => sum + Number(valueUsd), 0)
    const shown = panel(page, 'Assets by chain').getByText('Under way now').locator('..')
    expect(Number.parseFloat((await exactly(shown))!)).toBeCloseTo(total, 2)
  }

  test('tells on a phone what a desk tells: every weight, and what each leg moves', async () => {
    const page = await stage.open('ada', { size: PHONE })
    const { assets } = await portfolio()
    for (const { asset } of assets) {
      const cells = panel(page, 'Drift against band')
        .getByRole('row')
        .filter({ has: page.getByRole('rowheader', { name: asset, exact: true }) })
        .getByRole('cell')
      await cells.nth(4).waitFor()
      for (const cell of await cells.all()) {
        const { x, width } = (await cell.boundingBox())!
        expect(x).toBeGreaterThanOrEqual(0)
        expect(x + width).toBeLessThanOrEqual(PHONE.width)
      }
    }
    await goTo(page, `#/plan/${cycleId}`)
    const cards = page.getByRole('region', { name: 'The plan as a graph' })
    await cards
      .getByRole('region', { name: /^Plan on / })
      .first()
      .waitFor()
    const { plan } = await cycleOf(cycleId)
    const drawn = await cards.getByRole('button', { name: /^Leg / }).all()
    const ordinals = await Promise.all(drawn.map(async (leg) => ordinalsIn((await leg.getAttribute('aria-label'))!)))
    expect(ordinals.flat().toSorted((a, b) => a - b)).toEqual(plan!.legs.map((_, index) => index + 1))
    for (const leg of drawn) expect(await leg.innerText()).toMatch(/→ [\d,.]+ \w+/)
    await stage.leave(page)
  })

  test('people log in at their provider, come back to where they were, and leave no token', async () => {
    const page = await stage.visit(`#/history/${cycleId}`)
    await button(page, /^Log in at /).click()
    await page.getByRole('heading', { name: 'Who are you?' }).waitFor()
    await page.getByRole('link', { name: 'cleo' }).click()
    await titled(page, /^Cycle/).waitFor()
    await page.getByText('cleo', { exact: true }).waitFor()
    const { hash, search } = new URL(page.url())
    expect([hash, search]).toEqual([`#/history/${cycleId}`, ''])
    const kept = await page.evaluate(() =>
      JSON.stringify([Object.entries(sessionStorage), Object.entries(localStorage), document.cookie]),
    )
    expect(kept).not.toMatch(/eyJ|evenkeel\.login/)
    // Who only looks cannot act.
    await button(page, 'Pause').click()
    await page.getByText('You lack the scope pause.').waitFor()
    // Browsers ask the provider for an icon, which it has not.
    await stage.leave(page, new RegExp(`^${stage.people.issuer}.*404`))
  })

  test('says that the stream is lost, and that it is back', async () => {
    const way = await breakableWay(stage.daemon.adminUrl)
    try {
      const page = await stage.open('ada', {}, way.url)
      await page.getByText('Live', { exact: true }).waitFor()
      way.break()
      await page.getByText('The live stream is lost').waitFor()
      await page.getByText('Not live', { exact: true }).waitFor()
      way.mend()
      await page.getByText('Live', { exact: true }).waitFor()
      expect(await page.getByText('The live stream is lost').count()).toBe(0)
      await stage.leave(page, /net::ERR_/)
    } finally {
      await way.close()
    }
  })

  test('its script is at most 300 kB, compressed', async () => {
    const folder = fileURLToPath(new URL('../../dist/console/', import.meta.url))
    const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('.js'))
    const sizes = await Promise.all(files.map(async (file) => gzipSync(await readFile(`${folder}${file}`)).length))
    const total = sizes.reduce((sum, size) => sum + size, 0)
    process.stdout.write(`script: ${(total / 1000).toFixed(0)} kB compressed in ${files.length} files\n`)
    expect(files.length).toBeGreaterThan(0)
    expect(total).toBeLessThanOrEqual(300_000)
  })
  test('shows how the plan is carried out', async () => {
    const page = await stage.open('ada')
    await goTo(page, `#/plan/${cycleId}`)
    await titled(page, 'Plan').waitFor()
    await until('the plan to be carried out', 120_000, async () =>
      (await cycleOf(cycleId)).outcome === null ? undefined : true,
    )
    await panel(page, 'Ended').waitFor()
    const { legs } = await cycleOf(cycleId)
    expect(legs.map(({ state }) => state)).toEqual(legs.map(() => 'done'))
    await page.getByText(`${legs.length} of ${legs.length}`, { exact: true }).waitFor()
    await stage.leave(page)
  })

  test('leads from the history to a transaction, whose address can be kept', async () => {
    const page = await stage.open('ada')
    await page.getByRole('link', { name: 'History', exact: true }).click()
    await page.getByRole('row', { name: new RegExp(cycleId.slice(-6)) }).waitFor()
    await page.locator(`a[title="${cycleId}"]`).first().click()
    const { intents, legs } = await cycleOf(cycleId)
    await panel(page, 'Legs and transactions').waitFor()
    expect(await page.getByRole('article').count()).toBeGreaterThanOrEqual(legs.length)
    const first = page.getByRole('article').first()
    await first
      .getByRole('link', { name: /^Transaction/ })
      .last()
      .click()

    await panel(page, 'What happened, in order').waitFor()
    const id = decodeURIComponent(page.url().split('/').at(-1)!)
    expect(intents.map((one) => one.id)).toContain(id)
    const intent = await stage.read<IntentAnswer>(`/v1/intents/${id}`)
    const summary = panel(page, 'In short')
    const { hash, block } = intent.inclusion!
    await summary.getByTitle(hash).waitFor()
    await summary.getByText(String(block), { exact: true }).waitFor()
    const states = panel(page, 'What happened, in order').getByText(/^written under lease/)
    expect(await states.count()).toBe(intent.timeline.length)

    const address = page.url()
    await page.reload()
    await page.getByLabel('Or an API key or access token').fill(await stage.people.tokenFor('ada', ACCESS_SCOPES))
    await button(page, 'Log in').click()
    await panel(page, 'In short').getByTitle(hash).waitFor()
    expect(page.url()).toBe(address)
    await stage.leave(page)
  })

  test('is paused by thumb on a phone', async () => {
    const page = await stage.open('ada', { size: PHONE })
    const pause = button(page, 'Pause')
    const box = await pause.boundingBox()
    expect(box!.y).toBeGreaterThanOrEqual(PHONE.height * 0.8)
    expect(box!.y + box!.height).toBeLessThanOrEqual(PHONE.height)
    expect(box!.height).toBeGreaterThanOrEqual(44)
    await pause.click()
    const dialog = page.getByRole('dialog', { name: 'Pause' })
    await dialog.getByLabel('Reason').fill('The market leaps.')
    await button(dialog, 'Pause now').click()
    await page.getByText('Paused: everything').waitFor()
    await page.getByText(/By ada since .*: The market leaps\./).waitFor()
    expect(await stateOf()).toBe('paused_new')
    await stage.leave(page)
  })

  test('is resumed by two people', async () => {
    const page = await stage.open('ada')
    await button(page, 'Resume').first().click()
    const dialog = page.getByRole('dialog', { name: 'Resume everything' })
    await dialog.getByLabel('Reason').fill('It has settled.')
    await button(dialog, 'Propose').click()
    await page.getByText('ada proposes to resume everything').waitFor()
    expect(await button(panel(page, 'Operating state'), 'Approve').isDisabled()).toBe(true)
    expect(await stateOf()).toBe('paused_new')

    const other = await stage.open('bob')
    await button(panel(other, 'Operating state'), 'Approve').click()
    await other.getByRole('dialog').getByText('This browser reckoned the same').waitFor()
    await other.getByRole('dialog').getByText('It is void as soon as what it would let go of').waitFor()
    await button(other.getByRole('dialog'), 'Approve and resume').click()
    await other.getByText('Paused: everything').waitFor({ state: 'detached' })
    expect(await stateOf()).toBe('running')
    // Whoever proposed it sees it without asking.
    await page.getByText('Paused: everything').waitFor({ state: 'detached' })
    for (const one of [page, other]) await stage.leave(one)
  })
})

interface PositionsAnswer {
  readonly inTransit: readonly { readonly valueUsd: string | null }[]
}

interface ProposalsAnswer {
  readonly proposals: readonly {
    readonly id: string
    readonly digest: string
    readonly proposedBy: string
    readonly approvedBy: readonly string[]
  }[]
}

interface IntentAnswer {
  readonly inclusion: { readonly hash: string; readonly block: string } | null
  readonly timeline: readonly unknown[]
}

/** Places of the legs that one card stands for: slices of one sale are drawn as one, `Leg 3–5`. */
function ordinalsIn(label: string): number[] {
  const [, first, last = first] = /^Leg (\d+)(?:–(\d+))?:/.exec(label)!
  return Array.from({ length: Number(last) - Number(first) + 1 }, (_, index) => Number(first) + index)
}

/** What has to be moved sideways to be seen. Runs in the page. */
function hiddenSideways(): string[] {
  return [...document.querySelectorAll('main *')]
    .filter((one) => one.clientWidth > 0 && one.scrollWidth > one.clientWidth + 1)
    .filter((one) => /auto|scroll/.test(getComputedStyle(one).overflowX))
    .map((one) => one.getAttribute('aria-label') ?? one.outerHTML.slice(0, 100))
}

/** Everything that the page asked for has come. */
async function settled(page: Page): Promise<void> {
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.getByRole('heading', { level: 2 }).first().waitFor()
  await until('the page to have everything', 20_000, async () =>
    (await page.getByRole('status').filter({ hasText: /…$/ }).count()) === 0 ? true : undefined,
  )
}
