import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isAlive } from '../is-alive.js'
import { SandboxStartError } from '../start-error.js'

/** Marks a folder as a demo's, and says which process has it. */
const marker = 'demo.pid'

/**
 * Empties a folder that an earlier demo left, or makes a new one. A folder with anything else in it is left alone, and
 * so is one that a running demo has. Resolves to what gives it back.
 */
export async function takeFolder(dir: string): Promise<() => Promise<void>> {
  await mkdir(dir, { recursive: true })
  const file = join(dir, marker)
  const entries = await readdir(dir)
  if (entries.length > 0 && !entries.includes(marker))
    throw new SandboxStartError(`${dir} holds something other than a demo. Name an empty or a new folder with --dir.`)
  const owner = Number(await readFile(file, 'utf8').catch(() => ''))
  if (owner > 0 && isAlive(owner))
    throw new SandboxStartError(`Process ${owner} runs a demo in ${dir}. End it, or name another folder with --dir.`)
  for (const entry of entries) await rm(join(dir, entry), { recursive: true, force: true })
  await writeFile(file, String(process.pid))
  return () => writeFile(file, '')
}
