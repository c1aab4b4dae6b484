import { awsCommand, commands, operationOf } from './aws/command.js'
import { splitLeading } from './aws/globals.js'
import type { Io } from './terminal/io.js'
import { report } from './terminal/report.js'
import { realServices, type Services, type World } from './command/services.js'
import { verbs } from './verbs.js'

/** What was asked for, as far as it has been understood when something fails. */
interface Asked {
  command?: string
  operation?: string
}

/** Runs a command. Gives the exit code; throws nothing. */
export async function run(
  argv: readonly string[],
  io: Io,
  services: Services = realServices
): Promise<number> {
  const asked: Asked = {}
  try {
    return await dispatch(argv, { io, services }, asked)
  } catch (error) {
    return await report(error, { command: asked.command, operation: asked.operation }, io)
  }
}

async function dispatch(argv: readonly string[], world: World, asked: Asked): Promise<number> {
  const [first = '', ...others] = argv
  if (first.startsWith('-')) {
    const { leading, rest } = splitLeading(argv)
    if (rest.length > 0) return dispatch([rest[0]!, ...leading, ...rest.slice(1)], world, asked)
  }
  asked.command = first
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
  asked.operation = operation
  return awsCommand(operation, others, world)
}
