import { usage } from '../errors.js'

/** A secret, by name or ARN, or one field of a JSON secret. */
export interface Source {
  readonly secret: string
  readonly field: string | undefined
}

/** `VAR=NAME[:field]` */
export interface Assignment extends Source {
  readonly variable: string
}

/** The secrets a program is to get, and how. */
export interface Plan {
  /** JSON secrets of which each field becomes a variable. A later one replaces fields of an earlier one. */
  readonly secrets: readonly string[]
  /** Variables that replace fields of the same name. */
  readonly assignments: readonly Assignment[]
  /** Variables that hold the path of a file with the value. */
  readonly files: readonly Assignment[]
  readonly stdin: Source | undefined
  /** Fields are named with this before them. */
  readonly prefix: string
  /** Fields are named in upper case, with `_` for what a name cannot have. */
  readonly isUpper: boolean
  /** If given, the only fields to take. */
  readonly only: readonly string[] | undefined
  /** Names to set although they are dangerous or unusual. */
  readonly allowed: ReadonlySet<string>
  /** Whether `PATH` and `Path` are one variable. */
  readonly ignoreCase: boolean
  /** Whether a shell is to set the variables: a name that shells cannot set is then refused in any case. */
  readonly isForShell: boolean
}

/** An ARN has six colons. */
const ARN = /^(arn:(?:[^:]*:){5}[^:]*)(?::(.*))?$/s
const NAME = /^([^:]*)(?::(.*))?$/s

/** Parses `NAME[:field]`; the field may contain colons. Throws `Usage` if a part is empty. */
export function parseSource(text: string, option: string): Source {
  const source = sourceIn(text)
  if (!source) throw usage(`${option} needs NAME or NAME:FIELD, not '${text}'`)
  return source
}

/** Parses `VAR=NAME[:field]`. Throws `Usage` if a part is empty. */
export function parseAssignment(text: string, option: string): Assignment {
  const equals = text.indexOf('=')
  const source = sourceIn(text.slice(equals + 1))
  if (equals < 1 || !source) throw usage(`${option} needs VAR=NAME or VAR=NAME:FIELD, not '${text}'`)
  return { variable: text.slice(0, equals), ...source }
}

function sourceIn(text: string): Source | undefined {
  const [, secret = '', field] = ARN.exec(text) ?? NAME.exec(text)!
  return secret === '' || field === '' ? undefined : { secret, field }
}

/** Returns the secrets that a plan reads, each once. */
export function secretsOf({ secrets, assignments, files, stdin }: Plan): string[] {
  const sources = [...assignments, ...files, ...(stdin ? [stdin] : [])]
  return [...new Set([...secrets, ...sources.map(({ secret }) => secret)])]
}
