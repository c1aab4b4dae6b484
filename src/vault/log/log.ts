import { noSecret } from '../../core/errors.js'
import { parseSecretId } from '../../core/service/name.js'
import type { Vault } from '../vault.js'
import type { View } from '../view.js'
import { CommitEvents } from './commitEvents.js'
import type { LogEntry } from './entry.js'
import { Originals } from './originals.js'

export type { LogEntry } from './entry.js'

export interface LogOptions {
  /** A secret's name or ARN. The secret may have been removed since. */
  readonly secretId?: string
  /** The region of the name. Without a name, only what was done to its secrets; left out, to the whole vault. */
  readonly region?: string
  /** In entries. */
  readonly limit?: number
}

/**
 * What was done in the vault, or to one secret, newest first, on all sides of its merges. An entry describes a change that
 * a member signed, and each signed change has one entry. An entry with `signed: false` has what only a commit's message
 * claims. Throws ResourceNotFoundException if the history has no such secret.
 */
export async function* log(vault: Vault, { secretId, region, limit }: LogOptions): AsyncIterable<LogEntry> {
  const view = await vault.read()
  const { folder, secrets } = view.place
  const { paths, arn } =
    secretId === undefined ? { paths: [region === undefined ? folder : secrets] } : pathsOf(view, secretId)
  let count = 0
  for await (const entry of entries(vault, view, paths)) {
    if (arn !== undefined && entry.arns.length > 0 && !entry.arns.includes(arn)) continue
    yield entry
    if (++count === limit) return
  }
  // a secret without a commit: throws, unless it has files that are not committed
  if (count === 0 && secretId !== undefined) await view.secret(secretId)
}

async function* entries(vault: Vault, view: View, paths: readonly string[]): AsyncIterable<LogEntry> {
  const shallow = await vault.repository.shallowCommits()
  const events = new CommitEvents(view, vault.repository)
  const originals = new Originals()
  for await (const commit of vault.repository.log({ paths })) {
    if (shallow.has(commit.commit)) {
      vault.notice(`this clone is shallow: what was done until commit ${commit.commit} is not shown`)
      continue
    }
    for (const entry of originals.add(await events.of(commit))) yield entry
  }
  yield* originals.end()
}

/** The files of a secret, by its name alone: it may have been removed. */
function pathsOf(home: View, secretId: string): { paths: string[]; arn?: string } {
  const id = parseSecretId(secretId)
  if (id.kind !== 'name' && id.account !== home.access.account) throw noSecret()
  const { secret, stages, versions } = home.placeOf(secretId)
  return { paths: [secret, stages, versions], ...(id.kind === 'arn' ? { arn: secretId } : {}) }
}
