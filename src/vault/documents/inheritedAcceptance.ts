import { keyFor, type Access, type Key } from '../../core/access/access.js'
import type {
  KeyDocument,
  SecretDocument,
  SignedDocument,
  StagesDocument
} from '../../core/format/documents.js'
import type { Generation } from '../../core/access/access.js'
import { parseArn } from '../../core/service/name.js'
import type { Stages } from '../../core/versions/stages.js'
import { Acceptance } from './acceptance.js'
import type { Place, SecretPlace } from './place.js'
import { refusalOf } from './refusal.js'

/** The documents that a commit has only because its branch began with them. */
export interface Inherited {
  /** The access log of the commit: a part of the newest one. */
  readonly access: Access
  has(path: string, document: SignedDocument): boolean
}

/**
 * Accepts a document that a branch has inherited if the branch's own access log accepts it, although the newest log may
 * not: its signer may have lost the right since then. Any other document must be accepted under the newest log.
 */
export class InheritedAcceptance extends Acceptance {
  readonly #access: Access
  readonly #inherited: Inherited
  readonly #earlier: Acceptance

  /** @param access the newest access log */
  constructor(access: Access, vault: Place, inherited: Inherited) {
    super(access, vault)
    this.#access = access
    this.#inherited = inherited
    this.#earlier = new Acceptance(inherited.access, vault)
  }

  /** Returns the key that the newest log puts the secret's name under. */
  override secret(document: SecretDocument, place: SecretPlace): Key {
    return this.#either(
      this.#inherited.has(place.secret, document),
      () => super.secret(document, place),
      () => {
        const key = this.#earlier.secret(document, place)
        return keyFor(this.#access, document.name) ?? key
      }
    )
  }

  override stages(
    document: StagesDocument,
    place: SecretPlace,
    owner: { readonly arn: string; readonly key: Key }
  ): Stages {
    return this.#either(
      this.#inherited.has(place.stages, document),
      () => super.stages(document, place, owner),
      () => {
        const { name } = parseArn(owner.arn)
        const key = keyFor(this.#inherited.access, name) ?? owner.key
        return this.#earlier.stages(document, place, { ...owner, key })
      }
    )
  }

  override key(document: KeyDocument, path: string, alias: string, generation: Generation): void {
    this.#either(
      this.#inherited.has(path, document),
      () => super.key(document, path, alias, generation),
      () => this.#earlier.key(document, path, alias, generation)
    )
  }

  #either<T>(isInherited: boolean, check: () => T, earlier: () => T): T {
    if (!isInherited) return check()
    try {
      return check()
    } catch (error) {
      refusalOf(error)
      return earlier()
    }
  }
}
