/**
 * Runs command lines one after another in one process, as many as its parent sends: what a hundred commands have in
 * common, the loading of the program, is done once. The program is the shipped one, as it is when it runs alone.
 */
import 'reflect-metadata'
import { runCommand } from '../../dist/commands.js'
import { Failpoints } from '../../dist/ports/failpoints.js'

const written = { stdout: '', stderr: '' }
for (const name of ['stdout', 'stderr'])
  process[name].write = (text) => {
    written[name] += text
    return true
  }

async function run({ args, environment }) {
  Object.assign(written, { stdout: '', stderr: '' })
  const code = await runCommand(args, { version: '0.0.0-host', failpoints: new Failpoints(), environment })
  process.send({ code, signal: null, ...written })
}

process.on('message', (line) => void run(line))
