import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { aToken, hashOf, OWNER } from '../../../test/support/builders.js'
import { depositPostings, entry, type Posting } from '../execution/ledger.js'
import { unattributedPostings } from '../execution/reconciliation.js'
import { amountOf } from '../units/amount.js'
import type { ChainReading } from './snapshot.js'
import { setAside } from './tradable.js'

const usdc = aToken()
const reading = (units: bigint): ChainReading => ({
  chain: usdc.chain,
  status: 'known',
  block: { number: 7n, hash: hashOf(7), timestamp: 0 },
  baseFee: 1n,
  holdings: [amountOf(usdc, units)],
  problems: [],
})
const found = (units: bigint, token = usdc) => [{ chain: token.chain, token: token.address, units }]
const parts = (one: ChainReading) =>
  one.status === 'known' ? [one.holdings[0]!.units, one.unattributed?.[0]?.units ?? 0n] : []

describe('setAside: what nobody has classified is not tradable (4.13)', () => {
  test('is taken out of the holdings, at most all there is, by chain and token', () => {
    expect(parts(setAside(reading(100n), found(30n)))).toEqual([70n, 30n])
    expect(parts(setAside(reading(20n), found(30n)))).toEqual([0n, 20n])
    expect(parts(setAside(reading(100n), found(30n, { ...usdc, chain: 'beta' })))).toEqual([100n, 0n])
    const silent: ChainReading = { chain: usdc.chain, status: 'unknown', reason: 'timeout' }
    expect(setAside(silent, found(30n))).toBe(silent)
  })

  test('tradable and unattributed are the balance, none below zero, whatever came, went, rounded away or was classified', () => {
    const step = fc.record({
      what: fc.constantFrom('inflow' as const, 'dust' as const, 'trade' as const, 'classified' as const),
      units: fc.bigInt({ min: 0n, max: 10n ** 24n }),
    })
    const owner = OWNER
    const on = { owner, chain: usdc.chain, token: usdc.address }
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const book: Posting[] = []
        const sum = (account: string) =>
          book.filter((one) => one.account === account).reduce((total, { units }) => total + units, 0n)
        let balance = 0n
        let mayTrade = 0n
        const difference = () => ({ token: usdc, ledger: sum('wallet'), onChain: balance })
        for (const [index, { what, units }] of steps.entries()) {
          if (what === 'inflow') {
            balance += units
            book.push(...unattributedPostings(owner, difference(), BigInt(index)))
          } else if (what === 'dust') {
            balance -= balance < 10n ? balance : units % 11n
            book.push(...unattributedPostings(owner, difference(), BigInt(index)))
          } else if (what === 'trade') {
            const sold = units < mayTrade ? units : mayTrade
            balance -= sold
            book.push(...entry({ ...on, cause: `trade.${index}`, book: 'final' }, 'wallet', 'trade', sold))
          } else {
            const open = -sum('unattributed')
            if (open > 0n) book.push(...depositPostings(on, open, index))
          }
          const open = -sum('unattributed')
          const [tradable, apart] = parts(setAside(reading(balance), found(open)))
          expect(tradable! + apart!).toBe(balance)
          expect(tradable! >= 0n && apart! >= 0n).toBe(true)
          // Nothing leaves what is set aside but by a person's word, or by dust.
          if (open > 0n) expect(apart! >= open - 10n * BigInt(steps.length)).toBe(true)
          if (what === 'classified') expect([tradable, apart]).toEqual([balance, 0n])
          mayTrade = tradable!
        }
        expect(book.reduce((total, { units }) => total + units, 0n)).toBe(0n)
        expect(new Set(book.map(({ cause, account }) => `${cause} ${account}`)).size).toBe(book.length)
      }),
    )
  })
})
