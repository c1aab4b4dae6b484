import { hasNoValue } from '../../core/versions/stages.js'
import { parseArn } from '../../core/service/name.js'
import { allSecrets } from '../allSecrets.js'
import { findVersion } from '../documents/findVersion.js'
import { secretFolderOf } from '../documents/place.js'
import { mendedFiles } from '../mendWritten.js'
import type { Vault } from '../vault.js'
import type { Secret } from '../view.js'

/** A secret whose version files do not match its stages.yaml, as after a merge by git alone. */
export interface Mismatch {
  readonly name: string
  readonly arn: string
  /** Paths of files that stages.yaml lists and the newest commit lacks. */
  readonly missing: readonly string[]
  /** Paths of files that stages.yaml does not list. */
  readonly unlisted: readonly string[]
}

/** The operation in the message of a commit that mends version files. */
const MEND = 'MendVersions'

/**
 * Yields the secrets whose version files in the newest commit do not match their stages.yaml, in every region. Reads no
 * version. Leaves a secret that is refused to `verify`.
 */
export async function* mismatches(vault: Vault): AsyncIterable<Mismatch> {
  const view = await vault.read()
  const versions = new Map<string, string[]>()
  const secrets: string[] = []
  for await (const { path } of vault.repository.files('HEAD', view.place.folder)) {
    const at = path.lastIndexOf('/versions/')
    if (at < 0) secrets.push(path)
    else versions.set(path.slice(0, at), [...(versions.get(path.slice(0, at)) ?? []), path])
  }
  for await (const result of allSecrets(view, each(secrets))) {
    if ('problem' in result) continue
    const found = mismatchOf(result.secret, versions.get(secretFolderOf(result.secret.place)) ?? [])
    if (found) yield found
  }
}

function mismatchOf({ name, arn, place, stages }: Secret, files: readonly string[]): Mismatch | undefined {
  const present = new Set(files)
  const listed = new Set<string>()
  for (const [id, entry] of stages.versions) if (!hasNoValue(entry)) listed.add(place.version(id))
  const missing = [...listed].filter(path => !present.has(path))
  const unlisted = files.filter(path => !listed.has(path))
  return missing.length + unlisted.length === 0 ? undefined : { name, arn, missing, unlisted }
}

/** What `mendVersions` has changed. */
export interface Mended {
  readonly restored: readonly string[]
  readonly removed: readonly string[]
  /** Paths of listed files that are in no commit of this clone. */
  readonly lost: readonly string[]
}

/**
 * Restores the version files of secrets that stages.yaml lists, from any commit of this clone, and removes those that it
 * does not list, in one commit. The removed files stay in git's history.
 * @param arns of the secrets
 */
export async function mendVersions(vault: Vault, arns: readonly string[]): Promise<Mended> {
  const { repository } = vault
  return vault.write(MEND, async draft => {
    const all = new Map<string, Uint8Array | null>()
    const lost: string[] = []
    for (const arn of arns) {
      const view = draft.view.inRegion(parseArn(arn).region)
      const secret = await view.named(parseArn(arn).name)
      if (secret?.arn !== arn) continue
      const find = async (path: string, digest: string) => {
        const bytes = await findVersion(repository, path, digest)
        if (!bytes) lost.push(path)
        return bytes
      }
      const files = await mendedFiles(view.tree, secret, view.acceptance, repository, find)
      for (const [path, bytes] of files) all.set(path, bytes)
    }
    draft.placeFiles(all, [])
    draft.describe(
      draft.view.place.folder,
      arns.map(arn => ['Secret-Arn', arn] as const)
    )
    const paths = (isRemoved: boolean): string[] =>
      [...all].flatMap(([path, bytes]) => ((bytes === null) === isRemoved ? [path] : []))
    return { restored: paths(false), removed: paths(true), lost }
  })
}

async function* each<T>(items: readonly T[]): AsyncIterable<T> {
  yield* items
}
