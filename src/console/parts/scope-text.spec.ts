import { expect, test } from '@jest/globals'
import { scopeText, scopeTitle } from './scope-text.js'

test('a scope is told in words, and its name stays as it is configured', () => {
  expect(['all', 'portfolio:treasury', 'venue:zeroex'].map(scopeText)).toEqual([
    'everything',
    'portfolio treasury',
    'venue zeroex',
  ])
  expect(['all', 'asset:wETH:old'].map(scopeTitle)).toEqual(['Everything', 'Asset wETH:old'])
})
