import { refuseRepeated, unreadable, type NamedValue } from '../../core/exchange/entry.js'
import { passValue } from '../../core/exchange/passEntry.js'
import { VaultError } from '../../core/errors.js'
import { forEachOf } from '../../core/workers.js'
import * as files from '../../system/files/passStore.js'
import { findProgram, outputOf } from '../../system/run/output.js'
import { programEnvironment } from '../../core/run/programEnvironment.js'

type StoreFile = files.StoreFile

/** gpg asks its agent, which does one at a time; the rest of the work is its own. */
const CONCURRENT_GPG = 4
const MAX_ENTRY_BYTES = 1024 * 1024

/** Returns the folder of the user's own store: of pass, or the root store of gopass. */
export const ownStore = (source: 'pass' | 'gopass'): string => files.ownStore(source, process.env)

/** Returns the entries of pass stores. Throws if there is none, or if two have the same name. */
export function entriesOfStores(folders: readonly string[]): readonly StoreFile[] {
  const entries = folders.flatMap(files.listPassStore)
  if (entries.length === 0) throw unreadable(folders.join(', '), 'it has no entries of pass')
  refuseRepeated(entries, folders.join(', '))
  return entries
}

/** Decrypts entries with the user's own gpg, over pipes. Throws, naming the entry, if one cannot be decrypted. */
export async function decryptEntries(
  entries: readonly StoreFile[],
  isWhole: boolean,
  onStep: () => void
): Promise<readonly NamedValue[]> {
  const env = programEnvironment(process.env)
  const gpg = findProgram(['gpg', 'gpg2'], env)
  const values = new Map<string, NamedValue['value']>()
  const decrypt = async ({ name, path }: StoreFile): Promise<void> => {
    const args = ['--quiet', '--batch', '--decrypt', '--', path]
    const options = { env, limit: MAX_ENTRY_BYTES, reason: 'last' } as const
    const bytes = await outputOf(gpg, args, options).catch((error: unknown) => {
      if (!(error instanceof VaultError)) throw error
      throw error.reworded(`cannot import ${JSON.stringify(name)}: ${error.message}`)
    })
    values.set(name, await passValue(bytes, isWhole))
    onStep()
  }
  const [first, ...rest] = entries
  // alone, so that a passphrase is asked for once
  if (first) await decrypt(first)
  await forEachOf(rest, CONCURRENT_GPG, decrypt)
  return entries.map(({ name }) => ({ name, value: values.get(name)! }))
}
