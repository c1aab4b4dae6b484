import { VaultError } from '../../core/errors.js'
import { sodiumReady } from '../../core/sodium.js'
import { takeLock } from '../../system/files/lock.js'
import { discover } from '../../system/git/discover.js'
import { syncLockFolder } from '../../system/git/place.js'
import { Backoff } from '../../system/remote/backoff.js'
import { pushCommit, pushRefused } from '../../system/remote/push.js'
import { upstreamOf } from '../../system/remote/upstream.js'
import type { Vault } from '../../vault/vault.js'
import { headToSync } from './repositoryState.js'
import { moved, Round } from './round.js'
import type { Synced, SyncOptions } from './types.js'

/** How often a push that lost a race is tried again, and for how long. */
const MAX_TRIES = 30
const MAX_MS = 60_000
/** How often the push may fail like a race although nothing new came. */
const MAX_STUCK = 3

/**
 * Brings this branch and its upstream together: fetches, verifies what came, merges, and pushes. Never rewrites a commit that
 * was pushed. Returns conflicts, with nothing of them merged or pushed, if a person has to decide. Throws `RemoteFailed` if the remote cannot
 * be reached, `DocumentRefused` if something that came failed verification, and `RepositoryState` if git cannot merge now.
 */
export async function sync(vault: Vault, options: SyncOptions): Promise<Synced> {
  await sodiumReady
  const place = discover(options.directory)
  const { branch } = await headToSync(place)
  const upstream = await upstreamOf(place, branch, options.remote)
  const lock = await takeLock(syncLockFolder(place), MAX_MS, 'the remote')
  const round = new Round(place, vault, upstream, options)
  try {
    const backoff = new Backoff(options.tries ?? MAX_TRIES, MAX_MS)
    let last: string | undefined
    let stuck = 0
    for (;;) {
      const target = await round.integrate()
      if (target !== undefined && round.synced.races === 0) await round.checkPulled(target)
      const done = (): Synced => ({ ...round.synced, fetched: round.fetched })
      if (target === undefined || options.dryRun === true || options.push === false || done().sent === 0)
        return done()
      const reason = await pushCommit(place, upstream, target, options.dialogue)
      if (reason === undefined) {
        await round.pushed(target)
        const isLanded = await round.land().catch(notMoved(upstream.push.name))
        if (isLanded) return { ...done(), isPushed: true, pushed: target }
        // the branch has new commits, which are to be pushed as well
        if (!(await backoff.next())) throw moved(backoff.tries)
        continue
      }
      // a lock that stays at the remote looks like a race, but nothing comes
      stuck = round.fetched === last ? stuck + 1 : 0
      last = round.fetched
      if (stuck > MAX_STUCK) throw pushRefused(upstream.push.name, reason)
      if (upstream.push.remote !== upstream.remote) throw behindFork(upstream.push)
      if (!(await backoff.next())) throw raced(upstream.push.name, backoff.tries)
      round.lostRace()
    }
  } catch (error) {
    // what came is merged, although nothing was pushed; if that fails, too, the first failure says more
    await round.land().catch(() => undefined)
    throw error
  } finally {
    lock.release()
    lock.removeStale()
  }
}

/** For a failure after the push: what is in the way here is not in the way there. */
const notMoved = (name: string) => (error: unknown) => {
  if (!(error instanceof VaultError)) throw error
  throw error.reworded(`pushed to ${name}, but this branch could not follow: ${error.message}`)
}

const raced = (name: string, tries: number): VaultError =>
  new VaultError('RepositoryBusy', `others pushed to ${name} during each of ${tries} tries`, {
    hint: 'what came is merged and your commits stay here: run git-vault sync again'
  })

const behindFork = ({ remote, name }: { remote: string; name: string }): VaultError =>
  new VaultError('RepositoryState', `${name} has commits that this branch lacks`, {
    hint: `merge them first: git-vault sync ${remote}`
  })
