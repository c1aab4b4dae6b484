import { expectMember } from '../../core/access/access.js'
import { noSecret, VaultError } from '../../core/errors.js'
import { CAPS } from '../../core/format/documents.js'
import { isSameBytes } from '../../core/format/parseCache.js'
import type { Random } from '../../core/ports.js'
import { sodiumReady } from '../../core/sodium.js'
import { findPlace, nameAndRegion, shownName } from '../documents/place.js'
import { findVersion } from '../documents/findVersion.js'
import { ownerOf } from '../documents/owner.js'
import { MERGE, RESOLVE } from '../documents/merged.js'
import type { Vault } from '../vault.js'
import { View, type Secret } from '../view.js'
import { nothingSeen, Seen } from '../memory/seen.js'
import { seenState } from '../memory/seenState.js'
import { catchUp } from '../verify/catchUp.js'
import { acceptedSecret } from '../verify/rollbackCheck.js'
import { isSecret, trustedAccess, verify } from '../verify/verify.js'
import { committedSides, type Committed } from './committedSides.js'
import { owedStates } from './owedStates.js'
import { resolveFolder } from './resolveFolder.js'
import { restoreCommon } from './restoreCommon.js'
import { folderNamed } from './folderNamed.js'
import type { Answers, Question, ResolveContext, ResolvedFolder, Unresolved } from './types.js'

/** The changes of a run of `resolve`, made or only decided. */
export interface Resolution {
  /** The names of secrets whose newest state this clone accepts now, because it follows what it has missed. */
  readonly caughtUp?: readonly string[]
  /** The access log and key documents that were brought back from history, in a commit of their own. */
  readonly restored?: readonly string[]
  readonly resolved: readonly ResolvedFolder[]
  readonly unresolved: readonly Unresolved[]
  /** Nothing is changed for their secrets. Whoever calls must ask them, and call again with the answers. */
  readonly questions: readonly Question[]
}

export interface CommittedOptions {
  /** Names or ARNs; empty, whatever fails verification now, and what the newest commits have left behind. */
  readonly names: readonly string[]
  /** The region of the names; left out, the vault's home region. */
  readonly region?: string | undefined
  readonly answers: Answers
  /** Whether to mend the other secrets although there are questions. */
  readonly isFinal: boolean
  readonly random: Random
}

/** How many of the newest commits, along first parents, are searched if no secret is named. */
const COMMITS = 500

/** Mends what has been committed already, in one commit. */
export async function resolveCommitted(vault: Vault, options: CommittedOptions): Promise<Resolution> {
  await sodiumReady
  const { repository } = vault
  const reverted = await repository.commitId('HEAD')
  const place = await findPlace(repository.treeOf(reverted))
  const restored = await restoreCommon(vault, reverted, place)
  const head = await repository.commitId('HEAD')
  const tree = repository.treeOf(head)
  const { access } = await trustedAccess(vault, tree, place, undefined)
  const identity = await vault.identity()
  const member = expectMember(access, identity.public.keyId)
  const context: ResolveContext = {
    access,
    writer: { member, identity, random: options.random },
    now: vault.clock.now()
  }
  const committed: Committed = { head, place, context, branch: await repository.branch() }
  const resolution = {
    restored,
    caughtUp: [] as string[],
    resolved: [] as ResolvedFolder[],
    unresolved: [] as Unresolved[],
    questions: [] as Question[]
  }
  const files = new Map<string, Uint8Array | null>()
  for (const [folder, owed] of await foldersToResolve(vault, committed, options)) {
    const present = await filesOf(vault, head, folder, place.folder)
    if (present.length === 0 && owed.length === 0 && options.names.length > 0) throw noSecret()
    if (present.length === 0) continue
    const name = await caughtUp(vault, committed, folder)
    if (name !== undefined) resolution.caughtUp.push(shownName(name, place.regionIn(folder)))
    const sides = await committedSides(vault, committed, folder, owed)
    if ('lost' in sides) {
      const region = place.regionIn(folder)
      const name = folder.slice(place.inRegion(region).secrets.length + 1)
      resolution.unresolved.push({
        ...{ folder, name, why: 'the state that this clone has seen is in none of its branches' },
        hint: `fetch the branch that has it; if it was dropped on purpose: git-vault trust ${nameAndRegion(name, { region })}`
      })
      continue
    }
    const restore = async (path: string, digest: string) => findVersion(repository, path, digest)
    const run = async (mustSign: boolean) =>
      resolveFolder({ sides: { ...sides, mustSign }, place, context, answers: options.answers, restore })
    let outcome = await run(sides.mustSign)
    if ('resolved' in outcome && !sides.mustSign) {
      if ((await changesOf(vault, head, present, outcome.resolved)).size === 0) continue
      outcome = await run(true)
    }
    if ('question' in outcome) resolution.questions.push(outcome.question)
    else if ('unresolved' in outcome) resolution.unresolved.push(outcome.unresolved)
    else {
      resolution.resolved.push(outcome.resolved)
      for (const [path, bytes] of await changesOf(vault, head, present, outcome.resolved))
        files.set(path, bytes)
    }
  }
  if ((options.isFinal || resolution.questions.length === 0) && files.size > 0)
    await commit(vault, head, resolution.resolved, files)
  return resolution
}

