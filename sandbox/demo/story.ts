import { styleText } from 'node:util'
import type { FoundOut } from './hostile.js'
import type {
  AmountView,
  AssetView,
  CostView,
  CycleView,
  IntentView,
  LegView,
  PlanView,
  PortfolioView,
  TransferView,
} from './views.js'

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'

/** Tells what happens, a line at a time, in colour where a person looks. */
export class Story {
  private readonly startedAt = Date.now()
  private readonly told = new Set<string>()

  constructor(
    private readonly write: (line: string) => void,
    private readonly isColoured: boolean,
  ) {}

  chapter(title: string): void {
    this.write('')
    this.write(this.style('bold', title))
  }

  line(text: string): void {
    const seconds = ((Date.now() - this.startedAt) / 1000).toFixed(1).padStart(6)
    this.write(`${this.style('dim', `${seconds} s`)}  ${text}`)
  }

  /** What is held where, and every asset's drift against its band as a bar. */
  portfolio({ navUsd, drift, assets, chains }: PortfolioView): void {
    this.line(
      `NAV ${usd(navUsd)}, portfolio drift ${percent(drift)}; ${chains.map(({ chain, valueUsd }) => `${chain} ${usd(valueUsd)}`).join(', ')}`,
    )
    this.line(
      this.style(
        'dim',
        `${'asset'.padEnd(6)}${'value'.padStart(13)}${'weight'.padStart(9)}${'target'.padStart(9)}   drift, with the band between the bars`,
      ),
    )
    for (const asset of assets) this.line(this.assetLine(asset))
  }

  private assetLine(asset: AssetView): string {
    const [drift, band] = [Number(asset.drift), Number(asset.band)]
    const half = 14
    const cells = Array.from({ length: 2 * half + 1 }, () => '·')
    const at = (share: number) => Math.max(0, Math.min(2 * half, half + Math.round((share * half) / 2)))
    cells[half] = '+'
    cells[at(-1)] = '│'
    cells[at(1)] = '│'
    cells[at(band === 0 ? 0 : drift / band)] = asset.isInBand ? this.style('green', '●') : this.style('red', '●')
    const points = `${drift >= 0 ? '+' : ''}${(drift * 1e4).toFixed(0)} bps`.padStart(9)
    const verdict = asset.isInBand ? '' : this.style('red', ' outside its band')
    return `${asset.asset.padEnd(6)}${usd(asset.valueUsd).padStart(13)}${percent(asset.weight).padStart(9)}${percent(asset.target).padStart(9)}   ${cells.join('')}${points} of ±${(band * 1e4).toFixed(0)}${verdict}`
  }

  decision({ id, decision }: CycleView): void {
    this.line(
      `cycle ${id}: ${this.style(decision.act ? 'yellow' : 'green', decision.act ? 'act' : 'do nothing')} (${decision.code})`,
    )
    for (const reason of decision.reasons) this.line(`  ${reason}`)
  }

  plan({ plan, planReasons }: CycleView): void {
    for (const reason of planReasons) this.line(`  no plan: ${reason}`)
    if (!plan) return
    const start = Math.min(...plan.legs.flatMap(({ slice }) => (slice ? [Date.parse(slice.notBefore)] : [])))
    for (const leg of plan.legs) {
      this.line(`${this.style('bold', short(leg.id))} ${legText(leg, start)}`)
      if (leg.reason !== '') this.line(`    ${leg.reason}`)
      this.line(this.style('dim', `    through ${leg.venue} (${leg.tool})`))
      this.line(this.style('dim', `    cost ${costText(leg.cost)}`))
      for (const other of leg.alternatives) this.line(this.style('dim', `    instead of ${otherText(other)}`))
    }
    for (const { group, venues, detail } of plan.separatePools) {
      this.line(`separate pools, ${group}: ${venues.join(' and ')}`)
      this.line(this.style('dim', `    ${detail}`))
    }
    this.comparison(plan)
    this.line(`portfolio drift afterwards ${percent(plan.expectedDrift)}`)
    for (const { asset, valueUsd, reason } of plan.unmet)
      this.line(`${asset} stays ${usd(valueUsd)} from its level: ${reason}`)
  }

  /** The plan's cost beside what else could have been done on the same quotes. */
  private comparison({ cost, alternatives, unmet, lowerBoundUsd, noBoundReason, gap, method, quotes }: PlanView): void {
    const left = unmet.reduce((sum, { valueUsd }) => sum + Math.abs(Number(valueUsd)), 0)
    const rows: { name: string; cost: string | null; unmet: string }[] = [
      { name: 'plan', cost: cost.totalUsd, unmet: String(left) },
      ...['greedy', 'naive'].flatMap((name) =>
        alternatives
          .filter((one) => one.name === name)
          .map(({ costUsd, unmetUsd }) => ({ name, cost: costUsd, unmet: unmetUsd })),
      ),
    ]
    this.line(this.style('dim', `${''.padEnd(8)}${'cost'.padStart(12)}${'left undone'.padStart(16)}`))
    for (const row of rows) {
      const paid = row.cost === null ? 'no way' : cents(row.cost)
      const text = `${row.name.padEnd(8)}${paid.padStart(12)}${cents(row.unmet).padStart(16)}`
      this.line(row.name === 'plan' ? this.style('bold', text) : text)
    }
    this.line(this.style('dim', `plan: ${costText(cost)}`))
    const bound =
      lowerBoundUsd === null
        ? `no lower bound: ${noBoundReason ?? ''}`
        : `no plan costs less than ${cents(lowerBoundUsd)}`
    const times = gap === null ? '' : ` (this one ${Number(gap).toFixed(3)} times that)`
    this.line(this.style('dim', `${method}, ${quotes.asked} quotes, ${quotes.failed} of them failed; ${bound}${times}`))
  }

