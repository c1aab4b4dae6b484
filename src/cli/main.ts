import { exit } from './terminal/exit.js'
import { programHelp } from './help.js'
import { hasScreen } from './terminal/hasScreen.js'
import { isReaderGone, type Io } from './terminal/io.js'
import { processIo } from './process.js'
import type { Services } from './command/services.js'
import { version } from './version.js'

// Import nothing heavier here: `--help` may take at most 1.2 times as long as an empty node process. Everything else is
// behind run.ts, which the build bundles into one file: opening many files costs more than reading one.

/** Runs the program with these arguments and returns the exit code. Never throws. */
export async function main(
  argv: readonly string[],
  io: Io = processIo,
  services?: Services
): Promise<number> {
  const [first, second] = argv
  // at a terminal, there is a menu
  if (first === undefined && !hasScreen(io)) return print(programHelp, 'stderr', exit.usage, io)
  if (first === '--help' || first === '-h' || (first === 'help' && second === undefined)) {
    return print(programHelp, 'stdout', exit.ok, io)
  }
  if (first === '--version') return print(`git-vault ${version}\n`, 'stdout', exit.ok, io)
  const { run } = await import('./run.js')
  return run(first === 'help' && second !== undefined ? [second, '--help'] : argv, io, services)
}

async function print(text: string, name: 'stdout' | 'stderr', code: number, io: Io): Promise<number> {
  try {
    await io[name].write(text)
    return code
  } catch (error) {
    if (isReaderGone(error)) return code
    const { code: reason, message } = error as NodeJS.ErrnoException
    await io.stderr.write(`git-vault: cannot write the output: ${reason ?? message}\n`).catch(() => undefined)
    return exit.other
  }
}
