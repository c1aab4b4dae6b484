import { exit } from './terminal/exit.js'
import { programHelp } from './help.js'
import { isReaderGone, type Io } from './terminal/io.js'
import { processIo } from './process.js'
import type { Services } from './command/services.js'
import { version } from './version.js'

// Nothing heavier may be imported here: `--help` is held to 1.2 times an empty node process. All else is in run.ts,
// which the build makes one file of, because to find and open many costs more than to read one.

/** The program. Takes its arguments and its world, gives the exit code; throws nothing. */
export async function main(
  argv: readonly string[],
  io: Io = processIo,
  services?: Services
): Promise<number> {
  const [first, second] = argv
  if (first === undefined) return say(programHelp, 'stderr', exit.usage, io)
  if (first === '--help' || first === '-h' || (first === 'help' && second === undefined)) {
    return say(programHelp, 'stdout', exit.ok, io)
  }
  if (first === '--version') return say(`git-vault ${version}\n`, 'stdout', exit.ok, io)
  const { run } = await import('./run.js')
  return run(first === 'help' && second !== undefined ? [second, '--help'] : argv, io, services)
}

async function say(text: string, name: 'stdout' | 'stderr', code: number, io: Io): Promise<number> {
  try {
    await io[name].write(text)
    return code
  } catch (error) {
    if (isReaderGone(error)) return code
    const { code: why, message } = error as NodeJS.ErrnoException
    await io.stderr.write(`git-vault: cannot write the output: ${why ?? message}\n`).catch(() => undefined)
    return exit.other
  }
}
