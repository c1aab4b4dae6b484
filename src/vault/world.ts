import type { Access } from '../core/access/access.js'
import type { Identity } from '../core/crypto/identity.js'
import { VaultError } from '../core/errors.js'
import { parseDocument } from '../core/format/documents.js'
import type { Clock, History, Random, Repository, Tree } from '../core/ports.js'
import type { Baseline } from './baseline.js'
import { foldedAccess, keepFolded } from './memory/foldedLog.js'
import { readAccess } from './memory/pin.js'
import type { Place } from './documents/place.js'
import type { RestoredVersions } from './documents/restoredVersions.js'
import type { WriteLimits } from './limits.js'
import { Seen } from './memory/seen.js'
import type { Rotator } from './rotator.js'
import { View } from './view.js'

/**
 * Finds the identity. The first promise has read it, and asked for its passphrase if it is wrapped; the function then
 * derives the keys, for which libsodium must be ready. Two steps, so that git starts up while libsodium does.
 */
export type IdentitySource = () => Promise<() => Identity>

/** What a vault needs of the machine. */
export interface World {
  readonly repository: Repository & History
  readonly clock: Clock
  readonly random: Random
  readonly identity: IdentitySource
  /** Returns the vault id that a machine's identity carries: it is trusted without asking. */
  readonly trustedRoot: () => Promise<string | undefined>
  /** The commit that every tree must contain, if the user names one. */
  readonly baseline?: Baseline
  readonly limits?: WriteLimits
  /** Runs rotation functions. Without it, no function can be invoked. */
  readonly rotator?: Rotator
  /** Tells the user something that is not an error, for example that HEAD is detached. */
  readonly notice: (line: string) => void
}

/**
 * Opens the view of a tree: reads the access log, checks it against the pin and extends the pin. `isBehind` is true if the
 * tree lacks entries of the log that this clone has verified. `log` returns the tree's log, and `bytes` are those of its file.
 * @param region left out, the vault's home region
 */
export async function openView(
  world: World,
  tree: Tree,
  place: Place,
  branch: string | undefined,
  region: string | undefined,
  restored?: RestoredVersions
) {
  const { baseline, repository } = world
  const { memory } = repository
  const known = await foldedAccess(tree, place, memory)
  if (known) {
    const { access, bytes } = known
    await baseline?.requireHead(place, access)
    const view = viewOf(world, tree, place, branch, region, { access, restored })
    const log = async () => parseDocument('access', bytes, place.access)
    return { view, log, bytes, isBehind: false }
  }
  const found = await readAccess(tree, place, memory, world.trustedRoot)
  const { access, bytes, relation, pin } = found
  await baseline?.requireHead(place, access)
  if (pin) await remember(world, pin)
  // of a log that is behind, `access` is what the pinned one says
  if (relation !== 'behind') await keepFolded(memory, bytes, access)
  const view = viewOf(world, tree, place, branch, region, { access, restored })
  return { view, log: async () => found.log, bytes, isBehind: relation === 'behind' }
}

function viewOf(
  world: World,
  tree: Tree,
  place: Place,
  branch: string | undefined,
  region: string | undefined,
  { access, restored }: { readonly access: Access; readonly restored?: RestoredVersions | undefined }
): View {
  const { repository, baseline } = world
  const seen = new Seen(repository.memory, branch, baseline)
  const missingHint = async (path: string): Promise<string> =>
    (await import('./documents/restoreHint.js')).missingHint(path, repository)
  const folders = repository.workTree
  const beside = { folders, restored, ...(tree === folders ? { missingHint } : {}) }
  const home = new View(tree, place, access, seen, world.clock.now(), beside)
  return region === undefined ? home : home.inRegion(region)
}

/**
 * Runs `work`. If the git directory is read-only, or another process holds the lock for long, warns and carries on: the
 * read or the commit is not undone.
 */
export async function remember(world: World, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof VaultError && REMEMBERING_FAILURES.includes(error.code))) throw error
    world.notice(`this clone cannot remember what it has seen: ${error.message}`)
  }
}

const REMEMBERING_FAILURES: readonly string[] = ['FileFailed', 'RepositoryBusy']
