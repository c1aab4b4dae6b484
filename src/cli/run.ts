import { awsCommand, commands, operationOf } from './aws/command.js'
import { SERVICE, splitLeading } from './aws/globals.js'
import type { Io } from './terminal/io.js'
import { report } from './terminal/report.js'
import { realServices, type Services, type World } from './command/services.js'
import { aliases, gitVerbs, verbs } from './verbs.js'
import { usage, VaultError } from '../core/errors.js'
import { exit } from './terminal/exit.js'
import { visible } from './terminal/escape.js'

/** Bytes of what a process reads that rotates in the background. */
const ORDER_LIMIT = 65_536

/** The command line as far as it has been parsed, for the error report. */
interface Invocation {
  command?: string
  operation?: string
}

/** Runs a command and returns its exit code. Never throws: every error is reported on stderr. */
export async function run(
  argv: readonly string[],
  io: Io,
  services: Services = realServices
): Promise<number> {
  const invocation: Invocation = {}
  try {
    await services.wipeLeftovers()
    return await dispatch(argv, { io, services }, invocation)
  } catch (error) {
    return await report(error, { command: invocation.command, operation: invocation.operation }, io)
  }
}

async function dispatch(argv: readonly string[], world: World, invocation: Invocation): Promise<number> {
  const [typed = '', ...others] = argv
  if (argv.length === 0) {
    const [{ menu }, { programHelp }] = await Promise.all([import('./menu/menu.js'), import('./help.js')])
    return menu({ verbs, help: programHelp, run: chosen => dispatch(chosen, world, invocation) }, world)
  }
  if (typed.startsWith('-') || typed === SERVICE) return dispatchRest(argv, world, invocation)
  if (typed === '__complete') {
    const [{ complete }, { programHelp }] = await Promise.all([
      import('./completion/complete.js'),
      import('./help.js')
    ])
    return complete(others, { verbs, aliases, programHelp }, world)
  }
  if (typed === '__rotate') {
    const order = new TextDecoder().decode(await world.io.stdin.read(ORDER_LIMIT))
    return (await world.services.runRotation(order)) ? exit.ok : exit.other
  }
  const first = Object.hasOwn(aliases, typed) ? aliases[typed]! : typed
  invocation.command = first
  // git runs it; it has exit codes of its own
  if (first === 'merge-driver') return (await import('./verbs/mergeDriver.js')).mergeDriver(others, world)
  const verb = [verbs, gitVerbs].find(table => Object.hasOwn(table, first))?.[first]
  if (verb !== undefined) {
    const { runVerb } = await import('./command/verb.js')
    return runVerb(first, await verb(), others, world)
  }
  const operation = operationOf(first)
  if (operation === undefined) {
    const { unknownCommand } = await import('./command/suggest.js')
    throw unknownCommand(first, [...Object.keys(verbs), ...commands()])
  }
  invocation.operation = operation
  return awsCommand(operation, others, world)
}

/** Runs the command after `-C DIR`, global options or the service's name. */
async function dispatchRest(argv: readonly string[], world: World, invocation: Invocation): Promise<number> {
  const { folders, options, rest } = splitLeading(argv)
  const [command, ...after] = rest
  if (command !== undefined && command !== 'help') {
    for (const folder of folders) enter(folder, world.io)
    return dispatch([command, ...options, ...after], world, invocation)
  }
  if (after.length > 0) return dispatch([...after, '--help'], world, invocation)
  if (command === undefined && !options.some(option => option === '--help' || option === '-h'))
    throw usage(`no command after '${visible(argv.at(-1)!)}'`, 'list the commands: git-vault help')
  const { programHelp } = await import('./help.js')
  await world.io.stdout.write(programHelp)
  return exit.ok
}

function enter(folder: string, io: Io): void {
  try {
    io.enter(folder)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new VaultError(
      'VaultNotFound',
      `cannot change to the folder ${visible(folder)}: ${code ?? message}`
    )
  }
}
