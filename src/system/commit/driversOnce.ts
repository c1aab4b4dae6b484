import type { Place } from '../git/place.js'
import type { PreparedProcesses } from './prepared.js'

/** The setting that `drivers.ts` makes, which only a clone's first write loads. */
const DRIVER = 'merge.git-vault.driver'

/**
 * After the first write in a clone, makes git use git-vault to merge the vault's files. Costs a later write nothing: it has
 * read the configuration anyway. A setting of the user's own stays. If it fails, warns: the write is committed.
 */
export async function setDriversOnce(
  place: Place,
  { config, warm }: PreparedProcesses,
  onWarning: (line: string) => void
): Promise<void> {
  if (warm.hasSetDrivers || (await config).text(DRIVER) !== undefined) return
  warm.hasSetDrivers = true
  try {
    const { driverSettings, setDrivers } = await import('../git/drivers.js')
    const settings = driverSettings(place)
    if (settings) await setDrivers(place, settings)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    onWarning(`git does not use git-vault to merge the vault's files in this clone yet: ${reason}`)
  }
}
