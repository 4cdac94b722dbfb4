import { describe, expect, test } from '@jest/globals'
import { FakeClock } from '../../test/support/fake-clock.js'
import { MANAGER, MemoryAuditLog, MemoryDenials } from '../../test/support/memory-access.js'
import { ManagePeople } from './manage-people.js'

const WORD = { subject: 'ada', reason: 'Leaves today.' }

function setUp() {
  const clock = new FakeClock()
  const denials = new MemoryDenials()
  const audit = new MemoryAuditLog()
  const manage = new ManagePeople({ denials, audit, clock })
  const results = () => audit.chain.map(({ action, result }) => [action, result])
  return { clock, denials, audit, manage, results }
}

describe('ManagePeople', () => {
  test('who is shut out is listed with when and why, until they are let in again', async () => {
    const { manage, clock } = setUp()
    expect(await manage.deny(WORD, MANAGER)).toEqual({ status: 'done' })
    expect(await manage.list()).toEqual([{ ...WORD, since: clock.now() }])
    expect(await manage.deny(WORD, MANAGER)).toEqual({ status: 'unchanged' })
    expect(await manage.allow(WORD, MANAGER)).toEqual({ status: 'done' })
    expect(await manage.allow(WORD, MANAGER)).toEqual({ status: 'unchanged' })
    expect(await manage.list()).toEqual([])
  })

  test.each([
    [{ subject: '' }, 'subject: '],
    [{ subject: 'x'.repeat(256) }, 'subject: '],
    [{ subject: 'ada\u200b' }, 'subject: '],
    [{ reason: '' }, 'reason: '],
    [{ reason: 'x'.repeat(501) }, 'reason: '],
    [{ reason: 'two\nlines' }, 'reason: '],
    [{ reason: 'half \ud800' }, 'reason: '],
  ])('%j is refused, and nothing is done', async (change, finding) => {
    const { manage, audit } = setUp()
    expect(await manage.deny({ ...WORD, ...change }, MANAGER)).toEqual({
      status: 'refused',
      findings: [expect.stringContaining(finding)],
    })
    expect([await manage.list(), audit.chain]).toEqual([[], []])
  })

  test('where the audit log cannot be written nothing is done, and what could not be written is told as failed', async () => {
    const { manage, audit, denials, results } = setUp()
    audit.isReadOnly = true
    await expect(manage.deny(WORD, MANAGER)).rejects.toThrow('read-only')
    expect(await manage.list()).toEqual([])
    audit.isReadOnly = false
    denials.isReadOnly = true
    await expect(manage.deny(WORD, MANAGER)).rejects.toThrow('read-only')
    expect(results()).toEqual([
      ['person.deny', 'allowed'],
      ['person.deny', 'failed'],
    ])
  })
})
