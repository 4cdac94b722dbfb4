import { afterEach, beforeEach, expect, it, jest } from '@jest/globals'
import { execFile } from 'node:child_process'
import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

jest.setTimeout(60_000)

const root = fileURLToPath(new URL('../..', import.meta.url))
let copy: string

beforeEach(async () => {
  copy = await mkdtemp(join(tmpdir(), 'evenkeel-rules-'))
  for (const path of ['src', 'package.json', 'tsconfig.json', '.dependency-cruiser.mjs'])
    await cp(join(root, path), join(copy, path), { recursive: true })
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'))
})

afterEach(() => rm(copy, { recursive: true, force: true }))

/** The second half of `npm run lint`, on the copy. */
const lint = () =>
  new Promise<{ code: number; report: string }>((resolve) => {
    const program = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs')
    const args = [program, 'src', '--config', '.dependency-cruiser.mjs']
    execFile(process.execPath, args, { cwd: copy }, (error, stdout) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, report: stdout }),
    )
  })

it('the dependency rule fails on a domain that knows a port, and on nothing before', async () => {
  expect(await lint()).toMatchObject({ code: 0 })
  await writeFile(
    join(copy, 'src/domain/impatient.ts'),
    "import type { Clock } from '../ports/clock.js'\nexport const hour = (clock: Clock) => clock.now() / 3_600_000\n",
  )
  const { code, report } = await lint()
  expect(code).not.toBe(0)
  expect(report).toMatch(/error domain-is-pure: src\/domain\/impatient\.ts → src\/ports\/clock\.ts/)
})

it('the dependency rule fails on a domain that imports a package', async () => {
  await writeFile(join(copy, 'src/domain/borrowed.ts'), "export { parseUnits } from 'viem'\n")
  const { code, report } = await lint()
  expect(code).not.toBe(0)
  expect(report).toContain('error domain-is-pure: src/domain/borrowed.ts')
})