  /** Whatever of the cycle's transactions and transfers has not been told yet. */
  progress({ intents, transfers, legs }: CycleView): void {
    for (const intent of intents) this.once(`${intent.id} ${intent.state}`, () => this.intentLine(intent))
    for (const transfer of transfers) this.once(`${transfer.id} ${transfer.state}`, () => this.transferLine(transfer))
    for (const { id, failure } of legs)
      if (failure)
        this.once(`${id} ${failure.code}`, () =>
          this.style('yellow', `${short(id)} ends early (${failure.code}): ${failure.detail}`),
        )
  }

  private intentLine({ id, kind, chain, nonce, state, attempts, inclusion }: IntentView): string | undefined {
    const what = `${short(id)} ${kind} on ${chain}, nonce ${nonce}`
    const hash = this.style('dim', (inclusion?.hash ?? attempts[0]?.hash ?? '').slice(0, 14))
    switch (state) {
      case 'signed':
        return `${this.style('cyan', 'sent ')} ${what} ${hash}`
      case 'mined':
        return `${this.style('cyan', 'mined')} ${what} ${hash} in block ${inclusion?.block}`
      case 'final_ok':
        return `${this.style('green', 'final')} ${what} ${hash}`
      case 'final_reverted':
        return `${this.style('red', 'reverted')} ${what} ${hash}`
      default:
        return undefined
    }
  }

  private transferLine({ bridge, state, origin, destination, sent, arrivals }: TransferView): string {
    if (state === 'in_flight')
      return `${this.style('yellow', 'in flight')} ${amount(sent)} over ${bridge}, ${origin.chain} → ${destination}`
    const [arrival] = arrivals
    if (!arrival) return `${this.style('red', state)} ${amount(sent)} over ${bridge}, ${origin.chain} → ${destination}`
    const verb = state === 'seen' ? 'arrived' : `settled (${state})`
    return `${this.style('green', verb)} ${arrivals.map(({ chain, received }) => `${amount(received)} on ${chain}`).join(' and ')} ${this.style('dim', arrival.hash.slice(0, 14))}`
  }

  foundOut({ lie, code }: FoundOut): void {
    this.line(`${this.style('red', 'refused')} ${code}: LI.FI lied about ${lie}`)
  }

  /** Every lie with the code it was refused by and the reason. */
  refusals(found: readonly FoundOut[]): void {
    const [lies, codes] = [found.map(({ lie }) => lie.length), found.map(({ code }) => code.length)]
    const [first, second] = [Math.max(...lies, 3) + 2, Math.max(...codes, 4) + 2]
    this.line(this.style('dim', `${'lie'.padEnd(first)}${'code'.padEnd(second)}reason`))
    for (const { lie, code, reason } of found)
      this.line(`${lie.padEnd(first)}${this.style('red', code.padEnd(second))}${this.style('dim', reason)}`)
  }

  verdict(isGood: boolean, text: string): void {
    this.line(`${isGood ? this.style('green', 'yes') : this.style('red', 'NO ')}  ${text}`)
  }

  costs(planned: CostView | undefined, realised: CostView): void {
    this.line(`cost   realised ${costText(realised)}`)
    if (planned) this.line(`       planned  ${costText(planned)}`)
  }

  private once(key: string, line: () => string | undefined): void {
    if (this.told.has(key)) return
    this.told.add(key)
    const text = line()
    if (text !== undefined) this.line(text)
  }

  private style(style: Style, text: string): string {
    return this.isColoured ? styleText(style, text, { validateStream: false }) : text
  }
}

/** The part of an id that tells legs and intents of one cycle apart. */
const short = (id: string) => id.slice(id.indexOf('.') + 1)

const usd = (text: string) =>
  Number(text).toLocaleString('en-US', { style: 'currency', currency: 'USD', maximumFractionDigits: 0 })
const cents = (text: string) => Number(text).toLocaleString('en-US', { style: 'currency', currency: 'USD' })
const percent = (text: string) => `${(Number(text) * 100).toFixed(2)} %`
const amount = ({ amount: text, symbol }: AmountView) =>
  `${Number(text).toLocaleString('en-US', { maximumSignificantDigits: 7 })} ${symbol}`

function legText({ kind, sell, expectedOut, funding, slice }: LegView, start: number): string {
  const after = funding.length === 0 ? '' : `, after ${funding.map(({ leg }) => short(leg)).join(' and ')}`
  const seconds = slice ? Math.round((Date.parse(slice.notBefore) - start) / 1000) : 0
  const part = slice ? `, ${slice.index}/${slice.of} from +${seconds} s` : ''
  if (kind === 'bridge') return `bridge ${amount(sell)} from ${sell.chain} to ${expectedOut.chain}${after}`
  return `swap ${amount(sell)} for ${amount(expectedOut)} on ${sell.chain}${part}${after}`
}

function otherText({ venue, tool, costUsd, refusal }: LegView['alternatives'][number]): string {
  const cost = costUsd === null ? '' : ` at ${cents(costUsd)}`
  return `${venue}${tool ? ` (${tool})` : ''}${cost}${refusal ? `: ${refusal.length > 60 ? `${refusal.slice(0, 59)}…` : refusal}` : ''}`
}

function costText({ totalUsd, slippageUsd, feesUsd, gasUsd, bridgeUsd }: CostView): string {
  return `${cents(totalUsd)} (slippage ${cents(slippageUsd)}, fees ${cents(feesUsd)}, gas ${cents(gasUsd)}, bridge ${cents(bridgeUsd)})`
}
