import { git } from '../git/git.js'
import { signatureEnvironment, type Signature } from './author.js'
import type { Place } from '../git/place.js'

/**
 * Makes the same commit with a signature, as the user's configuration says, because fast-import cannot sign. git stays
 * attached to the terminal, so that it can ask for a key's passphrase. Returns the new commit's id.
 */
export async function signCommit(
  place: Place,
  commit: { oid: string; parents: readonly string[]; message: string; signature: Signature }
): Promise<string> {
  const { output } = await git(
    place,
    [
      'commit-tree',
      `${commit.oid}^{tree}`,
      ...commit.parents.flatMap(parent => ['-p', parent]),
      // commit-tree ignores commit.gpgSign
      '-S',
      ...['-F', '-']
    ],
    {
      env: signatureEnvironment(commit.signature),
      input: Buffer.from(commit.message, 'utf8'),
      attached: true
    }
  )
  return output.toString('latin1').trim()
}
