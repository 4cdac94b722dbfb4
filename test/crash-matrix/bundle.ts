import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const require = createRequire(import.meta.url)
const root = fileURLToPath(new URL('../..', import.meta.url))
const cacheDir = join(root, 'node_modules/.cache/evenkeel')

interface Bundler {
  build(options: object): Promise<{ outputFiles: { text: string }[] }>
}

/** What Nest and the driver look for and do without. */
const optional = [
  '@nestjs/microservices',
  '@nestjs/websockets',
  '@nestjs/platform-socket.io',
  '@fastify/static',
  'class-validator',
  'class-transformer',
  'pg-native',
]

export interface Bundle {
  readonly file: string
  readonly remove: () => Promise<void>
}

/**
 * The built daemon with its deaths as one file, whose start costs a third of that of the many. The bundler is the one that
 * tsx brings along.
 */
export async function bundleDaemon(): Promise<Bundle> {
  const bundler = createRequire(require.resolve('tsx/package.json'))('esbuild') as Bundler
  const { outputFiles } = await bundler.build({
    entryPoints: [fileURLToPath(new URL('./daemon.mjs', import.meta.url))],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    keepNames: true,
    minifyWhitespace: true,
    minifySyntax: true,
    external: optional,
    logLevel: 'error',
    banner: {
      js: `import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url); const __dirname = import.meta.dirname ?? '.'; const __filename = import.meta.filename ?? '.';`,
    },
  })
  await mkdir(cacheDir, { recursive: true })
  const file = join(cacheDir, `crash-daemon-${process.pid}.mjs`)
  await writeFile(file, outputFiles[0]!.text)
  // The solver runs in a thread of its own, whose file it looks for beside itself.
  await copyFile(join(root, 'dist/adapters/optimiser/highs-worker.mjs'), join(cacheDir, 'highs-worker.mjs'))
  return { file, remove: () => rm(file, { force: true }) }
}
