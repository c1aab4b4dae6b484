import { awsCommand, commands, operationOf } from './aws/command.js'
import { splitLeading } from './aws/globals.js'
import type { Io } from './terminal/io.js'
import { report } from './terminal/report.js'
import { realServices, type Services, type World } from './command/services.js'
import { verbs } from './verbs.js'

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
    return await dispatch(argv, { io, services }, invocation)
  } catch (error) {
    return await report(error, { command: invocation.command, operation: invocation.operation }, io)
  }
}

async function dispatch(argv: readonly string[], world: World, invocation: Invocation): Promise<number> {
  const [first = '', ...others] = argv
  if (first.startsWith('-')) {
    const { leading, rest } = splitLeading(argv)
    if (rest.length > 0) return dispatch([rest[0]!, ...leading, ...rest.slice(1)], world, invocation)
  }
  invocation.command = first
  const verb = Object.hasOwn(verbs, first) ? verbs[first] : undefined
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
