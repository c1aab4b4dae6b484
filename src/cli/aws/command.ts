import { operations, type OperationName } from '../../core/generated/operations.js'
import type { Operation } from '../../core/shape.js'
import { writes } from '../../operations/implemented.js'
import { parseArguments, type Parsed } from '../arguments/arguments.js'
import { exit } from '../terminal/exit.js'
import type { Io } from '../terminal/io.js'
import { useAtLeast } from '../command/atLeast.js'
import { passphrase } from '../command/passphrase.js'
import { detaching, rotating } from '../command/rotating.js'
import { failIfLeftOut } from '../command/skipped.js'
import { noticeTo } from '../terminal/report.js'
import type { World } from '../command/services.js'
import { UsageError } from '../arguments/usage.js'
import { checkGlobals, globalOptions } from './globals.js'
import { kebab } from './names.js'
import { operationOptions } from './options.js'
import { chooseFormat, print, type Format, type Printing } from './output.js'
import { merged, pagedList, pageLimits, pages, type Page } from './paginate.js'
import { toPlain, type Plain } from './json/plain.js'
import { requestedProfile } from './profile.js'
import { compileQuery, type Query } from './query.js'
import { requestedRegion, type RequestedRegion } from './region.js'
import { check, checkedRequest, readRequest } from './request.js'

/** Returns the command names of all operations, including unsupported ones. */
export const commands = (): string[] => Object.keys(operations).map(kebab)

export function operationOf(command: string): OperationName | undefined {
  return (Object.keys(operations) as OperationName[]).find(name => kebab(name) === command)
}

/** Runs an operation under its AWS CLI name, such as `get-secret-value --secret-id prod/db`. Returns the exit code. */
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
  checkOptions(parsed, operation)

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
  const requested = requestedRegion(parsed, io)
  if (form === 'output') {
    const { outputSkeleton } = await import('./skeleton.js')
    const sample = outputSkeleton(operation.output)
    // the AWS CLI validates its own skeleton too, and usually rejects it
    check(sample, operation.output)
    check(request, operation.input)
    await print(query(sample as Plain), printing(chosen ?? chooseFormat(undefined, io, undefined)), io)
    return exit.ok
  }
  const list = pagedList(name)
  const limits = list === undefined ? undefined : pageLimits(parsed, request)
  warnOfMaxItems(parsed, io)
  const checked = checkedRequest(request, operation.input, io)

  useAtLeast(parsed, io)
  const profile = await requestedProfile(parsed, { io, services }, writes(name))
  const vault = await services.open({
    directory: profile?.vault ?? io.cwd,
    notice: noticeTo(io),
    passphrase: passphrase(io, services.ask),
    write: writes(name),
    ...(name === 'RotateSecret' ? rotating(io) : {}),
    ...(parsed.has('no-wait') ? detaching() : {})
  })
  try {
    if (requested?.variable !== undefined) await reportRegion(requested, await services.homeRegion(vault), io)
    const format = chosen ?? chooseFormat(undefined, io, (await services.settings(vault)).output)
    const regionalVault = vault.inRegion(requested?.region ?? profile?.region)
    const call = async (input: Record<string, unknown>): Promise<Record<string, unknown>> =>
      (await services.call(regionalVault, name, input)) as Record<string, unknown>
    const responsePrinting = { operation, printing: printing(format), query }
    if (list === undefined || limits === undefined) {
      await print(query(toPlain(await call(checked), operation.output)), printing(format), io)
    } else await printPages(pages(call, checked, list, limits), list, responsePrinting, io)
    failIfLeftOut(regionalVault.skipped)
    return exit.ok
  } finally {
    await vault.close()
  }
}

interface ResponsePrinting {
  readonly operation: Operation
  readonly printing: Printing
  readonly query: Query
}

/** Prints all pages as one response. Formats made of lines or documents print each page as it arrives. */
async function printPages(
  all: AsyncIterable<Page>,
  list: string,
  { operation: { output }, printing, query }: ResponsePrinting,
  io: Io
): Promise<void> {
  if (printing.format === 'yaml-stream') {
    for await (const { response } of all) await print(query(toPlain(response, output)), printing, io)
  } else if (printing.format === 'text') {
    for await (const { response, resume } of all) {
      const items = toPlain({ [list]: response[list] }, output) as Record<string, Plain>
      await print(query({ [list]: items[list] ?? null }), printing, io)
      // the AWS CLI applies the query to this line too, and usually prints None
      if (resume !== undefined) await print(query({ NextToken: { NextToken: resume } }), printing, io)
    }
  } else {
    const { NextToken: more, ...rest } = await merged(all, list)
    const result = toPlain(rest, output) as Record<string, Plain>
    await print(query(more === undefined ? result : { ...result, NextToken: more as string }), printing, io)
  }
}

function warnOfMaxItems(parsed: Parsed, io: Io): void {
  if ((parsed.integer('max-items') ?? 1) > 0) return
  const line = 'warning: Non-positive values for --max-items may result in undefined behavior.\n'
  io.stderr.write(line).catch(() => undefined)
}

/** Reports a region from the environment, which may have been set for another program. */
async function reportRegion({ region, variable }: RequestedRegion, home: string, io: Io): Promise<void> {
  if (region === home) return
  noticeTo(io)(`using region ${region} from ${variable}; the vault's home region is ${home}`)
}

/** Throws the `UsageError` that argparse raises before it checks any value. */
function checkOptions(parsed: Parsed, { input }: Operation): void {
  const missing = (input.required ?? []).map(kebab).filter(flag => !parsed.has(flag))
  const form = parsed.text('generate-cli-skeleton')
  const isFree =
    parsed.has('cli-input-json') || parsed.has('cli-input-yaml') || (form !== undefined && form !== 'output')
  if (missing.length > 0 && !isFree) {
    const flags = missing.map(flag => `--${flag}`).join(', ')
    throw new UsageError('arguments', `the following arguments are required: ${flags}`)
  }
  if (parsed.rest.length === 0) return
  // the AWS CLI parses the first word separately, because it may be `help`, and so lists it last
  const [first] = parsed.words
  const at = first === undefined ? -1 : parsed.rest.indexOf(first)
  const others = parsed.rest.filter((_, index) => index !== at)
  const extra = first === undefined ? others : [...others, first]
  throw new UsageError('unknown', `Unknown options: ${extra.join(', ')}`)
}
