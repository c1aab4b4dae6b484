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
import { skippedOf } from '../documents/skipped.js'
import { readOrSkip, stampOrSkip, type Skipped } from './skipped.js'
import { readLog } from '../documents/readLog.js'
import { nothingSeen } from '../memory/seen.js'
import type { Vault } from '../vault.js'
import { View, type Secret } from '../view.js'

/** A version that a removed member wrote on a branch without their removal. */
export interface Adoptable {
  readonly secret: string
  readonly versionId: string
  readonly labels: readonly string[]
  readonly created: Date
}

interface MissingVersion {
  readonly secret: Secret
  readonly versionId: string
  readonly document: VersionDocument
}

/**
 * Returns the versions of a revision that a removed member wrote, that this branch does not have, and that are accepted
 * under the revision's own access log. All else that the member wrote there is `skipped`. Throws `DocumentRefused` if the
 * revision has the removal, and so nothing that the member signed is accepted there.
 */
export async function adoptable(
  vault: Vault,
  name: string,
  revision: string
): Promise<{
  readonly versions: readonly Adoptable[]
  readonly skipped: readonly Skipped[]
  /** The id of the revision's commit. */
  readonly commit: string
}> {
  const here = await vault.read()
  const commit = await vault.repository.commitId(revision)
  const there = await viewOf(vault, here, commit)
  const member = formerMember(here, name)
  const { missing, skipped } = await missingVersions(vault, here, there, member, commit)
  if (missing.length === 0 && skipped.length > 0 && isRemoved(there, member))
    throw new VaultError(
      'DocumentRefused',
      `${revision} already has the removal of ${name}, so nothing that ${name} signed is accepted there`,
      { hint: `name the commit in which ${name} wrote the version: git-vault log, or git log ${revision}` }
    )
  const versions = missing.map(({ secret, versionId, document }) => ({
    secret: secret.name,
    versionId,
    labels: labelsOf(secret.stages, versionId),
    created: new Date(parseTime(document.created) ?? 0)
  }))
  return { versions, skipped, commit }
}

/**
 * Writes those versions on this branch, in one commit signed by this identity: the same values, VersionIds and labels.
 * Keeps each version's origin, so that the exposure ledger lists it. Returns how many were written.
 * @param skipped collects what was left, apart from what `adoptable` has listed
 */
export async function adoptVersions(
  vault: Vault,
  name: string,
  revision: string,
  skipped: Skipped[] = []
): Promise<number> {
  return vault.write('AdoptVersions', async draft => {
    const there = await viewOf(vault, draft.view, revision)
    const member = formerMember(draft.view, name)
    const { missing } = await missingVersions(vault, draft.view, there, member, revision)
    const adopted: string[] = []
    skipped.length = 0
    for (const [arn, versions] of bySecret(missing)) {
      const [first] = versions
      if (!first) continue
      const secret = await draft.view.inRegion(parseArn(arn).region).secret(first.secret.name)
      draft.authorize(secret.name, ['encrypt'])
      let { stages } = secret
      if (stampOrSkip(draft, secret, skipped) === undefined) continue
      for (const { versionId, document, secret: theirs } of versions) {
        const opening = there.value(theirs, document, draft.identity)
        const value = await readOrSkip(opening, theirs.place.version(versionId), skipped)
        if (!value) continue
        adopted.push(versionId)
        const created = creationTime(stages, draft.now)
        const origin = carriedOrigin(document)
        const entry = draft.addVersion({ arn, name: secret.name, versionId, created, value, origin })
        const labels = labelsOf(theirs.stages, versionId)
        stages = addVersion(stages, { versionId, entry, labels, stamp: draft.stamp({ ...secret, stages }) })
      }
      if (stages === secret.stages) continue
      const kept = prune(forget(stages, draft.now), { ...draft.access.pruning, now: draft.now }).stages
      draft.updateStages(secret, kept, undefined, draft.stamp({ ...secret, stages }))
    }
    draft.describe(
      name,
      adopted.map(versionId => ['Version-Id', versionId] as const)
    )
    return adopted.length
  })
}

async function missingVersions(
  vault: Vault,
  here: View,
  there: View,
  { keyId }: Member,
  revision: string
): Promise<{ missing: MissingVersion[]; skipped: Skipped[] }> {
  const missing: MissingVersion[] = []
  const skipped: Skipped[] = []
  for await (const result of allSecrets(there, committedFiles(vault.repository, revision, there.place))) {
    if ('problem' in result) {
      skipped.push(skippedOf(result))
      continue
    }
    const { secret } = result
    const before = skipped.length
    const present = await readOrSkip(
      here.inRegion(parseArn(secret.arn).region).named(secret.name),
      secret.place.secret,
      skipped
    )
    const refused = skipped[before]
    if (refused) {
      // as after a merge by git of what the member signed
      skipped[before] = {
        ...refused,
        why: `this branch: ${refused.why}; first mend it with: git-vault resolve`
      }
      continue
    }
    if (present?.arn !== secret.arn) {
      if (secret.document.signed.by === keyId)
        skipped.push({ path: secret.place.secret, why: 'this branch has no such secret: create it again' })
      continue
    }
    if (secret.document.signed.by === keyId && secret.document.signature !== present.document.signature)
      skipped.push({
        path: secret.place.secret,
        why: 'only versions are adopted, not the description, tags or policy'
      })
    for (const [versionId, entry] of secret.stages.versions) {
      if (entry.writer !== keyId || present.stages.versions.has(versionId)) continue
      const document = await readOrSkip(
        there.version(secret, versionId),
        secret.place.version(versionId),
        skipped
      )
      if (document) missing.push({ secret, versionId, document })
    }
  }
  const order = ({ secret, document }: MissingVersion) => `${secret.arn} ${document.created}`
  missing.sort((a, b) => (order(a) < order(b) ? -1 : 1))
  return { missing, skipped }
}

/** Returns a view of a revision under its own access log. Throws `DocumentRefused` unless ours continues that log. */
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
      `${home.access}: the access log of ${revision} is not an earlier state of this one`
    )
  // what this clone has seen applies to its own branch only
  return new View(tree, home, access, nothingSeen(), clock.now())
}

const isRemoved = ({ access }: View, { keyId }: Member): boolean =>
  access.members.get(keyId)?.removed !== undefined

function formerMember({ access }: View, name: string): Member {
  for (const member of access.members.values())
    if (member.name === name && member.removed !== undefined) return member
  throw new VaultError('Usage', `no removed member is called ${JSON.stringify(name)}`)
}

function bySecret(missing: readonly MissingVersion[]): Map<string, MissingVersion[]> {
  const groups = new Map<string, MissingVersion[]>()
  for (const one of missing) groups.set(one.secret.arn, [...(groups.get(one.secret.arn) ?? []), one])
  return groups
}
