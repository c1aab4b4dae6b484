import { relate, type Member } from '../../core/access/access.js'
import type { VersionDocument } from '../../core/format/documents.js'
import { VaultError } from '../../core/errors.js'
import { addVersion } from '../../core/versions/labels.js'
import { parseArn } from '../../core/service/name.js'
import { carriedOrigin } from '../../core/access/origin.js'
import { forget, prune } from '../../core/versions/pruning.js'
import { labelsOf } from '../../core/versions/stages.js'
import { parseTime } from '../../core/time.js'
import { creationTime } from '../../core/versions/versions.js'
import { committedFiles, allSecrets } from '../allSecrets.js'
import { readOrSkip, type Skipped } from './skipped.js'
import { readLog } from '../verify/rangeLogs.js'
import { Seen } from '../memory/seen.js'
import type { Vault } from '../vault.js'
import { View, type Secret } from '../view.js'

/** A version that somebody who is removed has written where their removal is not known. */
export interface Adoptable {
  readonly secret: string
  readonly versionId: string
  readonly labels: readonly string[]
  readonly created: Date
}

interface Found {
  readonly secret: Secret
  readonly versionId: string
  readonly document: VersionDocument
}

/**
 * What of a revision a removed member has written that is not here, and counts by the access log that the revision has.
 * Everything else of theirs stays behind, and is told.
 */
export async function adoptable(
  vault: Vault,
  name: string,
  revision: string
): Promise<{
  readonly versions: readonly Adoptable[]
  readonly left: readonly Skipped[]
  /** The id of the commit that was looked at. */
  readonly commit: string
}> {
  const here = await vault.read()
  const commit = await vault.repository.commitId(revision)
  const there = await viewOf(vault, here, commit)
  const { found, left } = await findAll(vault, here, there, former(here, name), commit)
  const versions = found.map(({ secret, versionId, document }) => ({
    secret: secret.name,
    versionId,
    labels: labelsOf(secret.stages, versionId),
    created: new Date(parseTime(document.created) ?? 0)
  }))
  return { versions, left, commit }
}

/**
 * Writes them here, in one commit, in the name of whoever adopts them: the same values, VersionIds and labels. Where each was
 * first written is kept, so that the exposure ledger has them. Gives how many there are.
 */
export async function adoptVersions(vault: Vault, name: string, revision: string): Promise<number> {
  return vault.write('AdoptVersions', async draft => {
    const there = await viewOf(vault, draft.view, revision)
    const { found } = await findAll(vault, draft.view, there, former(draft.view, name), revision)
    for (const [arn, versions] of grouped(found)) {
      const [first] = versions
      if (!first) continue
      const secret = await draft.view.inRegion(parseArn(arn).region).secret(first.secret.name)
      draft.authorize(secret.name, ['encrypt'])
      let { stages } = secret
      for (const { versionId, document, secret: theirs } of versions) {
        const value = await there.value(theirs, document, draft.identity)
        const created = creationTime(stages, draft.now)
        const origin = carriedOrigin(document)
        const entry = draft.addVersion({ arn, name: secret.name, versionId, created, value, origin })
        const labels = labelsOf(theirs.stages, versionId)
        stages = addVersion(stages, { versionId, entry, labels, stamp: draft.stamp({ ...secret, stages }) })
      }
      const kept = prune(forget(stages, draft.now), { ...draft.access.pruning, now: draft.now }).stages
      draft.updateStages(secret, kept, undefined, draft.stamp({ ...secret, stages }))
    }
    draft.describe(
      name,
      found.map(({ versionId }) => ['Version-Id', versionId] as const)
    )
    return found.length
  })
}

async function findAll(vault: Vault, here: View, there: View, { keyId }: Member, revision: string) {
  const found: Found[] = []
  const left: Skipped[] = []
  for await (const one of allSecrets(there, committedFiles(vault.repository, revision, there.place))) {
    if ('problem' in one) {
      left.push({ path: one.path, why: one.problem.message })
      continue
    }
    const { secret } = one
    const present = await readOrSkip(
      here.inRegion(parseArn(secret.arn).region).named(secret.name),
      secret.place.secret,
      left
    )
    if (present?.arn !== secret.arn) {
      if (secret.document.signed.by === keyId)
        left.push({ path: secret.place.secret, why: 'a secret that is not here: make it anew' })
      continue
    }
    if (secret.document.signed.by === keyId && secret.document.signature !== present.document.signature)
      left.push({
        path: secret.place.secret,
        why: 'only versions are adopted, and no description, tag or policy'
      })
    for (const [versionId, entry] of secret.stages.versions) {
      if (entry.writer !== keyId || present.stages.versions.has(versionId)) continue
      const document = await readOrSkip(
        there.version(secret, versionId),
        secret.place.version(versionId),
        left
      )
      if (document) found.push({ secret, versionId, document })
    }
  }
  const order = ({ secret, document }: Found) => `${secret.arn} ${document.created}`
  found.sort((a, b) => (order(a) < order(b) ? -1 : 1))
  return { found, left }
}

/** A revision as it was believed there: by its own access log, of which ours must be a continuation. */
async function viewOf(vault: Vault, here: View, revision: string): Promise<View> {
  const { repository, clock } = vault
  const tree = repository.treeOf(await repository.commitId(revision))
  const home = here.place.inRegion(undefined)
  const log = await readLog(tree, home)
  if (!log) throw new VaultError('VaultNotFound', `${revision} has no ${home.access}`)
  const { access } = log
  const relation = relate(access.entries, here.access.entries)
  if (relation !== 'behind' && relation !== 'same')
    throw new VaultError(
      'DocumentRefused',
      `${home.access}: the access log of ${revision} is none that came before this one`
    )
  // what this clone has seen is about its own branch
  return new View(tree, home, access, new Seen(repository.memory, undefined), clock.now())
}

function former({ access }: View, name: string): Member {
  for (const member of access.members.values())
    if (member.name === name && member.removed !== undefined) return member
  throw new VaultError('Usage', `there is nobody called ${JSON.stringify(name)} who was removed`)
}

function grouped(found: readonly Found[]): Map<string, Found[]> {
  const groups = new Map<string, Found[]>()
  for (const one of found) groups.set(one.secret.arn, [...(groups.get(one.secret.arn) ?? []), one])
  return groups
}
