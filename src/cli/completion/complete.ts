import { operations } from '../../core/generated/operations.js'
import type { Options } from '../arguments/arguments.js'
import { commands, operationOf } from '../aws/command.js'
import { globalOptions, SERVICE } from '../aws/globals.js'
import { operationOptions } from '../aws/options.js'
import { atLeastOption } from '../command/atLeast.js'
import type { World } from '../command/services.js'
import { commandSummaries, optionSummaries } from '../command/summaries.js'
import type { Completes, Verb } from '../command/verb.js'
import { exit } from '../terminal/exit.js'
import { visible } from '../terminal/escape.js'
import { candidatesOf, type Candidate } from './candidates.js'
import { optionKind, optionsAfter, wordKind } from './kinds.js'
import { positionIn, type Position } from './position.js'

/** The program's commands, as its dispatch knows them. */
export interface Tables {
  readonly verbs: Readonly<Record<string, () => Promise<Verb>>>
  readonly aliases: Readonly<Record<string, string>>
  readonly programHelp: string
}

/**
 * Prints what the last of the words may become, one candidate on each line, and after a tab what it is. A shell runs it
 * while somebody types, so it prints no error and always ends with 0.
 */
export async function complete(argv: readonly string[], tables: Tables, world: World): Promise<number> {
  const found = await candidates(argv, tables, world).catch(() => [])
  const lines = found
    // a shell shows a candidate and inserts it: nothing that cannot be seen may be part of it
    .filter(({ text }) => visible(text) === text)
    .map(({ text, description }) =>
      description === undefined ? `${text}\n` : `${text}\t${visible(description)}\n`
    )
  await world.io.stdout.write(lines.join(''))
  return exit.ok
}

async function candidates(argv: readonly string[], tables: Tables, world: World): Promise<Candidate[]> {
  const { io } = world
  let at = 0
  for (; at < argv.length - 1; at++) {
    const argument = argv[at]!
    if (argument === '-C') {
      if (at === argv.length - 2) return [{ text: ':folder' }]
      io.enter(argv[++at]!.replace(/^~(?=\/|$)/, io.home))
    } else if (argument.startsWith('-')) {
      const option = (globalOptions as Options)[argument.slice(2)]
      if (option !== undefined && option.kind !== 'flag' && at++ === argv.length - 2)
        return matching(
          await valuesOf(argument.slice(2), globalOptions, undefined, argv.at(-1)!, world),
          argv
        )
    } else if (argument !== SERVICE) break
  }
  const [command, ...others] = argv.slice(at)
  if (command === undefined) return []
  if (others.length === 0) return matching(firstWords(command, tables), argv)
  if (command === 'help') return others.length > 1 ? [] : matching(firstWords('', tables), argv)
  return afterCommand(command, others, tables, world)
}

function firstWords(typed: string, { verbs, aliases, programHelp }: Tables): Candidate[] {
  if (typed.startsWith('-')) return ['-C', '--help', '--version'].map(text => ({ text }))
  const summaries = commandSummaries(programHelp)
  const own = Object.keys(verbs).map(text => ({ text, description: summaries.get(text) }))
  const other = [...Object.keys(aliases), 'help', ...commands()].map(text => ({ text }))
  return [...own, ...other]
}

async function afterCommand(
  typed: string,
  argv: readonly string[],
  { verbs, aliases }: Tables,
  world: World
): Promise<Candidate[]> {
  const command = Object.hasOwn(aliases, typed) ? aliases[typed]! : typed
  const verb = Object.hasOwn(verbs, command) ? await verbs[command]!() : undefined
  const operation = verb ? undefined : operationOf(command)
  if (!verb && !operation) return []
  const all: Options = verb
    ? { ...verb.options, help: { kind: 'flag' }, ...atLeastOption }
    : {
        ...operationOptions(operation!, operations[operation!].input),
        ...globalOptions,
        help: { kind: 'flag' }
      }
  const position = positionIn(argv, all)
  if (position.afterEnd !== undefined) {
    if (verb?.takesProgram !== true) return []
    return [{ text: position.afterEnd === 0 ? ':program' : ':file' }]
  }
  const found = await atPosition(position, all, verb, world)
  return matching(
    found.map(one => (one.text.startsWith(':') ? one : { ...one, text: `${position.attached}${one.text}` })),
    argv
  )
}

async function atPosition(
  position: Position,
  all: Options,
  verb: Verb | undefined,
  world: World
): Promise<Candidate[]> {
  const { words, values, option, typed } = position
  if (option !== undefined) return valuesOf(option, all, verb, typed, world, position)
  if (typed.startsWith('-')) return optionNames(position, all, verb)
  const kind = verb && wordKind(verb, words)
  return kind === undefined ? [] : candidatesOf(kind, typed, about(words, values, verb), world)
}

async function valuesOf(
  option: string,
  all: Options,
  verb: Verb | undefined,
  typed: string,
  world: World,
  { words, values }: Pick<Position, 'words' | 'values'> = { words: [], values: new Map() }
): Promise<Candidate[]> {
  const kind: Completes | undefined = optionKind(option, all, verb)
  return kind === undefined ? [] : candidatesOf(kind, typed, about(words, values, verb), world)
}

/** The options that may still be given, each as often as the command takes it. */
function optionNames({ words, values }: Position, all: Options, verb: Verb | undefined): Candidate[] {
  const summaries = optionSummaries(verb?.help ?? '')
  const offered = verb ? { ...optionsAfter(verb, words), help: all['help']!, ...atLeastOption } : all
  return Object.entries(offered)
    .filter(([name, { kind }]) => kind === 'repeat' || !values.has(name))
    .map(([name]) => ({ text: `--${name}`, description: summaries.get(name) }))
}

/** A version or label belongs to the secret that the line names before it. */
function about(words: readonly string[], values: ReadonlyMap<string, string>, verb: Verb | undefined) {
  const at = verb?.words.indexOf('NAME') ?? -1
  return { secret: values.get('secret-id') ?? (at < 0 ? undefined : words[at]), region: values.get('region') }
}

const matching = (found: readonly Candidate[], argv: readonly string[]): Candidate[] =>
  found.filter(({ text }) => text.startsWith(':') || text.startsWith(argv.at(-1)!))
