import type { TreeFile } from '../../core/ports.js'
import { VaultError } from '../../core/errors.js'
import { Git, git, streamed } from './git.js'
import { tokens } from './log.js'
import { components, shown } from '../files/paths.js'
import type { Place } from './place.js'

/** Every file below a folder as a revision has it, in git's order. */
export async function* listFiles(place: Place, revision: string, folder: string): AsyncGenerator<TreeFile> {
  components(folder)
  const oid = await commitOf(place, revision)
  const listing = new Git(place, ['ls-tree', '-r', '-z', '--full-tree', oid, '--', `${folder}/`])
  yield* streamed(listing, files)
}

async function* files(output: AsyncIterable<Buffer>): AsyncGenerator<TreeFile> {
  for await (const line of tokens(output)) {
    const tab = line.indexOf('\t')
    const [mode = '', , blob = ''] = line.slice(0, tab).split(' ')
    yield { path: line.slice(tab + 1), mode, blob }
  }
}

/** The id of the commit that a name stands for. Throws `GitFailed` where it stands for none. */
export async function commitOf(place: Place, revision: string): Promise<string> {
  const asked = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`]
  const { code, output } = await git(place, asked, { accept: [0, 1, 128] })
  // 2.39 echoes --end-of-options
  const oid = output.toString('utf8').trimEnd().split('\n').at(-1) ?? ''
  if (code !== 0 || !/^[0-9a-f]{40,64}$/.test(oid))
    throw new VaultError('GitFailed', `there is no commit ${shown(revision)}`)
  return oid
}

/** All branches but one and those of the same name in remotes, which a push of it brings along; as they were fetched last. */
export async function otherBranches(place: Place, ref: string): Promise<string[]> {
  const branch = ref.replace(/^refs\/heads\//, '')
  const { output } = await git(place, ['for-each-ref', '--format=%(refname)', 'refs/heads/', 'refs/remotes/'])
  return output
    .toString('utf8')
    .split('\n')
    .flatMap(name => {
      const [, remote, own] = /^refs\/(?:heads|remotes\/([^/]+))\/(.+)$/.exec(name) ?? []
      if (own === undefined || own === branch || (remote !== undefined && own === 'HEAD')) return []
      return [remote === undefined ? own : `${remote}/${own}`]
    })
}
