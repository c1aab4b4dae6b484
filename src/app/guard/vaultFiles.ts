import { VaultError } from '../../core/errors.js'
import { CAPS, parseDocument } from '../../core/format/documents.js'
import { unmergedFiles } from '../../system/commit/headDifferences.js'
import { isMerging } from '../../system/git/mergeHeads.js'
import type { StagedFile, StagedTree } from '../../system/git/staged.js'
import type { Place as Repository } from '../../system/git/place.js'
import { ownerOf } from '../../vault/documents/owner.js'
import { findPlace, VAULTRC, type Place } from '../../vault/documents/place.js'
import { readLog } from '../../vault/documents/readLog.js'
import { Seen } from '../../vault/memory/seen.js'
import type { Vault } from '../../vault/vault.js'
import { Findings, type Finding } from '../../vault/verify/findings.js'
import { isSecret, trustedAccess, verifyOther } from '../../vault/verify/verify.js'
import { verifyKeys } from '../../vault/verify/verifyKeys.js'
import { verifySecret } from '../../vault/verify/verifySecret.js'
import { View } from '../../vault/view.js'
import { bringBack, unstage, type GuardReport, type Stop, type Unchecked } from './report.js'

export interface StagedVault {
  readonly tree: StagedTree
  readonly place: Repository
  /** The vault's files that differ from HEAD. */
  readonly changes: readonly StagedFile[]
  readonly hasHead: boolean
  /** The vault's folder; `undefined` if the index has no vault. */
  readonly folder: string | undefined
}

/** Checks the staged files in the vault's folder as `verify` would after the commit. */
export async function checkVaultFiles(vault: Vault, staged: StagedVault): Promise<GuardReport> {
  const { tree, changes, folder } = staged
  const unchecked: Unchecked[] = []
  const stops: Stop[] = []
  if (folder === undefined) {
    if (changes.some(({ path, mode }) => path === VAULTRC && mode === undefined))
      stops.push(stopOf({ path: VAULTRC, reason: 'removing it removes the vault' }, staged))
    return { stops, unchecked }
  }
  const inConflict = await unmergedFiles(staged.place, [folder])
  if (inConflict.length > 0) {
    for (const path of inConflict) stops.push({ path, reason: 'in conflict', hint: 'git-vault resolve' })
    return { stops, unchecked }
  }
  const place = await findPlace(tree)
  const touched = new Set(changes.map(({ path }) => path))
  const findings = new Findings(async finding => void stops.push(stopOf(finding, staged)))
  const found = await findings.check(place.access, () => accessOf(vault, tree, place, unchecked))
  if (!found) return { stops, unchecked }
  const isLogTouched = touched.has(place.access)
  if (isLogTouched && found.isBehind)
    await findings.problem(place.access, 'lacks access log entries that this clone has verified')
  const seen = new Seen(vault.repository.memory, await vault.repository.branch(), vault.baseline)
  const view = () => new View(tree, place, found.access, seen, 0)
  const keys = await verifyKeys(
    view(),
    found.access,
    new Findings(async finding => {
      if (finding.kind === 'problem') stops.push(stopOf(finding, staged))
    }),
    path => isLogTouched || touched.has(path)
  )
  await checkFolders(view, staged, place, new Set([place.access, ...keys]), stops)
  await checkOrder(staged, stops)
  return { stops, unchecked }
}

/** A clone that does not trust the vault yet checks the documents under the vault's own log. */
async function accessOf(vault: Vault, tree: StagedTree, place: Place, unchecked: Unchecked[]) {
  try {
    const { access, relation } = await trustedAccess(vault, tree, place, undefined)
    return { access, isBehind: relation === 'behind' }
  } catch (error) {
    if (error instanceof VaultError && error.code === 'VaultNotFound')
      throw new VaultError('DocumentRefused', `${place.access}: missing`)
    if (!(error instanceof VaultError) || error.code !== 'RootUnknown') throw error
    unchecked.push({
      text: 'this clone does not trust this vault yet, so its access log was not compared with a trusted one',
      hint: 'git-vault trust'
    })
    const log = await readLog(tree, place)
    if (!log) throw new VaultError('DocumentRefused', `${place.access}: missing`)
    return { access: log.access, isBehind: false }
  }
}

