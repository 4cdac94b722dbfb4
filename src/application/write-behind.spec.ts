import { expect, test } from '@jest/globals'
import { FakeClock } from '../../test/support/fake-clock.js'
import { NOW } from '../../test/support/builders.js'
import { NoObserver } from '../ports/observer.js'
import { WriteBehind } from './write-behind.js'

/** Passes so many turns of the queue of promises. */
const turns = async (count: number) => {
  for (const _ of Array(count)) await Promise.resolve()
}

test.each(Array.from({ length: 8 }, (_, count) => count))(
  'what comes up %d turns after a batch was written is written as well, without waiting for more',
  async (count) => {
    const written: string[] = []
    const behind: WriteBehind<string> = new WriteBehind({
      what: 'writing',
      place: 'feed',
      write: async (items) => {
        written.push(...items)
        if (items.includes('first')) void turns(count).then(() => behind.add('second'))
        await Promise.resolve()
      },
      gapOf: String,
      clock: new FakeClock(NOW),
      observer: new NoObserver(),
    })
    behind.add('first')
    await turns(50)
    expect(written).toEqual(['first', 'second'])
  },
)
