import { join } from 'node:path'
import { type Books, startBooks } from './books.js'
import type { Flow, Run } from './cells.js'
import { playRun, pointsPassed, type Result } from './play.js'
import type { Stage } from './scene.js'
import { type MatrixWorld, startMatrixWorld } from './world.js'

/** What a lane is asked, and what it answers to each, in turn. */
export type Order = { readonly play: Run } | { readonly count: Flow }
export type Answer =
  | { readonly ready: true }
  | { readonly result: Result }
  | { readonly flow: Flow; readonly passed: readonly string[] }
  | { readonly broken: string }

/** A process that plays runs in a world of its own. A failed run takes its world with it. */
const bundle = process.argv[2]!
let world: MatrixWorld | undefined
let books: Books | undefined

async function stage(): Promise<Stage> {
  if (!world || !books) {
    world = await startMatrixWorld()
    books = await startBooks(join(world.dir, 'postgres'))
  }
  return { world, books, bundle }
}

async function leave(): Promise<void> {
  const [oldBooks, oldWorld] = [books, world]
  books = world = undefined
  await oldBooks?.stop()
  await oldWorld?.stop()
}

async function answer(order: Order): Promise<Answer> {
  if ('count' in order) return { flow: order.count, passed: await pointsPassed(await stage(), order.count, 1) }
  const result = await playRun(await stage(), order.play)
  if (result.failures.length > 0) await leave()
  return { result }
}

const say = (said: Answer) => void (process.connected && process.send!(said))
const broken = (error: unknown) =>
  say({ broken: error instanceof Error ? (error.stack ?? error.message) : String(error) })

process.on('message', (order: Order) => void answer(order).then(say, broken))
process.on('disconnect', () => void leave().finally(() => process.exit(0)))
stage().then(() => say({ ready: true }), broken)
