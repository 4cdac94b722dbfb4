import { expect, test } from '@jest/globals'
import { sourceOf } from './request.js'

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::'],
  ['2001:db8:1:2:ffff::1', '2001:db8:1:2::'],
  ['2001:db8:1:3::1', '2001:db8:1:3::'],
  ['fe80::1%eth0', 'fe80::'],
  ['::1', '::'],
  ['not an address', ''],
  [undefined, ''],
])('failed logins from %s are counted as from %s (F-77)', (ip, source) => {
  expect(sourceOf(ip)).toBe(source)
})
