import { expect, test } from '@jest/globals'
import { authorText } from './author.js'

test.each([
  [{ by: 'ada@example.org', byKind: 'person' }, 'ada@example.org'],
  [{ by: 'deploy', byKind: 'key' }, 'the key deploy'],
  [{ by: 'operator', byKind: 'operator' }, 'the holder of the admin token'],
  [{ by: 'daemon', byKind: 'daemon' }, 'the daemon itself'],
] as const)('%j is called %s', (state, text) => {
  expect(authorText(state)).toBe(text)
})
