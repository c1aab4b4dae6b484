import type { Option, Options } from '../arguments/arguments.js'

/** The place in a command line at which a word is being typed. */
export interface Position {
  /** The words before it, without options and their values. */
  readonly words: readonly string[]
  /** The values of the options before it. */
  readonly values: ReadonlyMap<string, string>
  /** The option whose value is being typed. */
  readonly option: string | undefined
  /** What stands before that value in the same word: `--stage=`. */
  readonly attached: string
  readonly typed: string
  /** How many words of another program's command line come before; `undefined` without a `--`. */
  readonly afterEnd: number | undefined
}

/**
 * Reads the arguments of a command as far as they have been typed. Takes no option for wrong: the line is unfinished.
 * @param argv the last one is being typed, and may be empty
 */
export function positionIn(argv: readonly string[], options: Options): Position {
  const words: string[] = []
  const values = new Map<string, string>()
  let open: string | undefined
  let afterEnd: number | undefined
  for (const argument of argv.slice(0, -1)) {
    if (afterEnd !== undefined) afterEnd++
    else if (argument === '--') afterEnd = 0
    else if (argument.startsWith('-') && argument !== '-') {
      const [flag = '', ...value] = argument.split('=')
      const name = optionNamed(flag, options)
      open = name !== undefined && value.length === 0 && takesValue(options[name]!) ? name : undefined
      if (name !== undefined) values.set(name, value.join('='))
    } else if (open !== undefined) {
      values.set(open, argument)
      if (options[open]!.kind !== 'values') open = undefined
    } else words.push(argument)
  }
  const last = argv.at(-1) ?? ''
  const [, attached = '', flag = '', typed = last] = /^((--[\w-]+)=)(.*)$/s.exec(last) ?? []
  if (afterEnd !== undefined) return { words, values, option: undefined, attached: '', typed: last, afterEnd }
  const own = attached === '' ? undefined : optionNamed(flag, options)
  if (own !== undefined) return { words, values, option: own, attached, typed, afterEnd }
  const option = last.startsWith('-') ? undefined : open
  return { words, values, option, attached: '', typed: last, afterEnd }
}

const takesValue = ({ kind }: Option): boolean => kind !== 'flag'

function optionNamed(flag: string, options: Options): string | undefined {
  if (flag.startsWith('--')) return Object.hasOwn(options, flag.slice(2)) ? flag.slice(2) : undefined
  return Object.keys(options).find(name => {
    const option = options[name]!
    return 'short' in option && option.short === flag.slice(1, 2)
  })
}
