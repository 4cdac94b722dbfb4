// What the checks of chart, rules and image share: one line per check, and a count at the end.
import { createServer } from 'node:net'
import { isDeepStrictEqual } from 'node:util'

let passed = 0
let failed = 0

/** Counts and tells what cannot go on. */
export const fail = (message) => {
  failed += 1
  console.log(`FAIL  ${message}`)
}

/** Counts and tells one check; what `test` answers with stands behind its name. */
export const check = async (name, test) => {
  try {
    const detail = await test()
    passed += 1
    console.log(`ok    ${name}${detail ? `: ${detail}` : ''}`)
  } catch (error) {
    fail(`${name}: ${String(error.stderr || error.stdout || error.message).trim()}`)
  }
}

export const hasFailed = () => failed > 0

/** Prints the count; the exit code that it means. */
export const close = (addition = '') => {
  console.log(`${passed} passed, ${failed} failed${addition}`)
  return hasFailed() ? 1 : 0
}

export const expect = (condition, message) => {
  if (!condition) throw new Error(message)
}

export const same = (actual, expected, what) =>
  expect(
    isDeepStrictEqual(actual, expected),
    `${what}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`,
  )

export const freePort = () =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
