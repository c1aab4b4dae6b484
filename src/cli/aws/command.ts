import { operations, type OperationName } from '../../core/generated/operations.js'
import type { Operation } from '../../core/shape.js'
import { parseArguments, type Parsed } from '../arguments.js'
import { exit } from '../exit.js'
import { passphrase } from '../passphrase.js'
import { noticeTo } from '../report.js'
import type { Io } from '../io.js'
import type { World } from '../services.js'
import { implemented, writes } from '../../operations/implemented.js'
import { UsageError } from '../usage.js'
import { kebab } from './names.js'
import { operationOptions } from './options.js'
import { chooseFormat, print, type Format } from './output.js'
import { merged, pageLimits, pages, paging, type PageLimits, type Paging } from './paginate.js'
import { plainly } from './plain.js'
import { compileQuery, type Query } from './query.js'
import { buildRequest } from './request.js'

/** The commands that are operations, whether they are supported yet or not. */
export const commands = (): string[] => Object.keys(operations).map(kebab)

export function operationOf(command: string): OperationName | undefined {
  return (Object.keys(operations) as OperationName[]).find(name => kebab(name) === command)
}

/** One operation under its AWS CLI name: `get-secret-value --secret-id prod/db`. */
export async function awsCommand(
  name: OperationName,
  argv: readonly string[],
  { io, services }: World
): Promise<number> {
  const operation: Operation = operations[name]
  if (argv.includes('--help') || argv[0] === 'help' || argv[0] === '-h') {
    const { operationHelp } = await import('./help.js')
    await io.stdout.write(operationHelp(name, operation.input))
    return exit.ok
  }
  const parsed = parseArguments(argv, operationOptions(name, operation.input))
  if (parsed.has('generate-cli-skeleton')) {
    const { skeleton } = await import('./skeleton.js')
    await print(skeleton(operation.input) as Parameters<typeof print>[0], 'json', io)
    return exit.ok
  }
  refuse(parsed, operation)
  if (!(implemented as readonly string[]).includes(name)) {
    throw new UsageError('input', `git-vault does not have ${kebab(name)} yet`)
  }

  const flag = parsed.text('output')
  const chosen = flag === undefined ? undefined : chooseFormat(flag, io, undefined)
  const query = await compileQuery(parsed.text('query'))
  const request = await buildRequest(operation.input, parsed, io)
  const paged = paging(name)
  const limits = paged === undefined ? undefined : pageLimits(parsed, request)

  const vault = await services.open({
    directory: io.cwd,
    notice: noticeTo(io),
    passphrase: passphrase(io, services.ask),
    write: writes(name)
  })
  try {
    const format = chosen ?? chooseFormat(undefined, io, (await services.settings(vault)).output)
    const call = async (input: Record<string, unknown>): Promise<Record<string, unknown>> =>
      (await services.call(vault, name, input)) as Record<string, unknown>
    return await printAnswer(call, { operation, format, query, request, paged, limits }, io)
  } finally {
    await vault.close()
  }
}

type Call = (input: Record<string, unknown>) => Promise<Record<string, unknown>>

interface Answering {
  readonly operation: Operation
  readonly format: Format
  readonly query: Query
  readonly request: Record<string, unknown>
  readonly paged: Paging | undefined
  readonly limits: PageLimits | undefined
}

/** Prints what the operation answers: one response, or all its pages as if they were one. */
async function printAnswer(
  call: Call,
  { operation, format, query, request, paged, limits }: Answering,
  io: Io
): Promise<number> {
  if (paged === undefined || limits === undefined) {
    await print(query(plainly(await call(request), operation.output)), format, io)
    return exit.ok
  }
  const all = pages(call, request, paged, limits)
  if (format === 'json') {
    const whole = await merged(all, paged)
    const { NextToken: more, ...rest } = whole
    const ordered = plainly(rest, operation.output) as Record<string, string>
    // The list first, whatever the model says: so the AWS CLI builds a result out of pages.
    const result = { [paged.list]: ordered[paged.list]!, ...ordered }
    await print(query(more === undefined ? result : { ...result, NextToken: more as string }), 'json', io)
    return exit.ok
  }
  for await (const { NextToken: more, ...page } of all) {
    await print(query(plainly(page, operation.output)), 'text', io)
    // The query applies to this line too, and mostly finds nothing in it: the AWS CLI prints None there.
    if (more !== undefined) await print(query({ NextToken: { NextToken: more as string } }), 'text', io)
  }
  return exit.ok
}

/** What argparse refuses before a value is looked at. */
function refuse(parsed: Parsed, { input }: Operation): void {
  const missing = (input.required ?? []).map(kebab).filter(flag => !parsed.has(flag))
  if (missing.length > 0 && !parsed.has('cli-input-json')) {
    const flags = missing.map(flag => `--${flag}`).join(', ')
    throw new UsageError('arguments', `the following arguments are required: ${flags}`)
  }
  const extra = [...parsed.unknown, ...parsed.words]
  if (extra.length > 0) throw new UsageError('unknown', `Unknown options: ${extra.join(', ')}`)
}
