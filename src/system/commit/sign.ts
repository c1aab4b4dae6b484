import { git } from '../git/git.js'
import { signatureEnvironment, type Signature } from './author.js'
import type { Place } from '../git/place.js'

/**
 * The commit again, signed as the user's configuration says: fast-import cannot sign. It stays attached to
 * the terminal, where a key's passphrase may be asked for.
 */
export async function signCommit(
  place: Place,
  commit: { oid: string; parent: string | undefined; message: string; signature: Signature }
): Promise<string> {
  const { output } = await git(
    place,
    [
      'commit-tree',
      `${commit.oid}^{tree}`,
      ...(commit.parent === undefined ? [] : ['-p', commit.parent]),
      // commit-tree does not heed commit.gpgSign.
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
