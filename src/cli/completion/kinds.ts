import { HOOKED_SHELLS, SHELLS } from '../../core/run/shell.js'
import type { Options } from '../arguments/arguments.js'
import type { Completes, Verb } from '../command/verb.js'

/** What the words of the helps stand for, in every command that says nothing else. */
const WORDS: Readonly<Record<string, Completes>> = {
  NAME: 'secret',
  PREFIX: 'secret',
  VERSION: 'version',
  LABEL: 'label',
  ALIAS: 'key',
  MEMBER: 'member',
  SHELL: HOOKED_SHELLS,
  FILE: 'file',
  DIR: 'folder'
}

/** The same of the options' values. */
const OPTIONS: Readonly<Record<string, Completes>> = {
  'secret-id': 'secret',
  'secret-id-list': 'secret',
  'version-id': 'version',
  'move-to-version-id': 'version',
  'remove-from-version-id': 'version',
  'version-stage': 'label',
  'version-stages': 'label',
  stage: 'label',
  label: 'label',
  version: 'version',
  key: 'key',
  'kms-key-id': 'key',
  env: 'assignment',
  shell: SHELLS,
  file: 'file',
  'passphrase-file': 'file',
  policy: 'file',
  'output-dir': 'folder',
  vault: 'folder'
}

/** Returns what the word at a place stands for, as `words` of the verb and of its action name it. */
export function wordKind(verb: Verb, words: readonly string[]): Completes | undefined {
  const action = words.length === 0 ? undefined : actionOf(verb, words[0]!)
  const [names, at] = action ? [action.words, words.length - 1] : [verb.words, words.length]
  if (at === 0 && !action && verb.actions) return Object.keys(verb.actions)
  const name = names[at] ?? (verb.repeats === true ? names.at(-1) : undefined)
  if (name === undefined) return undefined
  // a list of actions, as the errors name it: `new, list or rm`
  if (/^[a-z]/.test(name)) return name.split(/, | or /)
  return verb.completes?.[name] ?? WORDS[name]
}

export function optionKind(name: string, options: Options, verb?: Verb): Completes | undefined {
  const option = options[name]
  const choices = option && 'choices' in option ? option.choices : undefined
  return verb?.completes?.[`--${name}`] ?? choices ?? OPTIONS[name]
}

/** Returns the options that a command takes after these words: those of the action, if it has actions. */
export function optionsAfter(verb: Verb, words: readonly string[]): Options {
  const action = words.length === 0 ? undefined : actionOf(verb, words[0]!)
  if (!action) return verb.options
  return Object.fromEntries(Object.entries(verb.options).filter(([name]) => action.options.includes(name)))
}

function actionOf({ actions }: Verb, name: string) {
  return actions && Object.hasOwn(actions, name) ? actions[name] : undefined
}
