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

/** Throws InvalidParameterException if no password can meet the request. */
export function passwordRule(request: GetRandomPasswordRequest): PasswordRule {
  const { PasswordLength: length = DEFAULT_LENGTH, RequireEachIncludedType: requireEach = true } = request
  const excluded = new Set(request.ExcludeCharacters)
  const types = [
    request.ExcludeLowercase ? '' : LOWERCASE,
    request.ExcludeUppercase ? '' : UPPERCASE,
    request.ExcludeNumbers ? '' : NUMBERS,
    request.ExcludePunctuation ? '' : PUNCTUATION,
    request.IncludeSpace ? ' ' : ''
  ]
    .map(type => [...type].filter(character => !excluded.has(character)))
    .filter(type => type.length > 0)
  if (types.length === 0) {
    throw new VaultError(
      'InvalidParameterException',
      'You must include at least one character that a password can have.'
    )
  }
  if (requireEach && length < types.length) {
    throw new VaultError(
      'InvalidParameterException',
      'Password length is too short based on the required types.'
    )
  }
  return {
    length,
    alphabet: types.flat(),
    required: requireEach ? types.map(type => new Set(type)) : []
  }
}

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
