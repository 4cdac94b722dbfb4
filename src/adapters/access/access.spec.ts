import { describe, expect, test } from '@jest/globals'
import { isNetwork, isWithin } from './networks.js'
import { isSameDigest, sha256, unforeseeable } from './secrets.js'

describe('networks', () => {
  test.each(['10.0.0.0/8', '127.0.0.1/32', '0.0.0.0/0', '::1/128', 'fd00::/8', '::/0'])('%s is one', (text) => {
    expect(isNetwork(text)).toBe(true)
  })

  test.each([
    '',
    '127.0.0.1',
    '127.0.0.1/',
    '127.0.0.1/33',
    '::1/129',
    '127.0.0/8',
    'home/8',
    '127.0.0.1/08',
    '/8',
    ' ::1/8',
  ])('%j is none', (text) => {
    expect(isNetwork(text)).toBe(false)
  })

  test.each([
    ['10.1.2.3', '10.0.0.0/8', true],
    ['11.1.2.3', '10.0.0.0/8', false],
    ['::ffff:10.1.2.3', '10.0.0.0/8', true],
    ['::ffff:11.1.2.3', '10.0.0.0/8', false],
    ['127.0.0.1', '127.0.0.1/32', true],
    ['127.0.0.2', '127.0.0.1/32', false],
    ['::1', '::1/128', true],
    ['::1', '10.0.0.0/8', false],
    ['fe80::1%eth0', 'fe80::/10', true],
    ['nobody', '0.0.0.0/0', false],
    ['10.1.2.3', 'nowhere', false],
  ])('%s in %s: %s', (address, network, answer) => {
    expect(isWithin(address, [network])).toBe(answer)
    expect(isWithin(address, ['192.0.2.0/24', network])).toBe(answer)
  })

  test('no network holds nobody', () => {
    expect(isWithin('127.0.0.1', [])).toBe(false)
  })
})

describe('secrets', () => {
  test('the digest is SHA-256 in hexadecimal', () => {
    expect(sha256('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  })

  test('digests are the same where every character is', () => {
    const digest = sha256('abc')
    expect(isSameDigest(digest, sha256('abc'))).toBe(true)
    expect(isSameDigest(digest, sha256('abd'))).toBe(false)
    expect(isSameDigest(digest, digest.slice(1))).toBe(false)
    expect(isSameDigest(digest, 'é'.repeat(64))).toBe(false)
  })

  test('as many bytes as are asked for, and never the same', () => {
    expect(unforeseeable(32)).toHaveLength(32)
    expect(unforeseeable(32)).not.toEqual(unforeseeable(32))
  })
})
