import { usage } from '../core/errors.js'
import type { GenerateRule } from '../core/rotation/generateRule.js'
import type { Vault } from '../vault/vault.js'
import { call } from './call.js'

/** 12 words have 132 bits, more than anybody can guess; 4 have 44, which a slow hash may protect. */
const WORDS = { least: 4, most: 40 }

/** Generates a password by a rule. Throws as GetRandomPassword does, and `Usage` for too few or too many words. */
export async function newPassword(
  vault: Vault,
  { length, exclude, noPunctuation, words }: Omit<GenerateRule, 'field'>
): Promise<string> {
  if (words === undefined) {
    const { RandomPassword = '' } = await call(vault, 'GetRandomPassword', {
      ...(length === undefined ? {} : { PasswordLength: length }),
      ...(exclude === undefined ? {} : { ExcludeCharacters: exclude }),
      ...(noPunctuation ? { ExcludePunctuation: true } : {})
    })
    return RandomPassword
  }
  const { BITS_OF_WORD, wordsFrom } = await import('../core/service/words.js')
  if (words < WORDS.least || words > WORDS.most)
    throw usage(`--words takes ${WORDS.least} to ${WORDS.most}: a word has ${BITS_OF_WORD} bits`)
  return wordsFrom(vault.random.bytes(2 * words)).join('-')
}
