import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { hrefOf, PAGES, placeOf } from './place.js'

describe('places', () => {
  test('an address names a page, what follows it, and a query', () => {
    const { page, rest, query } = placeOf('#/history/core-1/x?portfolio=core')
    expect({ page, rest, portfolio: query.get('portfolio') }).toEqual({
      page: 'history',
      rest: ['core-1', 'x'],
      portfolio: 'core',
    })
  })

  test.each(['', '#', '#/', '#/nowhere', '#key=abc'])('%j is the overview', (hash) => {
    expect(placeOf(hash).page).toBe('overview')
  })

  test('what cannot be decoded stays as it is', () => {
    expect(placeOf('#/plan/%zz').rest).toEqual(['%zz'])
  })

  test('whatever a link names comes back', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...PAGES),
        fc.array(fc.string({ minLength: 1, unit: 'grapheme' }), { maxLength: 3 }),
        (page, rest) => {
          expect(placeOf(hrefOf(page, ...rest))).toMatchObject({ page, rest })
        },
      ),
    )
  })
})
