import { VaultError } from '../../core/errors.js'
import { privateTextIn } from '../../core/guard/privateText.js'
import { StagedTree, type StagedFile } from '../../system/git/staged.js'
import { readHead } from '../../system/git/head.js'
import { openRepository } from '../../system/repository.js'
import { findPlace, VAULTRC } from '../../vault/documents/place.js'
import { open } from '../open.js'
import { unstage, type GuardReport, type Stop, type Unchecked } from './report.js'

export interface GuardOptions {
  readonly directory: string
  /** Whether to look for the values of secrets in the staged files. */
  readonly values: boolean
  /** Receives warnings, each one line. */
  readonly notice: (line: string) => void
}

/** In bytes: a longer file is not searched. */
const MAX_FILE_BYTES = 64 << 20

/**
 * Checks what the next commit will have, as a pre-commit hook does: git's index, not the work tree. Reads only what differs
 * from HEAD, and the other documents of a secret of which something differs. Changes nothing. Never asks for a passphrase.
 */
export async function guard({ directory, values, notice }: GuardOptions): Promise<GuardReport> {
  const repository = await openRepository(directory, { onWarning: notice })
  try {
    const { place } = repository
    const blob = (oid: string, limit: number) => repository.blob(oid, limit)
    // git names the index of a partial commit
    const tree = new StagedTree(place, process.env['GIT_INDEX_FILE'], blob)
    const changes = await tree.changes()
    const hasHead = (await readHead(place)).oid !== undefined
    const stops: Stop[] = []
    const unchecked: Unchecked[] = []
    const folder = await vaultFolder(tree, stops)
    const isVaults = ({ path }: StagedFile): boolean =>
      path === VAULTRC || (folder !== undefined && path.startsWith(`${folder}/`))
    const ofVault = changes.filter(isVaults)
    if (ofVault.length > 0 && stops.length === 0) {
      const vault = await open({ directory, notice })
      const { checkVaultFiles } = await import('./vaultFiles.js')
      try {
        const found = await checkVaultFiles(vault, { tree, place, changes: ofVault, hasHead, folder })
        for (const stop of found.stops) stops.push(stop)
        for (const each of found.unchecked) unchecked.push(each)
      } finally {
        await vault.close()
      }
    }
    // a file with another mode alone, for example, brings no value in
    const mayHaveValue = (file: StagedFile): boolean =>
      isSearched(file) && file.blob !== file.before && !isVaults(file)
    // decrypting costs more than all the rest, and grows with the vault
    const search =
      values && changes.some(mayHaveValue) ? await searchIn(options(directory, notice), unchecked) : undefined
    for (const file of changes) {
      if (!isSearched(file)) continue
      const bytes = await blob(file.blob, MAX_FILE_BYTES)
      if (!bytes) {
        unchecked.push({ text: `${file.path} was not searched: it is longer than 64 MiB` })
        continue
      }
      const found = await privateTextIn(bytes)
      if (found !== undefined) stops.push(privateStop(file.path, found, hasHead))
      if (!mayHaveValue(file)) continue
      for (const name of search?.find(bytes) ?? []) stops.push(valueStop(file.path, name, hasHead))
    }
    return { stops, unchecked }
  } finally {
    await repository.close()
  }
}

/** Whether a staged file has content: it is not removed, a link or a submodule. */
const isSearched = (file: StagedFile): file is StagedFile & { readonly blob: string } =>
  file.blob !== undefined && file.mode?.startsWith('100') === true

const options = (directory: string, notice: (line: string) => void) => ({ directory, notice })

/** Returns the vault's folder in the index; `undefined` if there is no vault. */
async function vaultFolder(tree: StagedTree, stops: Stop[]): Promise<string | undefined> {
  try {
    return (await findPlace(tree)).folder
  } catch (error) {
    if (!(error instanceof VaultError)) throw error
    if (error.code !== 'VaultNotFound')
      stops.push({ path: VAULTRC, reason: error.message, hint: unstage(VAULTRC, true) })
    return undefined
  }
}

/** Returns nothing, and says so, if this user cannot decrypt now. */
async function searchIn(
  { directory, notice }: { directory: string; notice: (line: string) => void },
  unchecked: Unchecked[]
) {
  const { readValues } = await import('./values.js')
  try {
    const { search, unread } = await readValues(await open({ directory, notice }))
    if (unread > 0)
      unchecked.push({
        text: `${unread} ${unread === 1 ? 'value was' : 'values were'} not looked for: verification failed`,
        hint: 'git-vault verify'
      })
    return search
  } catch (error) {
    if (!(error instanceof VaultError)) throw error
    if (error.code === 'VaultNotFound') return undefined
    const isLocked = error.code === 'IdentityLocked'
    unchecked.push({
      text: `values were not looked for: ${isLocked ? 'your identity is locked' : error.message}`,
      ...(isLocked ? { hint: 'git-vault unlock' } : error.hint === undefined ? {} : { hint: error.hint })
    })
    return undefined
  }
}

const privateStop = (path: string, found: string, hasHead: boolean): Stop => ({
  path,
  reason: `contains ${found}, which must not be in a repository`,
  hint: `take it out of the commit: ${unstage(path, hasHead)}`
})

const valueStop = (path: string, name: string, hasHead: boolean): Stop => ({
  path,
  reason: `contains the value of ${name} in plain`,
  hint: `take it out of the commit: ${unstage(path, hasHead)}`
})
