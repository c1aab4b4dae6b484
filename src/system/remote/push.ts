import type { VaultError } from '../../core/errors.js'
import { shown } from '../files/paths.js'
import type { Place } from '../git/place.js'
import { reasonIn, remoteFailed, remoteGit, withoutPasswords, type Dialogue } from './remoteGit.js'
import type { Upstream } from './upstream.js'

/** Why a remote does not take a commit if another one came first. */
const RACED =
  /\[rejected\]|\(fetch first\)|\(non-fast-forward\)|cannot lock ref|failed to update ref|failed to lock|incorrect old value|reference already exists/

/**
 * Pushes one commit to the upstream branch, without force. Returns the remote's reason if another push may have come first;
 * `undefined` if it was pushed. Throws `RemoteFailed` for any other failure.
 */
export async function pushCommit(
  place: Place,
  { push }: Upstream,
  oid: string,
  dialogue: Dialogue
): Promise<string | undefined> {
  const args = ['push', '--porcelain', '--no-follow-tags', '--end-of-options']
  args.push(push.remote, `${oid}:${push.ref}`)
  const { code, output, stderr } = await remoteGit(place, args, dialogue)
  if (code === 0) return undefined
  const rejected = output.split('\n').find(line => line.startsWith('!'))
  const [, , why = ''] = rejected?.split('\t') ?? []
  if (RACED.test(why)) return why
  const reason = why === '' ? stderr : `${serverLines(stderr)}\n${why}`
  throw pushRefused(push.name, reason)
}

/** Asks the remote for the newest commit of the upstream branch; `undefined` if it has no such branch. */
export async function newestAt(
  place: Place,
  { remote, ref }: Upstream,
  dialogue: Dialogue
): Promise<string | undefined> {
  const args = ['ls-remote', '--quiet', '--end-of-options', remote, ref]
  const { code, output, stderr } = await remoteGit(place, args, dialogue)
  if (code !== 0) throw remoteFailed(`cannot ask ${shown(withoutPasswords(remote))}`, stderr)
  const line = output.split('\n').find(each => each.endsWith(`\t${ref}`))
  return line?.split('\t')[0]
}

/** @param name of the branch, for people */
export function pushRefused(name: string, reason: string): VaultError {
  return remoteFailed(`cannot push to ${shown(name)}`, reason, hintFor(reason))
}

/** The output of a hook of the server. */
const serverLines = (stderr: string): string =>
  stderr
    .split(/[\r\n]+/)
    .filter(line => /^remote: \s*\S/.test(line))
    .map(line => line.replace(/^remote: \s*/, '').trimEnd())
    .join('\n')

function hintFor(reason: string): string {
  return /protected|pull request|merge request/i.test(reasonIn(reason))
    ? 'push to another branch and open a pull request; your commits stay here'
    : 'your commits stay here; run git-vault sync again when this is solved'
}
