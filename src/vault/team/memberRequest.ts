import { SHORT_NAME } from '../../core/access/access.js'
import { utf8 } from '../../core/format/canonical.js'
import { VaultError } from '../../core/errors.js'
import { parsePublic } from '../../core/crypto/identity.js'
import { commitMessage } from '../../core/format/message.js'
import { sodiumReady } from '../../core/sodium.js'
import type { Vault } from '../vault.js'

/** Beside the vault and not in it: whoever may push may ask, and to ask gives nothing. */
const FOLDER = 'member-requests'
/** A public string has 98 characters. */
const LONGEST = 200

export const requestFile = (name: string): string => `${FOLDER}/${name}.txt`

/** Commits a request to be admitted, for an admin to find. Needs no membership. */
export async function requestMembership(vault: Vault, name: string, publicKey: string): Promise<string> {
  if (!SHORT_NAME.test(name))
    throw new VaultError('Usage', "a member's name is 1 to 63 lowercase letters, digits and . _ -")
  const path = requestFile(name)
  await vault.repository.commit(async head => {
    const present = await head.read(path, LONGEST)
    if (present && new TextDecoder().decode(present).trim() === publicKey) return { value: undefined }
    if (present)
      throw new VaultError('Usage', `there is a request of a ${name} already, with another public string`)
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

/** The public string that somebody has committed to be admitted by; `undefined` where nobody of that name has. */
export async function requestedKey(vault: Vault, name: string): Promise<string | undefined> {
  if (!SHORT_NAME.test(name)) return undefined
  await sodiumReady
  const path = requestFile(name)
  const bytes = await vault.repository.workTree.read(path, LONGEST)
  const text = bytes && new TextDecoder().decode(bytes).trim()
  if (text !== undefined && !parsePublic(text))
    throw new VaultError('Usage', `${path} holds no gvpub1_… string`)
  return text
}
