import { VaultError } from '../errors.js'
import type { GetRandomPasswordRequest } from '../generated/requests.js'

/** Which passwords there are to choose from. */
export interface PasswordRule {
  readonly length: number
  /** The characters that may stand in it, each once. */
  readonly alphabet: readonly string[]
  /** Of each of these sets one at least stands in it. */
  readonly required: readonly ReadonlySet<string>[]
}

const DEFAULT_LENGTH = 32
const LOWERCASE = 'abcdefghijklmnopqrstuvwxyz'
const UPPERCASE = LOWERCASE.toUpperCase()
const NUMBERS = '0123456789'
const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'

/** Throws InvalidParameterException where no password is as the request wants it. */
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

/** How many bytes to draw at once: enough for most rules, and little for any. */
export function bytesFor({ length }: PasswordRule): number {
  return Math.max(256, 4 * length)
}

/**
 * A password out of random bytes, each that the rule allows equally likely; `undefined` where the bytes did not do: draw
 * as many again. Bytes that would favour some characters are passed over, and a password that lacks a required type is
 * dropped whole: to put the missing one in would favour some passwords. At worst, with one letter of each type left, one
 * in about two thousand is kept, and those are short.
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
