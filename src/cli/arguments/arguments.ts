import { closeMatches } from './closeMatches.js'
import { python } from './python.js'
import { UsageError } from './usage.js'

/**
 * How an option is parsed. `values` takes any number of words after one flag, `repeat` may be given several times, and
 * the word of `optional` may be omitted. A `flag` with `clears` negates that other flag.
 */
export type Option =
  | { readonly kind: 'flag'; readonly short?: string; readonly clears?: string }
  | { readonly kind: 'value' | 'repeat'; readonly short?: string; readonly choices?: readonly string[] }
  /** The next argument is the value even if it starts with a dash, as one in 64 base64url texts does. */
  | { readonly kind: 'opaque' }
  | { readonly kind: 'integer'; readonly short?: string }
  | { readonly kind: 'values' }
  | { readonly kind: 'optional'; readonly default: string; readonly choices?: readonly string[] }

/** An integer as Python's `int` accepts it. */
export const INTEGER = /^\s*[+-]?\d+(?:_\d+)*\s*$/

/** Options by name, without the dashes. */
export type Options = Readonly<Record<string, Option>>

export class Parsed {
  readonly options = new Map<string, string[]>()
  readonly words: string[] = []
  readonly unknown: string[] = []
  /** The words and the unknown options, in their original order. */
  readonly rest: string[] = []

  has(name: string): boolean {
    return this.options.has(name)
  }

  text(name: string): string | undefined {
    return this.options.get(name)?.at(-1)
  }

  list(name: string): readonly string[] | undefined {
    return this.options.get(name)
  }

  /** Returns `undefined` if neither the flag nor its negation was passed. */
  flag(name: string): boolean | undefined {
    const text = this.text(name)
    return text === undefined ? undefined : text === 'true'
  }

  integer(name: string): number | undefined {
    const text = this.text(name)
    return text === undefined ? undefined : Number(text.replaceAll('_', ''))
  }
}

/**
 * Parses arguments by the rules of Python's argparse, because scripts written for the AWS CLI rely on them:
 * `--name value` and `--name=value`; unambiguous prefixes of names; a word that starts with a dash is an option, unless
 * it contains a space or is a negative number; `--` ends the options. A prefix that matches one of the `first` options
 * is not matched against the others. Throws `UsageError` in argparse's words.
 */
export function parseArguments(argv: readonly string[], options: Options, first: Options = {}): Parsed {
  const parsed = new Parsed()
  const all = { ...first, ...options }
  const isWord = (argument: string | undefined): argument is string =>
    argument !== undefined && !looksLikeOption(argument, options, first)
  let at = 0

  while (at < argv.length) {
    const argument = argv[at++]!
    if (argument === '--') {
      parsed.words.push(...argv.slice(at))
      parsed.rest.push(...argv.slice(at))
      break
    }
    if (isWord(argument)) {
      parsed.words.push(argument)
      parsed.rest.push(argument)
      continue
    }
    const { name, attached } = resolve(argument, options, first)
    const option = name === undefined ? undefined : all[name]
    if (name === undefined || option === undefined) {
      parsed.unknown.push(argument)
      parsed.rest.push(argument)
      continue
    }

    if (option.kind === 'flag') {
      if (attached !== undefined) throw argumentError(name, `ignored explicit argument '${attached}'`)
      parsed.options.set(option.clears ?? name, [option.clears === undefined ? 'true' : 'false'])
    } else if (option.kind === 'values') {
      const values = attached === undefined ? [] : [attached]
      while (attached === undefined && isWord(argv[at])) values.push(argv[at++]!)
      parsed.options.set(name, values)
    } else {
      let value = attached
      const takesNext = option.kind === 'opaque' || (isWord(argv[at]) && argv[at] !== '--')
      if (value === undefined && takesNext) value = argv[at++]
      if (value === undefined && option.kind === 'optional') value = option.default
      if (value === undefined) throw argumentError(name, 'expected one argument')
      check(name, option, value)
      parsed.options.set(name, option.kind === 'repeat' ? [...(parsed.list(name) ?? []), value] : [value])
    }
  }
  return parsed
}

function check(name: string, option: Option, value: string): void {
  if (option.kind === 'integer' && !INTEGER.test(value)) {
    throw argumentError(name, `invalid int value: '${value}'`)
  }
  if ('choices' in option && option.choices !== undefined && !option.choices.includes(value)) {
    throw argumentError(name, invalidChoice(value, option.choices))
  }
}

/** Returns the AWS CLI's message for an invalid choice: two choices per row, and then similar ones. */
export function invalidChoice(value: string, choices: readonly string[]): string {
  const cells = choices.map(choice => choice.padEnd(40))
  const rows = cells.flatMap((_, at) => (at % 2 === 0 ? [cells.slice(at, at + 2).join(' | ')] : []))
  const near = closeMatches(value, choices, 0.8)
  const suggestion =
    near.length === 0 ? [] : [`\n\nInvalid choice: ${python(value, true)}, maybe you meant:\n`]
  return [
    'Invalid choice, valid choices are:\n',
    ...rows,
    ...suggestion,
    ...near.map(word => `  * ${word}`)
  ].join('\n')
}

function looksLikeOption(argument: string, options: Options, first: Options): boolean {
  if (!argument.startsWith('-') || argument === '-') return false
  if (argument === '--') return true
  if (/^-\d+$|^-\d*\.\d+$/.test(argument)) return false
  // a PEM file also starts with dashes, but its first line has spaces
  return !argument.includes(' ') || resolve(argument, options, first).name !== undefined
}

function resolve(
  argument: string,
  options: Options,
  first: Options
): { name: string | undefined; attached: string | undefined } {
  if (!argument.startsWith('--')) {
    const name = Object.keys(options).find(key => short(options[key]) === argument[1])
    const rest = argument.slice(2)
    return { name, attached: rest === '' ? undefined : rest }
  }
  const equals = argument.indexOf('=')
  const prefix = equals < 0 ? argument.slice(2) : argument.slice(2, equals)
  const attached = equals < 0 ? undefined : argument.slice(equals + 1)
  return { name: matchingName(prefix, first) ?? matchingName(prefix, options), attached }
}

function matchingName(prefix: string, options: Options): string | undefined {
  if (Object.hasOwn(options, prefix)) return prefix
  const names = Object.keys(options).filter(key => key.startsWith(prefix))
  if (names.length > 1) {
    const matches = names.map(key => `--${key}`).join(', ')
    throw new UsageError('arguments', `ambiguous option: --${prefix} could match ${matches}`)
  }
  return names[0]
}

const short = (option: Option | undefined): string | undefined =>
  option !== undefined && 'short' in option ? option.short : undefined

const argumentError = (name: string, message: string): UsageError =>
  new UsageError('arguments', `argument --${name}: ${message}`)
