import type { Parsed } from '../arguments/arguments.js'
import { visible } from '../terminal/escape.js'
import type { World } from './services.js'
import { UsageError } from '../arguments/usage.js'

/** One of the actions of a command, with the words after it and the options that it takes. */
export interface Action {
  readonly words: readonly string[]
  readonly required: number
  readonly options: readonly string[]
  run(words: readonly string[], parsed: Parsed, world: World): Promise<void>
}

/** Runs the action that the first word names. */
export async function runAction(
  command: string,
  actions: Readonly<Record<string, Action>>,
  parsed: Parsed,
  world: World
): Promise<void> {
  const [name = '', ...words] = parsed.words
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined
  const hint = `git-vault ${command} --help`
  if (!action) throw new UsageError('input', `${command} does not know '${visible(name)}'`, hint)
  const stray = [...parsed.options.keys()].find(option => !action.options.includes(option))
  if (stray !== undefined) throw new UsageError('input', `${command} ${name} does not take --${stray}`, hint)
  if (words.length > action.words.length)
    throw new UsageError(
      'input',
      `${command} ${name} does not take '${visible(words[action.words.length]!)}'`,
      hint
    )
  const missing = action.words.slice(0, action.required)[words.length]
  if (missing !== undefined) throw new UsageError('input', `${command} ${name} needs ${missing}`, hint)
  await action.run(words, parsed, world)
}
