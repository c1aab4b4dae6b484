import type { Rotated } from '../../app/rotation/rotate.js'
import { visible } from '../terminal/escape.js'
import { exit } from '../terminal/exit.js'
import { localTime } from '../terminal/localTime.js'
import { report } from '../terminal/report.js'
import { explain } from './explain.js'
import type { World } from './services.js'

/**
 * Rotates one secret after the other, says what was rotated, and reports what failed. A failure does not stop the others, and
 * Ctrl-C does. Returns the exit code of the first failure.
 * @param region of the names, for errors
 */
export async function rotateEach(
  names: readonly string[],
  region: string | undefined,
  world: World,
  rotate: (name: string) => Promise<Rotated>
): Promise<number> {
  let code: number = exit.ok
  for (const name of new Set(names)) {
    let failed: number = exit.ok
    try {
      await say(await rotate(name), world)
    } catch (error) {
      const told = await explain(error, name, region, world)
      failed = await report(told, { command: 'rotate', operation: undefined }, world.io)
    }
    if (failed === exit.interrupted) return failed
    if (code === exit.ok) code = failed
  }
  return code
}

async function say(
  { name, versionId, wasLeft, begun, isReplaced, isRunning }: Rotated,
  { io }: World
): Promise<void> {
  if (isRunning) {
    const what = wasLeft ? 'continues with the earlier rotation of' : 'has begun to rotate'
    const line = `a process ${what} ${name}, version ${versionId}: git-vault rotation status shows how it goes`
    return io.stdout.write(`${visible(line)}\n`)
  }
  const more = isReplaced ? ', and rotated it once more' : ''
  const since = begun ? `, begun ${localTime(begun)}` : ''
  const what = wasLeft ? `finished the earlier rotation of ${name}${since}${more}` : `rotated ${name}`
  await io.stdout.write(`${visible(`${what}: AWSCURRENT is on version ${versionId}`)}\n`)
}