async function checkFolders(
  view: () => View,
  staged: StagedVault,
  place: Place,
  expected: ReadonlySet<string>,
  stops: Stop[]
): Promise<void> {
  const { folder } = place
  const byFolder = byOwner(
    staged.changes.filter(({ path }) => path !== VAULTRC),
    folder
  )
  const files = byOwner(await staged.tree.files([...byFolder.keys()], folder), folder)
  const isMerge = isMerging(staged.place)
  for (const [path, changes] of byFolder) {
    const touched = new Set(changes.map(change => change.path))
    const present = files.get(path) ?? []
    if (!isSecret(path, place)) {
      const own = present.filter(file => touched.has(file.path))
      await verifyOther({ path, files: own }, expected, new Findings(async finding => add(finding)))
      continue
    }
    const documents = [`${path}/secret.yaml`, `${path}/stages.yaml`]
    const removed = changes.find(change => change.mode === undefined && documents.includes(change.path))
    if (present.length === 0) {
      if (removed && !isMerge) add({ path: removed.path, reason: 'removing it by hand deletes the secret' })
      continue
    }
    const decides = documents.some(document => touched.has(document))
    const findings = new Findings(async finding => {
      // a fault that was there before is not this commit's
      if (finding.kind === 'problem' && (decides || touched.has(finding.path))) add(finding)
    })
    const counts = { secrets: 0, versions: 0, opened: 0, closed: 0 }
    await verifySecret(view(), { path, files: present }, { findings, counts, identity: undefined })
  }

  function add(finding: Pick<Finding, 'path' | 'reason'>): void {
    stops.push(stopOf(finding, staged))
  }
}

/** Groups files by the folder that they belong to. */
function byOwner<T extends { readonly path: string }>(files: readonly T[], root: string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const file of files) {
    const owner = ownerOf(file.path, root)
    const group = groups.get(owner)
    if (group) group.push(file)
    else groups.set(owner, [file])
  }
  return groups
}

const SIGNED = { 'secret.yaml': 'secret', 'stages.yaml': 'stages' } as const

/** A document of HEAD is replaced only by a newer one: an interrupted write can leave the one before it in the index. */
async function checkOrder({ tree, changes, hasHead, place }: StagedVault, stops: Stop[]): Promise<void> {
  for (const { path, mode, before } of changes) {
    const kind = SIGNED[path.slice(path.lastIndexOf('/') + 1) as keyof typeof SIGNED]
    if (kind === undefined || mode === undefined || before === undefined) continue
    if (stops.some(stop => stop.path === path)) continue
    const [old, made] = await Promise.all([
      tree.blob(before, CAPS[kind].bytes).then(bytes => serialOf(kind, bytes, path)),
      tree.read(path, CAPS[kind].bytes).then(bytes => serialOf(kind, bytes, path))
    ])
    if (old === undefined || made === undefined || made > old) continue
    stops.push(
      stopOf({ path, reason: 'is not newer than the state in HEAD' }, { tree, changes, hasHead, place })
    )
  }
}

/** Returns undefined if there is no such document, or another check refuses it. */
async function serialOf(
  kind: 'secret' | 'stages',
  bytes: Uint8Array | undefined,
  path: string
): Promise<number | undefined> {
  try {
    return bytes && Number((await parseDocument(kind, bytes, path)).signed.serial)
  } catch (error) {
    if (error instanceof VaultError) return undefined
    throw error
  }
}

/** The advice for a file depends on the commit's change to it. */
function stopOf(
  { path, reason }: Pick<Finding, 'path' | 'reason'>,
  { changes, hasHead }: Pick<StagedVault, 'changes' | 'hasHead'> & Partial<StagedVault>
): Stop {
  const change = changes.find(each => each.path === path)
  if (!change) return { path, reason, hint: 'git-vault doctor' }
  if (change.mode === undefined) return { path, reason, hint: `bring it back: ${bringBack(path)}` }
  return { path, reason, hint: `take it out of the commit: ${unstage(path, hasHead)}` }
}
