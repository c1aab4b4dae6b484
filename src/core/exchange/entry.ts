import { usage, type VaultError } from '../errors.js'

/** A named value of a file. */
export interface Entry {
  readonly name: string
  /** The value as compact JSON. */
  readonly json: string
}

/** A value that is to be stored as a secret. */
export interface NamedValue {
  readonly name: string
  readonly value: string | Uint8Array
  /** Given to a secret that is created. One that exists keeps its own. */
  readonly description?: string | undefined
  readonly tags?: readonly NamedTag[]
}

export interface NamedTag {
  readonly key: string
  readonly value: string
}

/** The formats of files that `import` reads. */
export const IMPORT_FORMATS = ['dotenv', 'json', 'yaml', 'toml', 'aws'] as const
export type ImportFormat = (typeof IMPORT_FORMATS)[number]

/** What `import` reads besides files in a format, each through the user's own program. */
export const IMPORT_SOURCES = ['pass', 'gopass', 'sops', 'endpoint'] as const
export type ImportSource = (typeof IMPORT_SOURCES)[number]

/** The formats of SOPS. */
export const SOPS_FORMATS = ['yaml', 'json', 'dotenv', 'ini', 'binary'] as const
export type SopsFormat = (typeof SOPS_FORMATS)[number]

/** Returns the format of a SOPS file by its name, as sops itself tells it. */
export function sopsFormatOf(file: string): SopsFormat {
  if (/\.ya?ml$/.test(file)) return 'yaml'
  if (file.endsWith('.json')) return 'json'
  if (file.endsWith('.env')) return 'dotenv'
  return file.endsWith('.ini') ? 'ini' : 'binary'
}

/** Returns the format that a file's name stands for, or `undefined`. */
export function formatOf(file: string): ImportFormat | undefined {
  const name = file.slice(file.replaceAll('\\', '/').lastIndexOf('/') + 1).toLowerCase()
  if (/^\.env(\.|$)|\.env$/.test(name)) return 'dotenv'
  if (name.endsWith('.json')) return 'json'
  if (/\.ya?ml$/.test(name)) return 'yaml'
  return name.endsWith('.toml') ? 'toml' : undefined
}

/** Returns the error for a file that cannot be read. The reason must not contain a part of the file. */
export const unreadable = (file: string, reason: string, hint?: string): VaultError =>
  usage(`cannot import ${file}: ${reason}`, hint)

/** Throws if a name occurs twice: one of the values would be lost. */
export function refuseRepeated(entries: readonly { readonly name: string }[], file: string): void {
  const names = new Set<string>()
  for (const { name } of entries) {
    if (names.has(name)) throw unreadable(file, `${JSON.stringify(name)} occurs twice`)
    names.add(name)
  }
}
