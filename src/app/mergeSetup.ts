import { Config } from '../system/git/config.js'
import { discover } from '../system/git/discover.js'
import { DRIVER, driverSettings, setDrivers } from '../system/git/drivers.js'

/**
 * Whether git uses git-vault in this clone to merge the vault's files: `other` is a command that is not this program's,
 * `unavailable` means that this program is inside the repository, from where no command is taken.
 */
export type MergeSetup = 'set' | 'missing' | 'other' | 'unavailable'

/** Returns the state of this clone's settings. Changes nothing. */
export async function mergeSetup(directory: string): Promise<MergeSetup> {
  const place = discover(directory)
  const settings = driverSettings(place)
  const config = await Config.read(place)
  const present = config.text(DRIVER)
  if (!settings) return present === undefined ? 'unavailable' : 'other'
  if (present === undefined) return 'missing'
  return [...settings].every(([key, value]) => config.text(key) === value) ? 'set' : 'other'
}

/**
 * Makes git use git-vault in this clone for the vault's files, in place of any other command. For `clone` and `doctor
 * --fix`; a write does the same if nothing is set. Returns false if this program is inside the repository.
 */
export async function setUpMerging(directory: string): Promise<boolean> {
  const place = discover(directory)
  const settings = driverSettings(place)
  if (!settings) return false
  await setDrivers(place, settings, await Config.read(place))
  return true
}
