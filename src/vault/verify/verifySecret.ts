import { keyFor } from '../../core/access/access.js'
import { CAPS } from '../../core/format/documents.js'
import { VaultError } from '../../core/errors.js'
import type { Identity } from '../../core/crypto/identity.js'
import { parseSecretId } from '../../core/service/name.js'
import type { ListedFile, Tree } from '../../core/ports.js'
import type { Findings } from './findings.js'
import { refusalOf } from '../documents/refusal.js'
import { readDocument, type SecretPlace } from '../documents/place.js'
import { stagesOf } from '../documents/stagesDocument.js'
import type { VaultFolder } from './folders.js'
import { seenState } from '../memory/seenState.js'
import type { Secret, View } from '../view.js'

/** What has been looked at so far. */
export interface Tally {
  secrets: number
  versions: number
  /** Values that were opened, and those that the identity may not. */
  opened: number
  closed: number
}

export interface SecretCheck {
  readonly findings: Findings
  readonly tally: Tally
  /** Whose values are to be opened, too. */
  readonly identity: Identity | undefined
}

export const NOT_LISTED = 'stages.yaml lists no such version'
const OWN_FILES: readonly string[] = ['secret.yaml', 'stages.yaml', 'replica.yaml']

/**
 * Everything that lies in a folder below `secrets`: the documents of a secret, every version of it, a signpost, and that
 * there is nothing else.
 * @param home a view of the tree in the vault's home region
 */
export async function verifySecret(home: View, folder: VaultFolder, check: SecretCheck): Promise<void> {
  const { findings } = check
  const versionFiles: string[] = []
  for (const file of folder.files) {
    const name = file.path.slice(folder.folder.length + 1)
    if (/^versions\/[^/]+\.yaml$/.test(name)) versionFiles.push(file.path)
    else if (!OWN_FILES.includes(name)) await stray(file, findings)
    // what is in an executable file can be wrong in worse ways
    if (file.mode !== '100755') await checkMode(file, findings)
  }
  const region = await regionOf(home, folder.folder)
  if (region === undefined) {
    for (const { path } of folder.files) await findings.problem(path, 'no region has this folder')
    return
  }
  const view = home.inRegion(region)
  const place = view.place.secretIn(folder.folder)
  const documents = await readDocuments(view, place, check)
  if (documents) await verifyVersions(view, { ...documents, place }, versionFiles, check)
  else for (const path of versionFiles) await findings.problem(path, 'a version without a secret')
  if (documents?.document) await verifyReplicas(view, documents.document, findings)
  await verifySignpost(view, place, documents !== undefined, findings)
  for (const file of folder.files) await checkMode(file, findings)
}

type Documents = Partial<Pick<Secret, 'document' | 'stages'>>

