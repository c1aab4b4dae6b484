import { exit } from './exit.js'
import { programHelp } from './help.js'
import type { Io } from './io.js'
import { processIo } from './process.js'
import { realServices, type Services, type World } from './services.js'
import { verbs } from './verbs.js'

// Nothing heavier may be imported here: `--help` is held to 1.2 times an empty node process.

/** The program. Takes its arguments and its world, gives the exit code; throws nothing. */
export async function main(
  argv: readonly string[],
  io: Io = processIo,
  services: Services = realServices
): Promise<number> {
  const failing: { command: string | undefined; operation: string | undefined } = {
    command: undefined,
    operation: undefined
  }
  try {
    return await dispatch(argv, { io, services }, failing)
  } catch (error) {
    const { report } = await import('./report.js')
    return await report(error, failing, io)
  }
}

async function dispatch(
  argv: readonly string[],
  world: World,
  failing: { command: string | undefined; operation: string | undefined }
): Promise<number> {
  const [first] = argv
  if (first === undefined || first === '--help' || first === '-h' || first === 'help') {
    if (first === 'help' && argv[1] !== undefined) return dispatch([argv[1], '--help'], world, failing)
    await (first === undefined ? world.io.stderr : world.io.stdout).write(programHelp)
    return first === undefined ? exit.usage : exit.ok
  }
  if (first === '--version') {
    const { version } = await import('./version.js')
    await world.io.stdout.write(`git-vault ${version}\n`)
    return exit.ok
  }
  if (first.startsWith('-')) {
    const { splitLeading } = await import('./aws/globals.js')
    const { leading, rest } = splitLeading(argv)
    if (rest.length > 0) return dispatch([rest[0]!, ...leading, ...rest.slice(1)], world, failing)
  }

  failing.command = first
  const verb = Object.hasOwn(verbs, first) ? verbs[first] : undefined
  if (verb !== undefined) {
    const { runVerb } = await import('./verb.js')
    return runVerb(first, await verb(), argv.slice(1), world)
  }

  const { awsCommand, commands, operationOf } = await import('./aws/command.js')
  const operation = operationOf(first)
  if (operation === undefined) {
    const { unknownCommand } = await import('./suggest.js')
    throw unknownCommand(first, [...Object.keys(verbs), ...commands()])
  }
  failing.operation = operation
  return awsCommand(operation, argv.slice(1), world)
}
