import { VaultError } from '../../core/errors.js'
import { signatureOf } from '../commit/author.js'
import { FastImport, type NewCommit } from '../commit/fastImport.js'
import { signCommit } from '../commit/sign.js'
import { syncFolder } from '../files/files.js'
import { Config } from '../git/config.js'
import { git } from '../git/git.js'
import { packFolder, type Place } from '../git/place.js'

export interface MergeRequest {
  readonly ours: string
  readonly theirs: string
  /** The vault's folder: git merges only what is outside it. */
  readonly folder: string
  /** Against `ours`; `null` removes the file. */
  readonly files: ReadonlyMap<string, Uint8Array | null>
  readonly message: string
  /** Author and committer if git has no identity configured. */
  readonly member: string
  /** Milliseconds since the Unix epoch. */
  readonly time: number
}

/**
 * Makes a commit with two parents without touching branch, index and work tree. Outside the vault's folder it has what git
 * merges; inside, the files of `ours` with `files`. Returns its id, or the paths that git cannot merge.
 */
export async function makeMergeCommit(
  place: Place,
  request: MergeRequest
): Promise<{ readonly commit: string } | { readonly conflicts: readonly string[] }> {
  const { ours, theirs, folder, message, time } = request
  const config = await Config.read(place)
  const signature = signatureOf(config, request.member, time)
  const objects = new FastImport(place)
  try {
    const vault = await objects.entry(ours, folder)
    if (vault?.mode !== '040000')
      throw new VaultError('RepositoryState', `${folder} is not a folder in this branch`)
    // Both sides get the same vault folder, so git compares no file in it and starts no merge driver.
    const beside: NewCommit = { signature, message, files: [], trees: [[folder, vault.oid]] }
    const [stand = ''] = await objects.commit(theirs, [beside])
    const merged = await mergeTrees(place, ours, stand)
    if ('conflicts' in merged) return merged
    const files = [...request.files].map(
      ([path, bytes]) => [path, bytes === null ? undefined : { mode: '100644', bytes }] as const
    )
    const trees = [['', merged.tree]] as const
    const [made = ''] = await objects.commit(ours, [{ signature, message, files, trees, others: [theirs] }])
    syncFolder(packFolder(place))
    if (!config.flag('commit.gpgsign')) return { commit: made }
    return { commit: await signCommit(place, { oid: made, parents: [ours, theirs], message, signature }) }
  } finally {
    objects.releasePacks()
    await objects.end()
  }
}

async function mergeTrees(
  place: Place,
  ours: string,
  theirs: string
): Promise<{ readonly tree: string } | { readonly conflicts: readonly string[] }> {
  const args = ['merge-tree', '--write-tree', '-z', '--name-only', '--no-messages', ours, theirs]
  const { code, output } = await git(place, args, { accept: [0, 1], asUser: true })
  const [tree = '', ...paths] = output.toString('utf8').split('\0')
  if (code === 0 && /^[0-9a-f]{40,64}$/.test(tree)) return { tree }
  return { conflicts: [...new Set(paths.filter(path => path !== ''))] }
}
