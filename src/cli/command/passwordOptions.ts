import type { GenerateRule } from '../../core/rotation/generateRule.js'
import type { Parsed } from '../arguments/arguments.js'
import { UsageError } from '../arguments/usage.js'

/** The options of a command that generates a password. */
export const passwordOptions = {
  length: { kind: 'integer' },
  exclude: { kind: 'value' },
  'no-punctuation': { kind: 'flag' },
  words: { kind: 'integer' }
} as const

export const hasPasswordOption = (parsed: Parsed): string | undefined =>
  Object.keys(passwordOptions).find(option => parsed.has(option))

/** Returns the rule that the options state. Throws `UsageError` if they contradict each other. */
export function passwordRuleOf(parsed: Parsed): GenerateRule {
  const words = parsed.integer('words')
  const [length, exclude] = [parsed.integer('length'), parsed.text('exclude')]
  const other = ['length', 'exclude', 'no-punctuation'].find(option => parsed.has(option))
  if (words !== undefined && other !== undefined)
    throw new UsageError('input', `--words cannot be combined with --${other}`)
  return {
    ...(words === undefined ? {} : { words }),
    ...(length === undefined ? {} : { length }),
    ...(exclude === undefined ? {} : { exclude }),
    ...(parsed.has('no-punctuation') ? { noPunctuation: true } : {})
  }
}