/** Both documents of a secret, as far as they can be read at all; `undefined` where there are none. */
async function readDocuments(
  view: View,
  place: SecretPlace,
  { findings, tally }: SecretCheck
): Promise<Documents | undefined> {
  const { tree } = view
  const before = findings.problems
  const document = await findings.check(place.secret, () => readDocument(tree, 'secret', place.secret))
  const isSecretUnread = findings.problems > before
  const stagesDocument = await findings.check(place.stages, () => readDocument(tree, 'stages', place.stages))
  const isUnread = findings.problems > before
  if (!document && !stagesDocument && !isUnread) return undefined
  tally.secrets++
  if (!document && !isSecretUnread) await findings.problem(place.secret, 'missing')
  if (!stagesDocument && isUnread === isSecretUnread) await findings.problem(place.stages, 'missing')

  if (document) await findings.check(place.secret, () => view.checkSecret(document, place))
  const key = keyFor(view.access, document?.name ?? '')
  if (document && stagesDocument && key)
    await findings.check(place.stages, () =>
      view.checkStages(stagesDocument, place, { arn: document.arn, key })
    )
  if (document && stagesDocument && findings.problems === before) {
    const refused = await view.seen.refusal(seenState({ document, stagesDocument }))
    // which looks twice, for a write that comes in between
    if (refused) await findings.check(place[refused.document], () => view.secretAt(place))
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
  { findings, tally, identity }: SecretCheck
): Promise<void> {
  if (!stages) return
  const listed = new Set<string>()
  for (const [versionId, { digest }] of stages.versions) {
    // one that has no value yet has no file
    if (digest === '') continue
    const path = place.version(versionId)
    listed.add(path)
    tally.versions++
    if (!document) continue
    const found = await findings.check(path, async () => {
      const version = await view.version({ place, document, stages }, versionId)
      if (version) view.checkSealed({ place }, version)
      return version
    })
    if (!found || !identity) continue
    await findings.check(path, async () => {
      if (await opens(view.value({ place }, found, identity))) tally.opened++
      else tally.closed++
    })
  }
  for (const path of files) if (!listed.has(path)) await findings.problem(path, NOT_LISTED)
}

/** False where the identity has no key to it. */
async function opens(value: Promise<unknown>): Promise<boolean> {
  try {
    await value
    return true
  } catch (error) {
    if (error instanceof VaultError && error.code === 'DecryptionFailure') return false
    throw error
  }
}

/** Without a signpost nobody finds a replica. */
async function verifyReplicas(
  view: View,
  { name, replicas = {} }: Secret['document'],
  findings: Findings
): Promise<void> {
  for (const [region, { value }] of Object.entries(replicas)) {
    if (value === undefined) continue
    const { replica, secret } = view.inRegion(region).place.secret(name)
    if ((await isThere(view.tree, replica)) || (await isThere(view.tree, secret))) continue
    await findings.warning(replica, `missing, so that the replica of ${name} in ${region} is not found`)
  }
}

/** Whether anything at all is at a path. */
export async function isThere(tree: Tree, path: string): Promise<boolean> {
  try {
    return (await tree.read(path, CAPS.version.bytes)) !== undefined
  } catch (error) {
    // that something is wrong with it is told where it lies
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
    return findings.warning(path, "beside a secret's own documents, which is why nobody follows it")
  try {
    const replica = await view.replica(place)
    if (!replica)
      await findings.warning(
        path,
        `leads nowhere: ${signpost.primary} has no ${signpost.name} with a replica here`
      )
  } catch (error) {
    const { message } = refusalOf(error)
    // against the primary; the rest is told where that lies
    if (message.startsWith(`${path}: `)) await findings.check(path, () => Promise.reject(error))
    else await findings.warning(path, `leads nowhere: ${signpost.name} in ${signpost.primary} does not count`)
  }
}

/** The region whose secrets lie in a folder. A segment with a `~` is a hash, which only a document can explain. */
export async function regionOf(home: View, folder: string): Promise<string | undefined> {
  const { place, tree, access } = home
  if (folder.startsWith(`${place.secrets}/`)) return access.region
  const [segment = '', ...rest] = folder.slice(`${place.folder}/regions/`.length).split('/')
  if (rest[0] !== 'secrets' || rest.length < 2) return undefined
  if (!segment.includes('~')) return segment
  const isHere = (region: string) => folder.startsWith(`${place.inRegion(region).secrets}/`)
  try {
    const document = await readDocument(tree, 'secret', `${folder}/secret.yaml`)
    const id = document && parseSecretId(document.arn)
    if (id?.kind === 'arn') return isHere(id.region) ? id.region : undefined
    const signpost = await readDocument(tree, 'replica', `${folder}/replica.yaml`)
    const primary = signpost && home.inRegion(signpost.primary).place.secret(signpost.name).secret
    const shown = primary === undefined ? undefined : await readDocument(tree, 'secret', primary)
    return Object.keys(shown?.replicas ?? {}).find(isHere)
  } catch (error) {
    refusalOf(error)
    return undefined
  }
}

/** What has no business in a vault. */
export async function stray(file: ListedFile, findings: Findings): Promise<void> {
  await checkMode(file, findings)
  const isAttributes = file.path.endsWith('/.gitattributes')
  await findings.problem(
    file.path,
    isAttributes
      ? "changes how git stores and merges the vault's files"
      : 'nothing of a vault belongs here under that name'
  )
}

const MODES: Readonly<Record<string, string>> = {
  100755: 'is executable',
  120000: 'is a symbolic link',
  160000: 'is a submodule'
}

export async function checkMode({ path, mode }: ListedFile, findings: Findings): Promise<void> {
  if (mode !== '100644') await findings.problem(path, MODES[mode] ?? 'is not a regular file')
}
