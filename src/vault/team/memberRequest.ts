import { SHORT_NAME } from '../../core/access/access.js'
import { utf8 } from '../../core/format/canonical.js'
import { usage } from '../../core/errors.js'
import { hasWeakKey, parsePublic, WEAK_KEY } from '../../core/crypto/identity.js'
import { commitMessage } from '../../core/format/message.js'
import { sodiumReady } from '../../core/sodium.js'
import type { Vault } from '../vault.js'

/** Outside the vault: anybody who can push may make a request, and a request grants nothing. */
const FOLDER = 'member-requests'
/** More than the 98 characters of a public string. */
const MAX_BYTES = 200

export const requestFile = (name: string): string => `${FOLDER}/${name}.txt`

/**
 * Commits a request for membership, for an admin to find. Returns its path. Throws `Usage` for an unusable public
 * string, and if a request with that name and another public string exists.
 */
export async function requestMembership(vault: Vault, name: string, publicKey: string): Promise<string> {
  if (!SHORT_NAME.test(name))
    throw usage(`a member's name is 1 to 63 lowercase letters, digits and . _ -, not ${JSON.stringify(name)}`)
  await sodiumReady
  if (hasWeakKey(publicKey)) throw usage(`the public string of the identity has ${WEAK_KEY}`)
  const path = requestFile(name)
  await vault.repository.commit(async head => {
    const present = await head.read(path, MAX_BYTES)
    if (present && new TextDecoder().decode(present).trim() === publicKey) return { value: undefined }
    if (present) throw usage(`a request by ${JSON.stringify(name)} with another public string already exists`)
    return {
      change: {
        files: new Map([[path, utf8(`${publicKey}\n`)]]),
        message: commitMessage('RequestMembership', name, []),
        member: name,
        time: vault.clock.now()
      },
      value: undefined
    }
  })
  return path
}

/** Returns the public string of a committed request, or `undefined` if there is none by that name. */
export async function requestedKey(vault: Vault, name: string): Promise<string | undefined> {
  if (!SHORT_NAME.test(name)) return undefined
  await sodiumReady
  const path = requestFile(name)
  const bytes = await vault.repository.workTree.read(path, MAX_BYTES)
  const text = bytes && new TextDecoder().decode(bytes).trim()
  if (text !== undefined && hasWeakKey(text)) throw usage(`the public string in ${path} has ${WEAK_KEY}`)
  if (text !== undefined && !parsePublic(text))
    throw usage(`${path} does not contain a valid gvpub1_… string`)
  return text
}
