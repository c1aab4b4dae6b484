import { CAPS, parseDocument, type Kind, type VaultrcDocument } from '../../core/format/documents.js'
import { VaultError } from '../../core/errors.js'
import { secretFolder, segment, versionFile } from '../../core/format/path.js'
import type { Tree } from '../../core/ports.js'
import { hash } from '../../core/sodium.js'

export const VAULTRC = '.vaultrc'

/** Where a vault's files lie, relative to the repository's root (FORMAT.md, "Paths"). */
export class Place {
  /** The vault's folder. */
  readonly folder: string
  readonly output: VaultrcDocument['output']
  /** Whose secrets these are; `undefined` is the vault's home region. */
  readonly region: string | undefined

  constructor(folder: string, output?: VaultrcDocument['output'], region?: string) {
    this.folder = folder
    this.output = output
    this.region = region
  }

  /** The same vault's secrets in another region, or at home. */
  inRegion(region: string | undefined): Place {
    return new Place(this.folder, this.output, region)
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

  /** The files of whatever secret lies in a folder. */
  secretIn(folder: string): SecretPlace {
    return {
      region: this.region,
      secret: `${folder}/secret.yaml`,
      stages: `${folder}/stages.yaml`,
      replica: `${folder}/replica.yaml`,
      version: versionId => `${folder}/versions/${versionFile(versionId, hash)}`
    }
  }
}

export interface SecretPlace {
  /** `undefined` is the vault's home region. */
  readonly region: string | undefined
  readonly secret: string
  readonly stages: string
  /** Where the secret's primary is, if it is a replica. */
  readonly replica: string
  version(versionId: string): string
}

/** Finds the vault through `.vaultrc`. Throws `VaultNotFound` where there is none. */
export async function findPlace(tree: Tree): Promise<Place> {
  const bytes = await tree.read(VAULTRC, CAPS.vaultrc.bytes)
  if (!bytes) {
    throw new VaultError(
      'VaultNotFound',
      `this repository has no vault: there is no ${VAULTRC} at its root`,
      {
        hint: 'git-vault init makes one'
      }
    )
  }
  const { vault, output } = await parseDocument('vaultrc', bytes, VAULTRC)
  return new Place(vault, output)
}

/** A document of one kind, checked against its schema; `undefined` where no file is. */
export async function readDocument<K extends Kind>(tree: Tree, kind: K, path: string) {
  const bytes = await tree.read(path, CAPS[kind].bytes)
  return bytes && (await parseDocument(kind, bytes, path))
}
