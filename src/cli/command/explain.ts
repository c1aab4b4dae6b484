import { DELETED_SECRET, NO_SECRET, VaultError } from '../../core/errors.js'
import { nearest } from '../../core/service/nearest.js'
import { visible } from '../terminal/escape.js'
import { shellWord } from '../terminal/shellWord.js'
import { restoreCommand } from './restoreCommand.js'
import type { World } from './services.js'

/**
 * Returns an error of the service in words for people: which secret was meant, and a similar name. The code stays. Returns
 * any other error as it is.
 * @param name the secret, as it was typed
 */
export async function explain(
  error: unknown,
  name: string,
  region: string | undefined,
  world: World
): Promise<unknown> {
  if (!(error instanceof VaultError)) return error
  const { code, hint } = error
  const shown = `'${visible(name)}'`
  if (code === 'ResourceNotFoundException' && error.message === NO_SECRET) {
    const where = region === undefined ? '' : ` in region ${visible(region)}`
    const found = hint ?? (await suggestion(name, region, world))
    return error.reworded(`there is no secret ${shown}${where}`, found)
  }
  if (code === 'InvalidRequestException' && error.message === DELETED_SECRET && hint === undefined) {
    const restore = `bring it back: ${restoreCommand(name, region)}`
    return error.reworded(`${shown} is scheduled for deletion`, restore)
  }
  if (code === 'DecryptionFailure') {
    const { cause } = error
    const isStranger = cause instanceof VaultError && cause.code === 'IdentityNotFound'
    return error.reworded(isStranger ? cause.message : `you do not have the right to decrypt ${shown}`)
  }
  return error
}

const inRegion = (region: string | undefined): string[] =>
  region === undefined ? [] : ['--region', visible(region)]

/** The hint for a name that no secret has. */
async function suggestion(
  name: string,
  region: string | undefined,
  { io, services }: World
): Promise<string> {
  const folder = `${name.replace(/\/$/, '')}/`
  const there = /^arn:[^:]*:secretsmanager:([a-z0-9-]+):/.exec(name)?.[1] ?? region
  const list = (prefix?: string): string =>
    ['git-vault ls', ...(prefix === undefined ? [] : [shellWord(prefix)]), ...inRegion(there)].join(' ')
  const names = await services.nearNames(io.cwd, region, name)
  // its files are in the work tree and not in git's index, so no command reads them
  if (names.includes(name)) return 'git does not track its files: git-vault doctor'
  if (names.some(one => one.startsWith(folder))) return `it is a folder: ${list(folder)}`
  const near = names.find(one => one.toLowerCase() === name.toLowerCase()) ?? nearest(name, names)
  return near === undefined ? `list the names: ${list()}` : `did you mean ${visible(near)}?`
}
