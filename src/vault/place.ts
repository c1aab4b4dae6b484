import { CAPS, parseDocument, type Kind, type VaultrcDocument } from '../core/documents.js'
import { VaultError } from '../core/errors.js'
import { secretFolder, segment, versionFile } from '../core/path.js'
import type { Tree } from '../core/ports.js'
import { hash } from '../core/sodium.js'

export const VAULTRC = '.vaultrc'

/** Where a vault's files lie, relative to the repository's root (FORMAT.md, "Paths"). */
export class Place {
  /** The vault's folder. */
  readonly folder: string
  readonly output: VaultrcDocument['output']

  constructor(folder: string, output?: VaultrcDocument['output']) {
    this.folder = folder
    this.output = output
  }

  get access(): string {
    return `${this.folder}/access.yaml`
  }

  get secrets(): string {
    return `${this.folder}/secrets`
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
      secret: `${folder}/secret.yaml`,
      stages: `${folder}/stages.yaml`,
      version: versionId => `${folder}/versions/${versionFile(versionId, hash)}`
    }
  }
}

export interface SecretPlace {
  readonly secret: string
  readonly stages: string
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
