import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type Box, type Layout, layoutOf, pathOf } from './layout.js'
import type { LegEnds } from './rows.js'

const CHAINS = ['anchor', 'bay', 'cove']
const end = (chain: string, symbol: string) => ({ chain, symbol, address: `0x${symbol}` })
const leg = (
  id: string,
  sell: readonly [string, string],
  buy: readonly [string, string],
  ...funding: string[]
): LegEnds => ({
  id,
  sell: end(...sell),
  expectedOut: end(...buy),
  funding: funding.map((one) => ({ leg: one })),
})

const PLAN = [
  leg('1', ['cove', 'WETH'], ['anchor', 'WETH']),
  leg('2', ['cove', 'WETH'], ['cove', 'USDC']),
  leg('3', ['anchor', 'WETH'], ['anchor', 'LINK'], '1'),
  leg('4', ['anchor', 'WETH'], ['anchor', 'USDC'], '1'),
]

const names = fc.tuple(fc.constantFrom(...CHAINS), fc.constantFrom('WETH', 'USDC', 'WBTC', 'DAI'))
const plans = fc
  .array(fc.record({ sell: names, buy: names, funder: fc.option(fc.nat(20)) }), { maxLength: 16 })
  .map((all) =>
    all
      .filter(({ sell, buy }) => sell.join() !== buy.join())
      .map(({ sell, buy, funder }, index) =>
        leg(String(index), sell, buy, ...(funder === null ? [] : [String(funder)])),
      ),
  )

function overlap(one: Box, other: Box): boolean {
  return (
    one.x < other.x + other.width &&
    other.x < one.x + one.width &&
    one.y < other.y + other.height &&
    other.y < one.y + one.height
  )
}

const isIn = (inner: Box, outer: Box) =>
  inner.x >= outer.x &&
  inner.x + inner.width <= outer.x + outer.width &&
  inner.y >= outer.y &&
  inner.y + inner.height <= outer.y + outer.height

function chainOf({ boxes }: Layout, legs: readonly LegEnds[], id: string): string | undefined {
  const box = boxes.find((one) => one.id === id)
  return box?.type === 'holding' ? box.end.chain : legs.find((one) => one.id === id)?.sell.chain
}

describe('layoutOf', () => {
  test('has a column for each chain, in the order it is given, and none for a chain without anything', () => {
    const { lanes, width, height } = layoutOf(PLAN, CHAINS)
    expect(lanes.map(({ chain }) => chain)).toEqual(['anchor', 'cove'])
    expect(layoutOf(PLAN, ['cove']).lanes.map(({ chain }) => chain)).toEqual(['cove', 'anchor'])
    expect(lanes[1]!.x + lanes[1]!.width).toBe(width)
    expect(lanes.every((lane) => lane.height === height)).toBe(true)
  })

  test('lets money flow down: what is sold, the leg, what is bought', () => {
    const { boxes } = layoutOf(PLAN, CHAINS)
    const y = (id: string) => boxes.find((one) => one.id === id)!.y
    const down = [y('cove 0xweth'), y('1'), y('anchor 0xweth'), y('3'), y('anchor 0xlink')]
    expect(down).toEqual(down.toSorted((a, b) => a - b))
    expect(new Set(down).size).toBe(5)
    expect(y('1')).toBe(y('2'))
  })

  test('draws a token once, whatever goes in and out of it', () => {
    const { boxes } = layoutOf(PLAN, CHAINS)
    expect(boxes.filter(({ type }) => type === 'holding').map(({ id }) => id)).toEqual([
      'cove 0xweth',
      'anchor 0xweth',
      'cove 0xusdc',
      'anchor 0xlink',
      'anchor 0xusdc',
    ])
  })

  test('draws a token again where money comes back to it', () => {
    const there = leg('1', ['bay', 'USDC'], ['bay', 'WETH'])
    const back = leg('2', ['bay', 'WETH'], ['bay', 'USDC'], '1')
    const on = leg('3', ['bay', 'USDC'], ['bay', 'DAI'], '2')
    const { boxes, lines } = layoutOf([there, back, on], CHAINS)
    expect(boxes.filter(({ id }) => id.startsWith('bay 0xusdc')).map(({ id }) => id)).toEqual([
      'bay 0xusdc',
      'bay 0xusdc 2',
    ])
    expect(lines.find(({ id }) => id === '3 in')?.from).toBe('bay 0xusdc 2')
  })

  test('places nothing where there is nothing', () => {
    expect(layoutOf([], CHAINS)).toEqual({ width: 0, height: 0, lanes: [], boxes: [], lines: [] })
  })

  test('no two boxes overlap, and each lies in the column of its chain', () => {
    fc.assert(
      fc.property(plans, (legs) => {
        const layout = layoutOf(legs, CHAINS)
        const { boxes, lanes } = layout
        expect(boxes.filter(({ type }) => type === 'leg')).toHaveLength(legs.length)
        for (const [index, box] of boxes.entries()) {
          expect(boxes.slice(index + 1).filter((other) => overlap(box, other))).toEqual([])
          expect(
            isIn(
              box,
              lanes.find(({ chain }) => chain === chainOf(layout, legs, box.id))!,
            ),
          ).toBe(true)
        }
        for (const [index, lane] of lanes.entries())
          expect(lanes.slice(index + 1).filter((other) => overlap(lane, other))).toEqual([])
      }),
      { numRuns: 40 },
    )
  })

  test('lines begin and end at their boxes, run down, and pass behind no box', () => {
    fc.assert(
      fc.property(plans, (legs) => {
        const { boxes, lines } = layoutOf(legs, CHAINS)
        expect(lines).toHaveLength(2 * legs.length)
        for (const { from, to, points } of lines) {
          const [source, target] = [boxes.find(({ id }) => id === from)!, boxes.find(({ id }) => id === to)!]
          expect(points[0]).toEqual({ x: source.x + source.width / 2, y: source.y + source.height })
          expect(points.at(-1)).toEqual({ x: target.x + target.width / 2, y: target.y })
          for (const [index, point] of points.slice(1).entries()) {
            const before = points[index]!
            expect(point.y).toBeGreaterThan(before.y)
            const isStraight = index % 2 === 1
            // A bend stays between two rows, so that all of their boxes are above or below it.
            const [left, right] = isStraight ? [point.x, point.x] : [-1e9, 1e9]
            const reach = { x: left - 1, width: right - left + 2, y: before.y, height: point.y - before.y }
            expect(boxes.filter((box) => overlap(box, reach))).toEqual([])
          }
        }
      }),
      { numRuns: 40 },
    )
  })

  test('is the same each time', () => {
    fc.assert(
      fc.property(plans, (legs) => expect(layoutOf(structuredClone(legs), CHAINS)).toEqual(layoutOf(legs, CHAINS))),
      { numRuns: 20 },
    )
  })
})

test('pathOf bends between rows and goes straight past them', () => {
  expect(pathOf([])).toBe('')
  expect(
    pathOf([
      { x: 0, y: 0 },
      { x: 10, y: 20 },
      { x: 10, y: 50 },
      { x: 5, y: 70 },
    ]),
  ).toBe('M0 0C0 10 10 10 10 20L10 50C10 60 5 60 5 70')
})
