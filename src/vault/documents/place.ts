import { CAPS, parseDocument, type Kind, type VaultrcDocument } from '../../core/format/documents.js'
import { VaultError } from '../../core/errors.js'
import { secretFolder, segment, versionFile } from '../../core/format/path.js'
import type { Tree } from '../../core/ports.js'
import { hash } from '../../core/sodium.js'

export const VAULTRC = '.vaultrc'

type Defaults = Omit<VaultrcDocument, 'vault'>

/** The paths of a vault's files, relative to the repository's root (FORMAT.md, "Paths"). */
export class Place {
  /** The vault's folder. */
  readonly folder: string
  /** The settings of `.vaultrc` that commands take if they are given no others. */
  readonly defaults: Defaults
  /** The region of the secrets; `undefined` is the vault's home region. */
  readonly region: string | undefined

  constructor(folder: string, defaults: Defaults = {}, region?: string) {
    this.folder = folder
    this.defaults = defaults
    this.region = region
  }

  /** The paths of the same vault in another region; `undefined` is its home region. */
  inRegion(region: string | undefined): Place {
    return new Place(this.folder, this.defaults, region)
  }

  /** Returns the region that the path of a secret's folder has; `undefined` is the home region. */
  regionIn(folder: string): string | undefined {
    const below = `${this.folder}/regions/`
    return folder.startsWith(below) ? folder.slice(below.length).split('/', 1)[0] : undefined
  }

  get access(): string {
    return `${this.folder}/access.yaml`
  }

  get secrets(): string {
    const region = this.region === undefined ? '' : `regions/${segment(this.region, hash)}/`
    return `${this.folder}/${region}secrets`
  }

  key(alias: string, generation: string): string {
    return `${this.folder}/keys/${segment(alias, hash)}/${generation}.yaml`
  }

  secret(name: string): SecretPlace {
    return this.secretIn(`${this.secrets}/${secretFolder(name, hash)}`)
  }

  /** The paths of the secret in a folder. */
  secretIn(folder: string): SecretPlace {
    return {
      region: this.region,
      secret: `${folder}/secret.yaml`,
      stages: `${folder}/stages.yaml`,
      replica: `${folder}/replica.yaml`,
      versions: `${folder}/versions`,
      version: versionId => `${folder}/versions/${versionFile(versionId, hash)}`
    }
  }
}

export interface SecretPlace {
  /** `undefined` is the vault's home region. */
  readonly region: string | undefined
  readonly secret: string
  readonly stages: string
  /** The file that names the primary's region, if the secret is a replica. */
  readonly replica: string
  /** The folder of the versions' files. */
  readonly versions: string
  version(versionId: string): string
}

/** Returns a secret's name as the arguments of a command: with its region, if that is not the home region. */
export function nameAndRegion(name: string, { region }: { readonly region: string | undefined }): string {
  return region === undefined ? name : `${name} --region ${region}`
}

/** Returns a secret's name for people: with its region, if that is not the home region. */
export function shownName(name: string, region: string | undefined): string {
  return region === undefined ? name : `${name} (${region})`
}

/** Returns the folder of a secret's files. */
export function secretFolderOf({ secret }: Pick<SecretPlace, 'secret'>): string {
  return secret.slice(0, secret.lastIndexOf('/'))
}

/** Finds the vault through `.vaultrc`. Throws `VaultNotFound` if there is none. */
export async function findPlace(tree: Tree): Promise<Place> {
  const bytes = await tree.read(VAULTRC, CAPS.vaultrc.bytes)
  if (!bytes) {
    throw new VaultError(
      'VaultNotFound',
      `this repository has no vault: there is no ${VAULTRC} at its root`,
      {
        hint: 'create one: git-vault init'
      }
    )
  }
  const { vault, ...defaults } = await parseDocument('vaultrc', bytes, VAULTRC)
  return new Place(vault, defaults)
}

/** Reads a document and checks it against its kind's schema. Returns `undefined` if the file does not exist. */
export async function readDocument<K extends Kind>(tree: Tree, kind: K, path: string) {
  const bytes = await tree.read(path, CAPS[kind].bytes)
  return bytes && (await parseDocument(kind, bytes, path))
}
