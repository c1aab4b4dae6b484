import { reportFailure, reportReady } from '../system/files/reportToParent.js'
import { open } from './open.js'
import type { DetachedRun } from './rotation/detachedRun.js'

/**
 * Runs the steps of a rotation that another process has begun, and tells that process when the first one runs. How it goes on
 * is for `rotation status`. Returns whether it succeeded.
 * @param order a `DetachedRun` as JSON
 */
export async function runRotation(order: string): Promise<boolean> {
  const { directory, run } = JSON.parse(order) as DetachedRun
  let isReady = false
  const ready = (): void => {
    if (isReady) return
    isReady = true
    try {
      reportReady()
    } catch {
      // the other process has ended; the rotation goes on
    }
  }
  try {
    const vault = await open({ directory, stopsOnSignals: true, onRotationStep: ready })
    // without a terminal it cannot ask for a passphrase
    await vault.identity()
    await vault.rotator?.start(run)
    ready()
    return true
  } catch (error) {
    if (!isReady) reportFailure(error)
    return false
  }
}
