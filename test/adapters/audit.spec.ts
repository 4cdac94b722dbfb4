import { describe, expect, test } from '@jest/globals'
import { execFile } from 'node:child_process'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { advisoriesIn, compared } from '../../scripts/advisories.mjs'

const root = join(import.meta.dirname, '../..')

const advisory = (name: string, changes: object = {}) => ({
  source: 1_100_001,
  name,
  dependency: name,
  title: `A hole in ${name}`,
  url: 'https://github.com/advisories/GHSA-aaaa-bbbb-cccc',
  severity: 'low',
  range: '<2.0.0',
  ...changes,
})
const reportOf = (vulnerabilities: Record<string, { via: unknown[]; nodes: string[] }>) => ({
  auditReportVersion: 2,
  vulnerabilities,
})
const versions: Readonly<Record<string, string>> = {
  'node_modules/react': '19.0.0',
  'node_modules/a/node_modules/b': '1.0.0',
}
const releasedAt = (path: string) => {
  const version = versions[path]
  return version === undefined ? undefined : { name: path.split('/').at(-1)!, version }
}

describe('advisories', () => {
  test('are those about packages that go out, of any severity, each told of the package itself', () => {
    const report = reportOf({
      react: { via: [advisory('react')], nodes: ['node_modules/react'] },
      a: { via: ['b'], nodes: ['node_modules/a'] },
      b: {
        via: [advisory('b', { url: undefined }), 'react'],
        nodes: ['node_modules/b', 'node_modules/a/node_modules/b'],
      },
      jest: { via: [advisory('jest', { severity: 'critical' })], nodes: ['node_modules/jest'] },
    })
    expect(advisoriesIn(report, releasedAt)).toMatchObject([
      { id: '1100001', package: 'b', versions: ['1.0.0'] },
      { id: 'GHSA-aaaa-bbbb-cccc', package: 'react', versions: ['19.0.0'], severity: 'low' },
    ])
  })

  test('are not known where there is no report', () => {
    expect(advisoriesIn({ message: '405 Method Not Allowed', error: {} }, releasedAt)).toBeUndefined()
    expect(advisoriesIn(undefined, releasedAt)).toBeUndefined()
    expect(advisoriesIn(reportOf({}), releasedAt)).toEqual([])
  })

  test('are open unless they are explained; an explanation of what is found no more is told as well', () => {
    const found = [
      { id: 'GHSA-1', package: 'react' },
      { id: 'GHSA-2', package: 'react' },
    ]
    const reason = 'The console never calls it.'
    const gone = { id: 'GHSA-2', package: 'other', reason }
    expect(compared(found, [{ id: 'GHSA-2', package: 'react', reason }, gone])).toEqual({
      open: [found[0]],
      outdated: [gone],
    })
  })
})

describe('npm run audit', () => {
  /** Runs it with an npm that answers so. */
  async function audit(answer: string, code = 0): Promise<{ code: number; out: string }> {
    const folder = await mkdtemp(join(tmpdir(), 'evenkeel-audit-'))
    try {
      const npm = join(folder, 'npm')
      await writeFile(join(folder, 'answer.json'), answer)
      await writeFile(npm, `#!/bin/sh\ncat '${join(folder, 'answer.json')}'\nexit ${code}\n`)
      await chmod(npm, 0o755)
      const env = { ...process.env, PATH: `${folder}${delimiter}${process.env['PATH']}` }
      return await new Promise((resolve) =>
        execFile(process.execPath, [join(root, 'scripts/audit.mjs')], { env }, (error, stdout, stderr) =>
          resolve({ code: Number(error?.code ?? 0), out: stdout + stderr }),
        ),
      )
    } finally {
      await rm(folder, { recursive: true })
    }
  }

  test('ends well where nothing is found about what goes out', async () => {
    const report = reportOf({ jest: { via: [advisory('jest')], nodes: ['node_modules/jest'] } })
    expect(await audit(JSON.stringify(report), 1)).toMatchObject({ code: 0 })
  })

  test('ends with 1 for a hole in what the console bundles, which is a package of development', async () => {
    const report = reportOf({ react: { via: [advisory('react')], nodes: ['node_modules/react'] } })
    const { code, out } = await audit(JSON.stringify(report), 1)
    expect([code, out]).toEqual([
      1,
      expect.stringMatching(/^low: react [\d.]+: A hole in react \(GHSA-aaaa-bbbb-cccc, /),
    ])
  })

  test.each([JSON.stringify({ message: '405 Method Not Allowed' }), ''])(
    'ends with 2 for the answer %j',
    async (answer) => {
      const { code, out } = await audit(answer, 1)
      expect([code, out]).toEqual([2, expect.stringContaining('nothing is known')])
    },
  )
})
