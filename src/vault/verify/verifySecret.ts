import { keyFor } from '../../core/access/access.js'
import { CAPS } from '../../core/format/documents.js'
import { VaultError } from '../../core/errors.js'
import type { Identity } from '../../core/crypto/identity.js'
import { SECRET_FILES } from '../../core/format/path.js'
import { parseArn } from '../../core/service/name.js'
import type { ListedFile, Tree } from '../../core/ports.js'
import { MISSING, NOT_LISTED, type Findings } from './findings.js'
import { refusalOf, unlessRefused } from '../documents/refusal.js'
import { problemOf } from '../documents/skipped.js'
import { readDocument, type SecretPlace } from '../documents/place.js'
import { hasNoValue } from '../../core/versions/stages.js'
import { stagesOf } from '../documents/stagesDocument.js'
import type { VaultFolder } from './folders.js'
import { seenState } from '../memory/seenState.js'
import type { Secret, View } from '../view.js'

/** How much has been checked so far. */
export interface VerifyCounts {
  secrets: number
  versions: number
  /** Values that were decrypted. */
  opened: number
  /** Values that the identity has no key to. */
  closed: number
}

export interface SecretCheck {
  readonly findings: Findings
  readonly counts: VerifyCounts
  /** If given, all values that this identity may read are decrypted. */
  readonly identity: Identity | undefined
}

/**
 * Checks a folder below `secrets`: a secret's documents, all of its versions and a replica's signpost. Any other file is a
 * problem.
 * @param home a view of the tree in the vault's home region
 */
export async function verifySecret(home: View, folder: VaultFolder, check: SecretCheck): Promise<void> {
  const { findings } = check
  const versionFiles: string[] = []
  for (const file of folder.files) {
    const name = file.path.slice(folder.path.length + 1)
    if (/^versions\/[^/]+\.yaml$/.test(name)) versionFiles.push(file.path)
    else if (!SECRET_FILES.includes(name)) await reportStray(file, findings)
    // only one finding for each file is reported: a fault in an executable's content matters more than its mode
    if (file.mode !== '100755') await checkMode(file, findings)
  }
  const region = await regionOf(home, folder.path)
  if (region === undefined) {
    for (const { path } of folder.files) await findings.problem(path, 'this folder belongs to no region')
    return
  }
  const view = home.inRegion(region)
  const place = view.place.secretIn(folder.path)
  const documents = await readDocuments(view, place, check)
  if (documents) await verifyVersions(view, { ...documents, place }, versionFiles, check)
  else for (const path of versionFiles) await findings.problem(path, 'a version without a secret')
  if (documents?.document) await verifyReplicas(view, documents.document, findings)
  await verifySignpost(view, place, documents !== undefined, findings)
  for (const file of folder.files) await checkMode(file, findings)
}

type Documents = Partial<Pick<Secret, 'document' | 'stages'>>

/** Reads and checks a secret's two documents. Returns those that can be read, or `undefined` if neither exists. */
async function readDocuments(
  view: View,
  place: SecretPlace,
  { findings, counts }: SecretCheck
): Promise<Documents | undefined> {
  const { tree } = view
  const before = findings.problems
  // the text of two sides with the marks of a conflict is no document
  const document = await findings.check(place.secret, () => readDocument(tree, 'secret', place.secret), true)
  const isSecretUnread = findings.problems > before
  const stagesDocument = await findings.check(
    place.stages,
    () => readDocument(tree, 'stages', place.stages),
    true
  )
  const isUnread = findings.problems > before
  if (!document && !stagesDocument && !isUnread) return undefined
  counts.secrets++
  if (!document && !isSecretUnread) await findings.problem(place.secret, MISSING)
  if (!stagesDocument && isUnread === isSecretUnread) await findings.problem(place.stages, MISSING)

  if (document) await findings.check(place.secret, () => view.acceptance.secret(document, place))
  const key = keyFor(view.access, document?.name ?? '')
  if (document && stagesDocument && key)
    await findings.check(place.stages, () =>
      view.acceptance.stages(stagesDocument, place, { arn: document.arn, key })
    )
  if (document && stagesDocument && findings.problems === before) {
    const state = seenState({ document, stagesDocument })
    const refused = await findings.check(place.stages, () => view.seen.refusal(state))
    // secretAt reads again, in case of a concurrent write
    if (refused) await findings.check(place[refused.document], () => view.secretAt(place), true)
  }
  return {
    ...(document ? { document } : {}),
    ...(stagesDocument ? { stages: stagesOf(stagesDocument) } : {})
  }
}

