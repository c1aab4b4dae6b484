import { startDetached } from '../../system/files/detached.js'
import type { RotationRun } from '../../vault/rotator.js'

/** The hidden command that runs the steps in a process of its own. */
export const DETACHED_COMMAND = '__rotate'

/** The input of that process. It has no secret. */
export interface DetachedRun {
  readonly directory: string
  readonly run: RotationRun
}

/**
 * Starts a process that runs the steps, and outlives this one and its terminal. Resolves when its first step runs. Throws
 * `FileFailed` if it fails before.
 */
export async function startDetachedRun(run: RotationRun, directory: string): Promise<void> {
  const order: DetachedRun = { directory, run }
  await startDetached({
    ...{ program: 'git-vault', args: [DETACHED_COMMAND], env: process.env, cwd: process.cwd() },
    input: JSON.stringify(order),
    ...{ name: 'its process', failure: `cannot rotate ${run.name} in the background` }
  })
}
