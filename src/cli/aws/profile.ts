import type { Profile } from '../../app/profiles.js'
import { VaultError } from '../../core/errors.js'
import type { Parsed } from '../arguments/arguments.js'
import type { World } from '../command/services.js'
import { noticeTo } from '../terminal/report.js'
import { shellWord } from '../terminal/shellWord.js'

/** In the order in which botocore reads them. */
const VARIABLES = ['AWS_DEFAULT_PROFILE', 'AWS_PROFILE']

/**
 * Returns the vault of the profile in `--profile`, or else in the environment; `undefined` if the command uses the current
 * folder's. Two profiles are two accounts to the author of a script, so a write with a profile that is mapped to no vault
 * is refused: it would put both accounts' secrets into one vault. `default` is the account of a script without a profile.
 */
export async function requestedProfile(
  parsed: Parsed,
  { io, services }: World,
  isWrite: boolean
): Promise<Profile | undefined> {
  const flag = parsed.text('profile')
  const variable = VARIABLES.find(one => io.env[one])
  const name = flag ?? (variable && io.env[variable])
  if (!name) return undefined
  const from = flag === undefined ? ` of ${variable}` : ''
  const profile = await services.profile(name)
  if (profile) {
    // the variable may have been set for another program
    if (from !== '')
      noticeTo(io)(`using the vault in ${profile.vault}, because of the profile '${name}'${from}`)
    return profile
  }
  if (name === 'default') return undefined
  const fact = `the profile '${name}'${from} is not mapped to a vault`
  const remedy = `git-vault profile add ${shellWord(name)} --vault ${shellWord(io.cwd)}`
  if (isWrite) throw new VaultError('VaultNotFound', fact, { hint: `to use this folder's vault: ${remedy}` })
  noticeTo(io)(`${fact}: reading the vault of this folder`)
  return undefined
}
