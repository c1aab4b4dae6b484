import type { Verb } from '../command/verb.js'
import type { Ask } from '../command/services.js'

/** The means to ask for the arguments of a command. */
export interface Asking {
  readonly ask: Ask
  /** Lets the user choose a secret; `undefined` if they leave. */
  readonly pickSecret: () => Promise<string | undefined>
  /** Whether `.vaultrc` names the secrets that `run` and `env` take. */
  readonly hasRunList: () => Promise<boolean>
}

/** The questions for words of commands, by the word. NAME is a secret that exists. */
const QUESTIONS: Readonly<Record<string, string>> = {
  FIELD: 'Name of the field',
  TEXT: 'Text to search for',
  FILE: 'File',
  URL: 'URL of the repository',
  ALIAS: 'Name of the key',
  REVISION: 'Branch or commit',
  NEW: 'New name'
}
/** Options that an action cannot do without. */
const OPTIONS: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  'member grant': [
    ['--key', 'Key'],
    ['--allow', 'Rights (decrypt, encrypt, manage or write)']
  ],
  'member revoke': [
    ['--key', 'Key'],
    ['--allow', 'Rights (decrypt, encrypt, manage or write)']
  ],
  'key new': [['--names', 'Names of its secrets, such as prod/**']],
  'key bind': [['--names', 'Names of the secrets, such as prod/**']]
}

/** Returns the arguments of a command. Asks for those that it needs; `undefined` if the user leaves. */
export async function argumentsFor(
  command: string,
  verb: Verb,
  action: string | undefined,
  asking: Asking
): Promise<string[] | undefined> {
  const { ask } = asking
  if (action !== undefined) return actionArguments(command, verb, action, ask)
  switch (command) {
    case 'put':
      return ['--', await required(ask, 'Name of the secret')]
    case 'generate': {
      const name = (await ask.text('Name of the secret (empty: only print a password)', undefined)).trim()
      return name === '' ? [] : ['--create', '--', name]
    }
    case 'rotate':
      return rotateArguments(asking)
    case 'import':
      return importArguments(ask)
    case 'run':
    case 'env':
      return runArguments(command, asking)
    default:
      return wordArguments(verb, asking)
  }
}

async function rotateArguments({ ask, pickSecret }: Asking): Promise<string[] | undefined> {
  const name = await pickSecret()
  if (name === undefined) return undefined
  const how = await ask.text('Generate a new password? (y; empty: rotate with its function)', undefined)
  return [...(/^y/i.test(how.trim()) ? ['--generate'] : []), '--', name]
}

async function wordArguments(verb: Verb, { ask, pickSecret }: Asking): Promise<string[] | undefined> {
  const words: string[] = []
  for (const word of verb.words.slice(0, verb.required)) {
    const given = word === 'NAME' ? await pickSecret() : await required(ask, QUESTIONS[word] ?? word)
    if (given === undefined) return undefined
    words.push(given)
  }
  return words.length === 0 ? [] : ['--', ...words]
}

async function actionArguments(command: string, verb: Verb, action: string, ask: Ask): Promise<string[]> {
  const { words, required: count } = verb.actions![action]!
  const options: string[] = []
  const given: string[] = []
  for (const word of words.slice(0, count))
    given.push(await required(ask, QUESTIONS[word] ?? (word === 'NAME' ? 'Name of the member' : word)))
  for (const [option, question] of OPTIONS[`${command} ${action}`] ?? [])
    options.push(option, await required(ask, question))
  return given.length === 0 ? [action] : [...options, '--', action, ...given]
}

async function importArguments(ask: Ask): Promise<string[]> {
  const file = await required(ask, 'File')
  const one = (await ask.text('One secret for all entries (empty: a secret for each)', undefined)).trim()
  if (one !== '') return ['--to', one, '--', file]
  return ['--prefix', (await ask.text('Prefix of their names, such as prod/', undefined)).trim(), '--', file]
}

/** The program is a line for the shell, as it would be typed. No value is in it. */
async function runArguments(command: string, { ask, ...asking }: Asking): Promise<string[] | undefined> {
  const name = (await asking.hasRunList()) ? [] : [await asking.pickSecret()]
  if (name.includes(undefined)) return undefined
  const secrets = name.flatMap(each => (each === undefined ? [] : [each]))
  if (command === 'env') return secrets
  return [...secrets, '--', 'sh', '-c', await required(ask, 'Program and its arguments')]
}

const required = async (ask: Ask, question: string): Promise<string> =>
  (
    await ask.text(question, undefined, answer =>
      answer === '' ? 'write something, or press Ctrl-C' : undefined
    )
  ).trim()
