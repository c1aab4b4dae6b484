import { VaultError } from '../errors.js'
import type { GetRandomPasswordRequest } from '../generated/requests.js'

/** The set of allowed passwords. */
export interface PasswordRule {
  readonly length: number
  /** The allowed characters, each listed once. */
  readonly alphabet: readonly string[]
  /** The password has at least one character of each set. */
  readonly required: readonly ReadonlySet<string>[]
}

const DEFAULT_LENGTH = 32
const LOWERCASE = 'abcdefghijklmnopqrstuvwxyz'
const UPPERCASE = LOWERCASE.toUpperCase()
const NUMBERS = '0123456789'
const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'

/**
 * Throws InvalidParameterException if no password can meet the request. The four types that are not excluded are
 * required; a space is allowed by IncludeSpace, and never required.
 */
export function passwordRule(request: GetRandomPasswordRequest): PasswordRule {
  const { PasswordLength: length = DEFAULT_LENGTH, RequireEachIncludedType: requireEach = true } = request
  const excluded = new Set(request.ExcludeCharacters)
  const left = (type: string): string[] => [...type].filter(character => !excluded.has(character))
  const types = [
    ...(request.ExcludeLowercase ? [] : [LOWERCASE]),
    ...(request.ExcludeUppercase ? [] : [UPPERCASE]),
    ...(request.ExcludeNumbers ? [] : [NUMBERS]),
    ...(request.ExcludePunctuation ? [] : [PUNCTUATION])
  ].map(left)
  const alphabet = [...types.flat(), ...(request.IncludeSpace ? left(' ') : [])]
  if (alphabet.length === 0) throw refused('All characters have been excluded from selection.')
  if (!requireEach) return { length, alphabet, required: [] }
  if (types.some(type => type.length === 0))
    throw refused('All characters of the desired type have been excluded.')
  if (length < types.length) throw refused('Password length is too short based on the required types.')
  return { length, alphabet, required: types.map(type => new Set(type)) }
}

const refused = (message: string): VaultError => new VaultError('InvalidParameterException', message)

/** How many random bytes to draw at once: enough for most rules, and few for any. */
export function bytesFor({ length }: PasswordRule): number {
  return Math.max(256, 4 * length)
}

/**
 * A password from random bytes, all allowed passwords equally likely. `undefined` if the bytes did not
 * suffice: draw as many again. Bytes that would favour some characters are skipped. A candidate that lacks a
 * required type is discarded whole, because inserting the missing character would favour some passwords. In
 * the worst case, with one character of each type left, about one candidate in 2000 is accepted, and those
 * are short.
 */
export function passwordFrom(
  { length, alphabet, required }: PasswordRule,
  bytes: Uint8Array
): string | undefined {
  const usable = 256 - (256 % alphabet.length)
  let candidate: string[] = []
  for (const byte of bytes) {
    if (byte >= usable) continue
    candidate.push(alphabet[byte % alphabet.length] as string)
    if (candidate.length < length) continue
    if (required.every(type => candidate.some(character => type.has(character)))) return candidate.join('')
    candidate = []
  }
  return undefined
}
