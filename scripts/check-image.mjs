// Builds the container image without pulling anything and checks what is in it, that a second build is equal, and how it
// runs: restricted as the chart restricts it, against a real Postgres and the sandbox's chains, and through a SIGTERM in
// the middle of a cycle. One line per check; exit code 1 when one fails.
//
// Needs root on Debian or Ubuntu (it installs the container tools it misses) and `npm ci` done before. Bases and layers
// stay in EVENKEEL_CACHE (default: the user's cache folder), so that a second run builds only what changed.
import { check, close, fail, hasFailed } from './checks.mjs'
import { build, ensureTools, forgetOldSteps, prepareBases } from './image-tools.mjs'
import { checkContent, checkReproducible } from './image-checks/content.mjs'
import { checkInterruption } from './image-checks/interruption.mjs'
import { openPlace } from './image-checks/place.mjs'
import { checkRun } from './image-checks/running.mjs'

const started = Date.now()
let place
try {
  ensureTools()
  await check('bases stand in for the public ones', () => (prepareBases() ? 'built' : 'kept from an earlier run'))
  await check('the image builds from local bases without pulling', () => {
    const from = Date.now()
    build()
    return `${((Date.now() - from) / 1000).toFixed(1)} s`
  })
  if (!hasFailed()) {
    await checkContent()
    await checkReproducible()
    place = await openPlace()
    await checkRun(place)
    await checkInterruption(place)
    forgetOldSteps()
  }
} catch (error) {
  fail(error.message)
} finally {
  await place?.close()
}
const code = close(` in ${((Date.now() - started) / 1000).toFixed(0)} s`)
// Not `process.exitCode`: the exit hook of the embedded Postgres would replace it by 0.
process.exit(code)
