import type { Parsed } from '../arguments/arguments.js'
import { visible } from '../terminal/escape.js'
import type { World } from './services.js'
import { UsageError } from '../arguments/usage.js'

/** An action of a command, such as `member add`, with its words and options. */
export interface Action {
  readonly words: readonly string[]
  readonly required: number
  readonly options: readonly string[]
  run(words: readonly string[], parsed: Parsed, world: World): Promise<void>
}

/** Runs the action named by the first word. Throws `UsageError` for wrong words or options. */
export async function runAction(
  command: string,
  actions: Readonly<Record<string, Action>>,
  parsed: Parsed,
  world: World
): Promise<void> {
  const [name = '', ...words] = parsed.words
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined
  const hint = `git-vault ${command} --help`
  if (!action) throw new UsageError('input', `${command} has no action '${visible(name)}'`, hint)
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
