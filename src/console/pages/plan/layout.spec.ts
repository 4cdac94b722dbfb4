import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type Box, type Layout, layoutOf, pathOf } from './layout.js'
import type { LegEnds } from './levels.js'

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
  test('has a band for each chain, in the order it is given, and none for a chain without anything', () => {
    const { lanes, width, height } = layoutOf(PLAN, CHAINS)
    expect(lanes.map(({ chain }) => chain)).toEqual(['anchor', 'cove'])
    expect(layoutOf(PLAN, ['cove']).lanes.map(({ chain }) => chain)).toEqual(['cove', 'anchor'])
    expect(lanes[1]!.y + lanes[1]!.height).toBe(height)
    expect(lanes.every((lane) => lane.width === width)).toBe(true)
  })

  test('lets money flow to the right: what is sold, the leg, what is bought', () => {
    const { boxes } = layoutOf(PLAN, CHAINS)
    const x = (id: string) => boxes.find((one) => one.id === id)!.x
    const onwards = [x('cove 0xweth'), x('1'), x('anchor 0xweth'), x('3'), x('anchor 0xlink')]
    expect(onwards).toEqual(onwards.toSorted((a, b) => a - b))
    expect(new Set(onwards).size).toBe(5)
    expect(x('1')).toBe(x('2'))
  })

  test('is no wider for more legs beside each other, and fits a page of 1280 with three after each other', () => {
    const tokens = Array.from({ length: 12 }, (_, index) => `T${index}`)
    const many = tokens.map((token) => leg(`many ${token}`, ['anchor', 'WETH'], ['anchor', token], '1'))
    expect(layoutOf([...PLAN, ...many], CHAINS).width).toBe(layoutOf(PLAN, CHAINS).width)
    const third = leg('5', ['anchor', 'USDC'], ['anchor', 'USDT'], '4')
    expect(layoutOf([...PLAN, third], CHAINS).width).toBeLessThanOrEqual(1216)
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

  test('no two boxes overlap, and each lies in the band of its chain', () => {
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

  test('lines begin and end at their boxes, run onwards, and pass behind no box', () => {
    fc.assert(
      fc.property(plans, (legs) => {
        const { boxes, lines } = layoutOf(legs, CHAINS)
        expect(lines).toHaveLength(2 * legs.length)
        for (const { from, to, points } of lines) {
          const [source, target] = [boxes.find(({ id }) => id === from)!, boxes.find(({ id }) => id === to)!]
          expect(points[0]).toEqual({ x: source.x + source.width, y: source.y + source.height / 2 })
          expect(points.at(-1)).toEqual({ x: target.x, y: target.y + target.height / 2 })
          for (const [index, point] of points.slice(1).entries()) {
            const before = points[index]!
            expect(point.x).toBeGreaterThan(before.x)
            const isStraight = index % 2 === 1
            // A bend stays between two levels, so that all of their boxes are before or after it.
            const [top, bottom] = isStraight ? [point.y, point.y] : [-1e9, 1e9]
            const reach = { y: top - 1, height: bottom - top + 2, x: before.x, width: point.x - before.x }
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

test('pathOf bends between levels and goes straight past them', () => {
  expect(pathOf([])).toBe('')
  expect(
    pathOf([
      { x: 0, y: 0 },
      { x: 20, y: 10 },
      { x: 50, y: 10 },
      { x: 70, y: 5 },
    ]),
  ).toBe('M0 0C10 0 10 10 20 10L50 10C60 10 60 5 70 5')
})