async function verifyVersions(
  view: View,
  { place, document, stages }: Documents & { place: SecretPlace },
  files: readonly string[],
  { findings, counts, identity }: SecretCheck
): Promise<void> {
  if (!stages) return
  const listed = new Set<string>()
  for (const [versionId, entry] of stages.versions) {
    // a version without a value has no file yet
    if (hasNoValue(entry)) continue
    const path = place.version(versionId)
    listed.add(path)
    counts.versions++
    if (!document) continue
    const found = await findings.check(path, async () => {
      const version = await view.version({ place, document, stages }, versionId)
      if (version) view.acceptance.ciphertext(version, path)
      return version
    })
    if (!found || !identity) continue
    await findings.check(path, async () => {
      if (await canOpen(view.value({ place }, found, identity))) counts.opened++
      else counts.closed++
    })
  }
  for (const path of files) if (!listed.has(path)) await findings.problem(path, NOT_LISTED)
}

/** Returns false if the identity has no key to the value. */
async function canOpen(value: Promise<unknown>): Promise<boolean> {
  try {
    await value
    return true
  } catch (error) {
    if (error instanceof VaultError && error.code === 'DecryptionFailure') return false
    throw error
  }
}

/** Warns about replicas without a signpost: they cannot be found. */
async function verifyReplicas(
  view: View,
  { name, replicas = {} }: Secret['document'],
  findings: Findings
): Promise<void> {
  for (const [region, { value }] of Object.entries(replicas)) {
    if (value === undefined) continue
    const { replica, secret } = view.inRegion(region).place.secret(name)
    if ((await exists(view.tree, replica)) || (await exists(view.tree, secret))) continue
    await findings.warning(replica, `missing, so the replica of ${name} in ${region} cannot be found`)
  }
}

/** Whether a path exists, even if it is not a readable file. */
export async function exists(tree: Tree, path: string): Promise<boolean> {
  try {
    return (await tree.read(path, CAPS.version.bytes)) !== undefined
  } catch (error) {
    // the fault is reported when the file itself is checked
    refusalOf(error)
    return true
  }
}

async function verifySignpost(
  view: View,
  place: SecretPlace,
  isSecret: boolean,
  findings: Findings
): Promise<void> {
  const path = place.replica
  const signpost = await findings.check(path, () => readDocument(view.tree, 'replica', path))
  if (!signpost) return
  if (isSecret)
    return findings.warning(path, "ignored, because a secret's own documents are in the same folder")
  try {
    const replica = await view.replica(place)
    if (!replica)
      await findings.warning(
        path,
        `points nowhere: ${signpost.primary} has no ${signpost.name} with a replica in this region`
      )
  } catch (error) {
    const { message } = problemOf(error)
    // a fault of the primary is reported with the primary
    if (message.startsWith(`${path}: `)) await findings.check(path, () => Promise.reject(error))
    else
      await findings.warning(
        path,
        `points to ${signpost.name} in ${signpost.primary}, which failed verification`
      )
  }
}

/**
 * Returns the region that a secret's folder is in, or `undefined` if there is none. A path segment with a `~` is a hash;
 * then only the documents in the folder say which region it is.
 */
export async function regionOf(home: View, folder: string): Promise<string | undefined> {
  const { place, tree, access } = home
  if (folder.startsWith(`${place.secrets}/`)) return access.region
  const [segment = '', ...rest] = folder.slice(`${place.folder}/regions/`.length).split('/')
  if (rest[0] !== 'secrets' || rest.length < 2) return undefined
  if (!segment.includes('~')) return segment
  const isHere = (region: string) => folder.startsWith(`${place.inRegion(region).secrets}/`)
  return unlessRefused(async () => {
    const document = await readDocument(tree, 'secret', `${folder}/secret.yaml`)
    const own = document && parseArn(document.arn).region
    if (own !== undefined) return isHere(own) ? own : undefined
    const signpost = await readDocument(tree, 'replica', `${folder}/replica.yaml`)
    const primary = signpost && home.inRegion(signpost.primary).place.secret(signpost.name).secret
    const owner = primary === undefined ? undefined : await readDocument(tree, 'secret', primary)
    return Object.keys(owner?.replicas ?? {}).find(isHere)
  })
}

/** Reports a file that does not belong in a vault. */
export async function reportStray(file: ListedFile, findings: Findings): Promise<void> {
  await checkMode(file, findings)
  const isAttributes = file.path.endsWith('/.gitattributes')
  await findings.problem(
    file.path,
    isAttributes ? "changes how git stores and merges the vault's files" : 'not a file of a vault'
  )
}

const MODES: Readonly<Record<string, string>> = {
  100755: 'is executable',
  120000: 'is a symbolic link',
  160000: 'is a submodule'
}

/** Reports a file that is not a plain, non-executable file. */
export async function checkMode({ path, mode }: ListedFile, findings: Findings): Promise<void> {
  if (mode !== '100644') await findings.problem(path, MODES[mode] ?? 'is not a regular file')
}
