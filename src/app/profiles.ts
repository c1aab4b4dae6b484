import { VaultError, usage } from '../core/errors.js'
import { configFolder } from '../system/files/keyFile.js'
import { discover } from '../system/git/discover.js'
import { PrivateFile } from '../system/files/credentialFile.js'
import { openWorkTree } from '../system/files/workTree.js'
import { findPlace } from '../vault/documents/place.js'

/** The vault that stands for the account of an AWS profile. */
export interface Profile {
  readonly name: string
  /** The absolute path of the repository that holds the vault. */
  readonly vault: string
  /** The default region of the profile; absent for the vault's home region. */
  readonly region?: string
}

const MAX_NAME_LENGTH = 128
const REGION = /^(?=.{1,128}$)[a-z0-9]+(-[a-z0-9]+)*$/

/** Returns the mapped profile, or `undefined`. The mapping is the user's own; none is ever read from a repository. */
export function findProfile(name: string): Profile | undefined {
  return listProfiles().find(profile => profile.name === name)
}

/** Returns the mapped profiles, sorted by name. */
export function listProfiles(): Profile[] {
  const file = profileFile()
  return parse(file.read(), file.path)
}

/**
 * Maps a profile to the vault of the repository around a folder. Throws `Usage` if the profile is mapped to something
 * else already, and `VaultNotFound` if there is no vault.
 * @param folder relative to the current folder, or absolute
 */
export async function addProfile(name: string, folder: string, region?: string): Promise<Profile> {
  // eslint-disable-next-line no-control-regex
  if (name === '' || name.length > MAX_NAME_LENGTH || /[\u0000-\u001f\u007f]/.test(name))
    throw usage(`the name of a profile has 1 to ${MAX_NAME_LENGTH} characters, and no control character`)
  if (region !== undefined && !REGION.test(region))
    throw usage(`--region ${JSON.stringify(region)}: must be lowercase letters, digits and hyphens`)
  const { root } = discover(folder)
  await findPlace(openWorkTree(root))
  const added: Profile = { name, vault: root, ...(region === undefined ? {} : { region }) }
  const file = profileFile()
  await file.update(bytes => {
    const others = parse(bytes, file.path)
    const present = others.find(other => other.name === name)
    if (present && (present.vault !== root || present.region !== region))
      throw usage(`the profile ${JSON.stringify(name)} is already mapped, to ${present.vault}`, remedy(name))
    return format([...others.filter(other => other !== present), added])
  })
  return added
}

/** Removes the mapping of a profile; its vault stays. Throws `Usage` if there is none. */
export async function removeProfile(name: string): Promise<void> {
  const file = profileFile()
  await file.update(bytes => {
    const all = parse(bytes, file.path)
    const others = all.filter(other => other.name !== name)
    if (others.length === all.length)
      throw usage(`there is no profile ${JSON.stringify(name)}`, 'list them: git-vault profile list')
    return format(others)
  })
}

const remedy = (name: string): string => `git-vault profile rm ${name}`

/** Not in a repository, because a commit must not be able to redirect a write. */
const profileFile = (): PrivateFile => new PrivateFile(`${configFolder(process.env)}/profiles.json`)

function parse(bytes: Uint8Array | undefined, path: string): Profile[] {
  if (!bytes) return []
  try {
    const listed = JSON.parse(new TextDecoder().decode(bytes)) as unknown
    if (Array.isArray(listed) && listed.every(isProfile)) return listed
  } catch {
    // reported below
  }
  throw new VaultError('FileFailed', `${path} is damaged: it is not a list of profiles`)
}

function isProfile(one: unknown): one is Profile {
  if (typeof one !== 'object' || one === null) return false
  const { name, vault, region } = one as Record<string, unknown>
  return (
    typeof name === 'string' &&
    typeof vault === 'string' &&
    vault !== '' &&
    (region === undefined || typeof region === 'string')
  )
}

function format(profiles: readonly Profile[]): Uint8Array {
  const sorted = [...profiles].sort((a, b) => (a.name < b.name ? -1 : 1))
  return new TextEncoder().encode(`${JSON.stringify(sorted, null, 2)}\n`)
}