/** Returns the name of a secret that this clone refused, if it accepts it after it has caught up. */
async function caughtUp(
  vault: Vault,
  { head, place, context: { access }, branch }: Committed,
  folder: string
): Promise<string | undefined> {
  const { repository } = vault
  const view = new View(repository.treeOf(head), place.inRegion(undefined), access, nothingSeen(), 0)
  const secret = await acceptedSecret(view, folder)
  const seen = new Seen(repository.memory, branch, vault.baseline)
  if (!secret || !(await seen.refusal(seenState(secret)))) return undefined
  return (await catchUp(repository, view, seen, secret)) ? secret.name : undefined
}

async function commit(
  vault: Vault,
  head: string,
  resolved: readonly ResolvedFolder[],
  files: ReadonlyMap<string, Uint8Array | null>
): Promise<void> {
  const secrets = resolved.flatMap(({ secret }) => (secret ? [secret] : []))
  // readers of the history expect of a removal only that it removes
  const isResolve = ({ document, stagesDocument }: Pick<Secret, 'document' | 'stagesDocument'>): boolean =>
    [document, stagesDocument].some(({ signed }) => signed.change.operation === RESOLVE)
  // the message names what was signed: a join alone is a merge
  const operation = secrets.length === 0 ? 'DeleteSecret' : secrets.some(isResolve) ? RESOLVE : MERGE
  await vault.write(operation, async draft => {
    if ((await vault.repository.commitId('HEAD')) !== head)
      throw new VaultError('RepositoryBusy', 'the branch has moved meanwhile', {
        hint: 'run git-vault resolve again'
      })
    draft.placeFiles(files, secrets)
    const [first] = resolved
    const subject = resolved.length === 1 && first ? first.name : `${resolved.length} secrets`
    draft.describe(
      subject,
      secrets.map(({ arn }) => ['Secret-Arn', arn] as const)
    )
  })
}

/** The folders to look at, with the states that the history owes each. */
async function foldersToResolve(
  vault: Vault,
  { head, place, context: { access } }: Committed,
  { names, region }: Pick<CommittedOptions, 'names' | 'region'>
): Promise<ReadonlyMap<string, Parameters<typeof committedSides>[3]>> {
  const { repository } = vault
  const home = place.inRegion(undefined)
  if (names.length > 0) {
    const folders = names.map(name => folderNamed(name, region, home, access.region))
    const owed = await owedStates(repository, home, { to: head, folders })
    return new Map(folders.map(folder => [folder, owed.get(folder) ?? []]))
  }
  const failing = new Set<string>()
  await verify(vault, {
    reportFinding: async ({ kind, path }) => {
      const folder = ownerOf(path, place.folder)
      if (kind === 'problem' && isSecret(folder, place)) failing.add(folder)
    }
  })
  const start = await repository.commitId(`HEAD~${COMMITS}`).catch(ignoreShort)
  const owed = new Map(await owedStates(repository, home, { to: head, ...(start ? { from: start } : {}) }))
  const unknown = [...failing].filter(folder => !owed.has(folder))
  const earlier =
    unknown.length > 0 && start ? await owedStates(repository, home, { to: head, folders: unknown }) : owed
  for (const folder of unknown) owed.set(folder, earlier.get(folder) ?? [])
  return owed
}

function ignoreShort(error: unknown): undefined {
  // the history is shorter than that
  if (error instanceof VaultError && error.code === 'GitFailed') return undefined
  throw error
}

/** The paths of a secret's files in a commit, without replica.yaml. */
async function filesOf({ repository }: Vault, head: string, folder: string, root: string): Promise<string[]> {
  const paths: string[] = []
  for await (const { path } of repository.files(head, folder))
    if (ownerOf(path, root) === folder && /\/(?:secret|stages|versions\/[^/]+)\.yaml$/.test(path))
      paths.push(path)
  return paths
}

/** The differences between a commit's files of a secret and the resolved ones. */
async function changesOf(
  { repository }: Vault,
  head: string,
  present: readonly string[],
  { files }: ResolvedFolder
): Promise<Map<string, Uint8Array | null>> {
  const changes = new Map<string, Uint8Array | null>()
  const tree = repository.treeOf(head)
  for (const path of present) if (!files.has(path)) changes.set(path, null)
  for (const [path, bytes] of files) {
    const before = present.includes(path) ? await tree.read(path, CAPS.version.bytes) : undefined
    if (!before || !isSameBytes(before, bytes)) changes.set(path, bytes)
  }
  return changes
}
