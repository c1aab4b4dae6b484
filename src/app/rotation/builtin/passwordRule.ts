import { failed } from '../../../core/rotation/databaseSecret.js'

/** Characters that are difficult in the address of a database, as AWS's functions have them. */
const EXCLUDED = `:/@"'\\`
const LENGTH = '32'

/** Returns a request for GetRandomPassword, by the variables of AWS's rotation functions. */
export function passwordRule(env: Readonly<Record<string, string | undefined>>): object {
  const flag = (name: string, usual: string): boolean =>
    ['true', '1', 'y', 'yes'].includes((env[name] ?? usual).toLowerCase())
  const length = Number(env['PASSWORD_LENGTH'] ?? LENGTH)
  if (!Number.isInteger(length)) throw failed('PASSWORD_LENGTH is not a number')
  return {
    PasswordLength: length,
    ExcludeCharacters: env['EXCLUDE_CHARACTERS'] ?? EXCLUDED,
    ExcludeNumbers: flag('EXCLUDE_NUMBERS', 'false'),
    ExcludePunctuation: flag('EXCLUDE_PUNCTUATION', 'false'),
    ExcludeUppercase: flag('EXCLUDE_UPPERCASE', 'false'),
    ExcludeLowercase: flag('EXCLUDE_LOWERCASE', 'false'),
    RequireEachIncludedType: flag('REQUIRE_EACH_INCLUDED_TYPE', 'true')
  }
}
