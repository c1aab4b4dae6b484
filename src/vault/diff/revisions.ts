import { VaultError } from '../../core/errors.js'
import { relate } from '../../core/access/access.js'
import { parseSecretId } from '../../core/service/name.js'
import { logHashes } from '../documents/readLog.js'
import { unlessRefused } from '../documents/refusal.js'
import type { View } from '../view.js'
import type { Vault } from '../vault.js'

/** The commits to compare; without `from`, the first commit is compared with nothing. */
export interface Ends {
  readonly from: string | undefined
  readonly to: string
}

/**
 * Splits the words of a command into the commits to compare and the names of secrets. The first word may be `A..B`, or a
 * revision, which is compared with HEAD. Without one, the newest commit that changed the vault, or the named secrets, is
 * compared with its first parent. Throws `Usage` if a word could be both a revision and a name.
 */
export async function endsOf(
  vault: Vault,
  view: View,
  words: readonly string[],
  region?: string
): Promise<{ ends: Ends | undefined; names: readonly string[] }> {
  const [first, ...rest] = words
  const { folder, secrets } = view.place
  if (first === undefined)
    return { ends: await newest(vault, view, [region === undefined ? folder : secrets]), names: [] }
  const range = await rangeOf(vault, first)
  if (range) return { ends: range, names: rest }
  const commit = first.includes(':') ? undefined : await commitOf(vault, first)
  const secret = await view.secret(first).catch(() => undefined)
  if (commit !== undefined && secret)
    throw new VaultError('Usage', `${JSON.stringify(first)} is both a revision and a secret`, {
      hint: `write ${first}..HEAD for the revision, or HEAD~1..HEAD ${first} for the secret`
    })
  if (commit !== undefined)
    return { ends: { from: commit, to: await vault.repository.commitId('HEAD') }, names: rest }
  if (!isSecretId(first)) throw noCommit(first)
  const paths = words.flatMap(name => pathsOf(view, name))
  const ends = await newest(vault, view, paths)
  if (!ends)
    throw new VaultError(
      'GitFailed',
      `the history has no ${words.length === 1 ? `commit or secret ${JSON.stringify(first)}` : 'such secrets'}`
    )
  return { ends, names: words }
}

/** The files of the secret with that name or ARN, which may have been removed. */
export function pathsOf(home: View, secretId: string): string[] {
  const { secret, stages, replica, versions } = home.placeOf(secretId)
  return [secret, stages, replica, versions]
}

const noCommit = (revision: string): VaultError =>
  new VaultError('GitFailed', `there is no commit ${JSON.stringify(revision)}`)

function isSecretId(word: string): boolean {
  try {
    parseSecretId(word)
    return true
  } catch {
    return false // a name that no secret can have
  }
}

async function rangeOf(vault: Vault, word: string): Promise<Ends | undefined> {
  const [, from, to] = /^(.+?)\.\.(.*)$/s.exec(word) ?? []
  if (from === undefined || to === undefined) return undefined
  if (to.startsWith('.'))
    throw new VaultError('Usage', 'A...B has two sides, and neither comes first: use A..B')
  const [a, b] = [await commitOf(vault, from), await commitOf(vault, to === '' ? 'HEAD' : to)]
  if (a !== undefined && b !== undefined) return { from: a, to: b }
  // the name of a secret can have two full stops
  if (a === undefined && b === undefined) return undefined
  throw noCommit(a === undefined ? from : to)
}

/**
 * Returns the newest of the branch's commits that changed a path, and its first parent; `undefined` if there is none. A merge
 * for which `sync` has made entries of the access log again is compared with the parent whose log it continues.
 */
async function newest(vault: Vault, { place }: View, paths: readonly string[]): Promise<Ends | undefined> {
  const entriesOf = async (commit: string): Promise<readonly string[]> => {
    const tree = vault.repository.treeOf(commit)
    return (await unlessRefused(() => logHashes(tree, place))) ?? []
  }
  for await (const { commit } of vault.repository.log({ paths, limit: 1 })) {
    const first = await commitOf(vault, `${commit}^1`)
    const second = await commitOf(vault, `${commit}^2`)
    if (first === undefined || second === undefined) return { from: first, to: commit }
    const entries = await entriesOf(commit)
    const isReplaced = relate(await entriesOf(first), entries) === 'fork'
    const from = isReplaced && relate(entries, await entriesOf(second)) === 'ahead' ? second : first
    return { from, to: commit }
  }
  return undefined
}

async function commitOf(vault: Vault, revision: string): Promise<string | undefined> {
  try {
    return await vault.repository.commitId(revision)
  } catch (error) {
    if (error instanceof VaultError && error.code === 'GitFailed') return undefined
    throw error
  }
}
