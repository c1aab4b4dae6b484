import { operations, type OperationName } from '../../core/generated/operations.js'
import type { Operation } from '../../core/shape.js'
import { writes } from '../../operations/implemented.js'
import { parseArguments, type Parsed } from '../arguments/arguments.js'
import { exit } from '../terminal/exit.js'
import type { Io } from '../terminal/io.js'
import { passphrase } from '../command/passphrase.js'
import { noticeTo } from '../terminal/report.js'
import type { World } from '../command/services.js'
import { UsageError } from '../arguments/usage.js'
import { checkGlobals, globalOptions } from './globals.js'
import { kebab } from './names.js'
import { operationOptions } from './options.js'
import { chooseFormat, print, type Format, type Printing } from './output.js'
import { merged, pagedList, pageLimits, pages, type Page } from './paginate.js'
import { plainly, type Plain } from './json/plain.js'
import { compileQuery, type Query } from './query.js'
import { askedRegion, type Asked } from './region.js'
import { check, checkedRequest, readRequest } from './request.js'

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
  const parsed = parseArguments(argv, operationOptions(name, operation.input), globalOptions)
  const query = await compileQuery(parsed.text('query'))
  checkGlobals(parsed)
  refuse(parsed, operation)

  const flag = parsed.text('output')
  const chosen = flag === undefined ? undefined : chooseFormat(flag, io, undefined)
  const colour = parsed.text('color') as Printing['colour']
  const printing = (format: Format): Printing => ({ format, title: name, ...(colour && { colour }) })

  const request = await readRequest(operation.input, parsed, io)
  const form = parsed.text('generate-cli-skeleton')
  if (form === 'input' || form === 'yaml-input') {
    const { skeleton } = await import('./skeleton.js')
    const empty = skeleton(operation.input) as Plain
    await print(empty, { format: form === 'input' ? 'json' : 'yaml', title: name }, io)
    return exit.ok
  }
  const asked = askedRegion(parsed, io)
  if (form === 'output') {
    const { outputSkeleton } = await import('./skeleton.js')
    const invented = outputSkeleton(operation.output)
    // The AWS CLI checks its invention too, and mostly finds it wanting.
    check(invented, operation.output)
    check(request, operation.input)
    await print(query(invented as Plain), printing(chosen ?? chooseFormat(undefined, io, undefined)), io)
    return exit.ok
  }
  const list = pagedList(name)
  const limits = list === undefined ? undefined : pageLimits(parsed, request)
  warnOfMaxItems(parsed, io)
  const checked = checkedRequest(request, operation.input, io)

  const vault = await services.open({
    directory: io.cwd,
    notice: noticeTo(io),
    passphrase: passphrase(io, services.ask),
    write: writes(name)
  })
  try {
    if (asked?.variable !== undefined) await tellRegion(asked, await services.homeRegion(vault), io)
    const format = chosen ?? chooseFormat(undefined, io, (await services.settings(vault)).output)
    const there = vault.inRegion(asked?.region)
    const call = async (input: Record<string, unknown>): Promise<Record<string, unknown>> =>
      (await services.call(there, name, input)) as Record<string, unknown>
    const answering = { operation, printing: printing(format), query }
    if (list === undefined || limits === undefined) {
      await print(query(plainly(await call(checked), operation.output)), printing(format), io)
    } else await printPages(pages(call, checked, list, limits), list, answering, io)
    return exit.ok
  } finally {
    await vault.close()
  }
}

interface Answering {
  readonly operation: Operation
  readonly printing: Printing
  readonly query: Query
}

/** All pages as if they were one response, or each as it comes in the formats that are lines anyway. */
async function printPages(
  all: AsyncIterable<Page>,
  list: string,
  { operation: { output }, printing, query }: Answering,
  io: Io
): Promise<void> {
  if (printing.format === 'yaml-stream') {
    for await (const { response } of all) await print(query(plainly(response, output)), printing, io)
  } else if (printing.format === 'text') {
    for await (const { response, resume } of all) {
      const items = plainly({ [list]: response[list] }, output) as Record<string, Plain>
      await print(query({ [list]: items[list] ?? null }), printing, io)
      // The query applies to this line too, and mostly finds nothing in it: the AWS CLI prints None there.
      if (resume !== undefined) await print(query({ NextToken: { NextToken: resume } }), printing, io)
    }
  } else {
    const { NextToken: more, ...rest } = await merged(all, list)
    const result = plainly(rest, output) as Record<string, Plain>
    await print(query(more === undefined ? result : { ...result, NextToken: more as string }), printing, io)
  }
}

function warnOfMaxItems(parsed: Parsed, io: Io): void {
  if ((parsed.integer('max-items') ?? 1) > 0) return
  const line = 'warning: Non-positive values for --max-items may result in undefined behavior.\n'
  io.stderr.write(line).catch(() => undefined)
}

/** A region that was set for something else may well not be the one that is meant here. */
async function tellRegion({ region, variable }: Asked, home: string, io: Io): Promise<void> {
  if (region === home) return
  noticeTo(io)(`${variable} says the region ${region}; the vault's home region is ${home}`)
}

/** What argparse refuses before a value is looked at. */
function refuse(parsed: Parsed, { input }: Operation): void {
  const missing = (input.required ?? []).map(kebab).filter(flag => !parsed.has(flag))
  const form = parsed.text('generate-cli-skeleton')
  const isFree =
    parsed.has('cli-input-json') || parsed.has('cli-input-yaml') || (form !== undefined && form !== 'output')
  if (missing.length > 0 && !isFree) {
    const flags = missing.map(flag => `--${flag}`).join(', ')
    throw new UsageError('arguments', `the following arguments are required: ${flags}`)
  }
  if (parsed.rest.length === 0) return
  // The AWS CLI takes the first word for one that might be `help`, and puts it last.
  const [first] = parsed.words
  const at = first === undefined ? -1 : parsed.rest.indexOf(first)
  const others = parsed.rest.filter((_, index) => index !== at)
  const extra = first === undefined ? others : [...others, first]
  throw new UsageError('unknown', `Unknown options: ${extra.join(', ')}`)
}
