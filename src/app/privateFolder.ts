import * as system from '../system/files/privateFolder.js'

export type { PrivateFolder } from '../system/files/privateFolder.js'

/** A folder in memory for plain text, which is wiped whenever this process ends. Throws `FileFailed` if there can be none. */
export const createPrivateFolder = (): Promise<system.PrivateFolder> =>
  system.createPrivateFolder(process.env)

/** Wipes what killed processes left in such folders. Never throws. */
export const wipeLeftovers = (): Promise<void> => system.wipeLeftovers(process.env)
