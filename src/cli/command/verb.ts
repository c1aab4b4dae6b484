import { VaultError, type ErrorCode } from '../../core/errors.js'
import { parseArguments, type Options, type Parsed } from '../arguments/arguments.js'
import { atLeastOption, useAtLeast } from './atLeast.js'
import { exit } from '../terminal/exit.js'
import { passphrase } from './passphrase.js'
import { rotating } from './rotating.js'
import { noticeTo } from '../terminal/report.js'
import type { Action } from './subcommand.js'
import type { Services, World } from './services.js'
import { UsageError } from '../arguments/usage.js'

/** What a shell proposes for a word: things of a kind, or one of these texts. An assignment is `VAR=NAME` of a secret. */
export type Completes =
  | 'secret'
  | 'version'
  | 'label'
  | 'member'
  | 'key'
  | 'assignment'
  | 'file'
  | 'folder'
  | 'program'
  | 'none'
  | readonly string[]

/** A command that is not one of the AWS CLI's. */
export interface Verb {
  readonly help: string
  readonly options: Options
  /** The names of its words, as in the help. The first `required` of them must be given. */
  readonly words: readonly string[]
  readonly required: number
  /** Whether the last word may be given several times. */
  readonly repeats?: boolean
  /** Whether a program and its arguments follow after `--`. */
  readonly takesProgram?: boolean
  /** What its first word may be, if it has actions, and the words and options of each. */
  readonly actions?: Readonly<Record<string, Action>>
  /** What a shell proposes for a word or for the value of an `--option`, if it is not what the name says elsewhere. */
  readonly completes?: Readonly<Record<string, Completes>>
  /** Returns the exit code, if it is not 0. */
  run(parsed: Parsed, world: World, program: readonly string[] | undefined): Promise<number | void>
}

export async function runVerb(
  name: string,
  verb: Verb,
  argv: readonly string[],
  world: World
): Promise<number> {
  const everyVerb = { help: { kind: 'flag', short: 'h' }, ...atLeastOption } as const
  const end = verb.takesProgram === true ? argv.indexOf('--') : -1
  const own = end < 0 ? argv : argv.slice(0, end)
  const parsed = parseArguments(own, { ...verb.options, ...everyVerb })
  if (parsed.has('help') || (parsed.words.length === 1 && parsed.words[0] === 'help' && argv.length === 1)) {
    await world.io.stdout.write(verb.help)
    return exit.ok
  }
  const hint = `git-vault ${name} --help`
  if (parsed.unknown.length > 0) {
    throw new UsageError('input', `${name} has no option ${parsed.unknown[0]}`, hint)
  }
  if (parsed.words.length > verb.words.length && verb.repeats !== true) {
    throw new UsageError('input', `${name} does not take '${parsed.words[verb.words.length]}'`, hint)
  }
  const missing = verb.words.slice(0, verb.required)[parsed.words.length]
  if (missing !== undefined) throw new UsageError('input', `${name} needs ${missing}`, hint)
  useAtLeast(parsed, world.io)
  const command = end < 0 ? undefined : argv.slice(end + 1)
  const code = await verb.run(parsed, world, command).catch(async error => {
    const namesOne = verb.words[0] === 'NAME' && !(verb.repeats === true && verb.words.length === 1)
    await tellFormer(error, world)
    throw namesOne ? await explained(error, parsed, verb, world) : error
  })
  return code ?? exit.ok
}

/** The errors that a removed member meets: refused signatures, missing rights, a branch that lacks the removal. */
const OF_FORMER: readonly ErrorCode[] = ['DocumentRefused', 'RepositoryState']

/** Says first that the user is no longer a member, if that may be why a command failed. */
async function tellFormer(error: unknown, { io, services }: World): Promise<void> {
  if (!(error instanceof VaultError) || !OF_FORMER.includes(error.code)) return
  const former = await services.formerUserAround(io.cwd)
  if (former !== undefined) noticeTo(io)(former)
}

async function explained(error: unknown, parsed: Parsed, verb: Verb, world: World): Promise<unknown> {
  const { explain } = await import('./explain.js')
  const region = 'region' in verb.options ? parsed.text('region') : undefined
  return explain(error, parsed.words[0] ?? '', region, world)
}

/** The option of a command that works in one region. AWS_REGION is ignored here, because it is about AWS. */
export const regionOption = { region: { kind: 'value' } } as const

/** Opens the vault of the current folder, in `region` or else in the vault's home region. */
export async function openCurrentVault(
  { io, services }: World,
  region?: string,
  more: Parameters<Services['open']>[0] = {}
): Promise<Awaited<ReturnType<Services['open']>>> {
  const vault = await services.open({
    directory: io.cwd,
    notice: noticeTo(io),
    passphrase: passphrase(io, services.ask),
    ...rotating(io),
    ...more
  })
  return vault.inRegion(region)
}
